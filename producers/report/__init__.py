"""What a data steward works from: which row and column, what is wrong, how to repair it."""
