"""The French waste registry."""

from producers.adapters.fr_registry.adapter import FrRegistry

__all__ = ["FrRegistry"]
