"""The contract that agencies and hubs share: schemas, code lists, names, errors."""
