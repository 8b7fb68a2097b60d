"""The check of a decision and its certificate: shares the problem with what decides, and nothing else."""
