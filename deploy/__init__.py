"""The program, the embedded exchange and the demonstration."""
