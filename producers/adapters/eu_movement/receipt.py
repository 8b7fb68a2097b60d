"""What became of a line where it arrived: how much was accepted, how much refused.

Accepted and refused together are what was received. Of a line that is partly refused two of the
three give the third; where all are stated they have to agree.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from producers.adapters.eu_movement.model import Amount, Condition, Line, Movement, Status
from producers.reading.notices import Notice
from producers.statement import Quantity
from schemas.movement import Basis

_RECEIVED = "received"


class Receipt(NamedTuple):
    """The outcome for one line; a quantity that is None is not known, or there is none."""

    condition: Condition
    accepted: Quantity | None = None
    refused: Quantity | None = None

    @property
    def has_accepted(self) -> bool:
        """Say whether anything of the line was accepted."""
        return self.condition is not Condition.REFUSED

    @property
    def has_refused(self) -> bool:
        """Say whether anything of the line was refused."""
        return self.condition is not Condition.ACCEPTED


def receipt(
    movement: Movement, line: Line, number: int, *, unsaid: Condition | None, path: str, notice: Notice
) -> Receipt | None:
    """Return what became of a line, None where the document does not say it.

    Args:
        movement: The document.
        line: One of its lines.
        number: Number of the line; a status for it goes before one for all lines.
        unsaid: What it means that there is no status; None: there has to be one.
        path: Place of the line, for findings.
        notice: Told each rule that the figures break, and where.
    """
    status = _status(movement.statuses, number)
    condition = status.condition if status is not None else unsaid
    if condition is None:
        notice("eu.condition.missing", path)
        return None
    if condition is Condition.CANCELLED:
        return None
    amounts = _amounts(movement, line, status)
    if len({amount.unit for amount in amounts.values()}) > 1:
        notice("eu.unit.mixed", path)
        return None
    shares = _shares(condition, {name: amount.value for name, amount in amounts.items()})
    if shares is None:
        notice("eu.quantity.balance", path)
        return None
    unit = next((amount.unit for amount in amounts.values()), "")
    found = Receipt(condition, *(_quantity(share, unit) for share in shares))
    if (found.has_accepted and found.accepted is None) or (found.has_refused and found.refused is None):
        notice("eu.quantity.unknown", path)
    return found


def _status(statuses: tuple[Status, ...], number: int) -> Status | None:
    by_line = {status.line: status for status in statuses}
    return by_line.get(number, by_line.get(None))


def _amounts(movement: Movement, line: Line, status: Status | None) -> dict[str, Amount]:
    """Return what is stated of the whole and of its parts; totals of several lines are none of theirs."""
    is_alone = len(movement.lines) == 1
    amounts: dict[str, Amount] = {}
    if status is not None and (status.line is not None or is_alone):
        amounts |= {part.condition: part.amount for part in status.parts}
    received = line.delivered or (movement.delivered if is_alone else None)
    return amounts | ({_RECEIVED: received} if received is not None else {})


def _shares(condition: Condition, values: dict[str, Decimal]) -> tuple[Decimal | None, Decimal | None] | None:
    """Return what was accepted and what refused, None where the figures contradict each other."""
    received = values.get(_RECEIVED)
    accepted, refused = values.get(Condition.ACCEPTED), values.get(Condition.REFUSED)
    if condition is Condition.PARTLY_REFUSED:
        return _parts(received, accepted, refused)
    is_accepted = condition is Condition.ACCEPTED
    own, other = (accepted, refused) if is_accepted else (refused, accepted)
    if other or (own is not None and received is not None and own != received):
        return None
    whole = received if own is None else own
    return (whole, None) if is_accepted else (None, whole)


def _parts(
    received: Decimal | None, accepted: Decimal | None, refused: Decimal | None
) -> tuple[Decimal | None, Decimal | None] | None:
    """Return the two parts of a line that was partly refused; neither is nothing."""
    if received is not None:
        if accepted is None and refused is not None:
            accepted = received - refused
        elif refused is None and accepted is not None:
            refused = received - accepted
        elif accepted is not None and refused is not None and accepted + refused != received:
            return None
    has_parts = all(part is None or part > 0 for part in (accepted, refused))
    return (accepted, refused) if has_parts else None


def _quantity(value: Decimal | None, unit: str) -> Quantity | None:
    return None if value is None else Quantity(value, unit, Basis.WEIGHED)
