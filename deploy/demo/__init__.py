"""The demonstration: documents of two agencies through a real broker into published aggregates."""
