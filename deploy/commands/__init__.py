"""Commands of the program that belong to no side: the contract, its topics, its keys."""
