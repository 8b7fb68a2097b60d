"""Any table, CSV, Excel, Parquet or JSON rows, by a mapping file."""

from producers.adapters.table.adapter import Table

__all__ = ["Table"]
