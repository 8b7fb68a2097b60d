"""What subscribers get: the published observations, as CSV, JSON lines or Parquet."""
