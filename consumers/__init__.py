"""What a hub runs: movements in, aggregates out, nothing that betrays a company."""
