"""Topics of one cluster copied to another, so that what was signed there holds here."""
