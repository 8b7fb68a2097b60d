"""The demonstration: documents of six agencies through a real broker into published aggregates."""
