"""Records that hubs refused: what is open, and judging it again where it stands in the ledger."""
