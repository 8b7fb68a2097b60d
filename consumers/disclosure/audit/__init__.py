"""An attack on any pattern: shares the problem with the optimiser, and nothing else."""
