"""The embedded exchange: Apache Kafka and a schema registry from their published jars.

It needs nothing but Python packages, listens on this machine only and keeps its data in one
folder. It is for trying, testing and small sites, not for a cluster: one node, no failover.
"""
