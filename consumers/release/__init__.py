"""Releases: what a hub publishes of its tables, decided by disclosure control.

A release is computed from the contributions up to a cut and published in one Kafka
transaction. The topics are the memory: an epoch that stands there is never published again.
"""
