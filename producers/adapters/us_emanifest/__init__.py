"""US EPA e-Manifest."""

from producers.adapters.us_emanifest.adapter import UsEmanifest

__all__ = ["UsEmanifest"]
