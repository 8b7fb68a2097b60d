"""What both sides share at run time: client factory, registry, logging, metrics, health."""
