"""The adapter of an invented agency."""
