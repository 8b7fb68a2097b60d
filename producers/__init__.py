"""Adapters beside an agency's system: documents in, protected movement events out."""
