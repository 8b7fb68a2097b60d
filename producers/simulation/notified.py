"""Numbers by which both ends of a shipment across a border know it."""

from __future__ import annotations

from typing import NamedTuple

from producers.simulation.movement import Movement

_MOVEMENTS_PER_NOTIFICATION = 900


class Notified(NamedTuple):
    """The number of a movement under a notification.

    Attributes:
        number: Authority, year and serial number of the notification, without blanks.
        serial: Of the movement under it, from 1.
    """

    number: str
    serial: int

    @property
    def spaced(self) -> str:
        """Return the number as people write it."""
        return f"{self.number[:2]} {self.number[2:4]} {self.number[4:6]} {self.number[6:]}"

    @property
    def reference(self) -> str:
        """Return the reference of the movement."""
        return f"{self.number}.{self.serial:06d}"


def notified(movement: Movement) -> Notified:
    """Return the number of a movement: the same for whoever reports it."""
    notification, serial = divmod(movement.number, _MOVEMENTS_PER_NOTIFICATION)
    year = movement.dispatched_at.year % 100
    return Notified(f"{movement.origin.country}99{year:02d}{notification:06d}", serial + 1)


def annex_vii(movement: Movement) -> str:
    """Return the number of the document that accompanies a green-listed movement."""
    return f"GLW{movement.origin.country}{movement.dispatched_at.year % 100:02d}{movement.number:09d}"


def is_green(movement: Movement) -> bool:
    """Say whether a movement is green-listed; those of the French registry never are."""
    return movement.number % 3 == 0 and "FR" not in {movement.origin.country, movement.destination.country}


def reference(movement: Movement) -> str:
    """Return the reference that both ends make of the numbers of a movement."""
    return annex_vii(movement) if is_green(movement) else notified(movement).reference
