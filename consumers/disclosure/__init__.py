"""Disclosure control: which cells of a table may be published; knows nothing of Kafka or hubs."""
