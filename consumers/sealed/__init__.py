"""What agencies sealed to one member of the exchange, opened by that member."""
