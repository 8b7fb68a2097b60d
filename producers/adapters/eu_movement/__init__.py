"""Movement documents of waste shipments in the European Union."""

from producers.adapters.eu_movement.adapter import EuMovement

__all__ = ["EuMovement"]
