"""One module for each native system, all of the same shape."""
