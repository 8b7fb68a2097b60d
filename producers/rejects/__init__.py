"""Documents that adapters refused: what is open, and reading it again at its source."""
