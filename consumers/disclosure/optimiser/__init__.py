"""The optimiser: which cells to withhold so that every target stays uncertain, at the least cost."""
