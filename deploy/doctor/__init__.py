"""What is wrong with an installation: checks, one module for each thing that is looked at."""
