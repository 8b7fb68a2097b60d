"""What became of a load at its recipients: accepted, refused, and what is left to go on.

A recipient decides about what it was brought: the load of departure, less what was
transshipped in part on the way; a further recipient about what the one before it refused.
Accepted is weighed in kilograms. What is refused is stated nowhere: it is the whole, or the
rest of a load that is known in kilograms.
"""

from __future__ import annotations

from typing import NamedTuple

from producers.adapters.it_rentri.model import Acceptance
from producers.reading.notices import Notice
from producers.statement import Quantity
from schemas.movement import Basis

_KILOGRAMS = "KGM"


class Decision(NamedTuple):
    """What a recipient took and refused of what it was brought; quantities are None where not known."""

    is_received: bool
    is_refused: bool
    accepted: Quantity | None
    refused: Quantity | None


def decided(acceptance: Acceptance, brought: Quantity | None, path: str, notice: Notice) -> Decision:
    """Return what an acceptance means; `notice` is told each rule that it breaks, and where."""
    if acceptance.attesa_verifica_analitica:
        notice("rentri.acceptance.pending", f"{path}.attesa_verifica_analitica")
    accepted = _accepted(acceptance)
    if acceptance.tipo_accettazione == "R":
        if accepted is not None and accepted.value:
            notice("rentri.acceptance.conflict", f"{path}.quantita_accettata")
        return Decision(is_received=False, is_refused=True, accepted=None, refused=brought)
    if accepted is None:
        notice("rentri.acceptance.quantity", f"{path}.quantita_accettata")
    if acceptance.tipo_accettazione == "A":
        return Decision(is_received=True, is_refused=False, accepted=accepted, refused=None)
    refused = _rest(brought, accepted)
    if refused is None:
        notice("rentri.acceptance.rest", path)
    return Decision(is_received=True, is_refused=True, accepted=accepted, refused=refused)


def _accepted(acceptance: Acceptance) -> Quantity | None:
    if acceptance.quantita_accettata is None:
        return None
    basis = Basis.ESTIMATED if acceptance.attesa_verifica_analitica else Basis.WEIGHED
    return Quantity(acceptance.quantita_accettata.valore, _KILOGRAMS, basis)


def _rest(brought: Quantity | None, accepted: Quantity | None) -> Quantity | None:
    if brought is None or accepted is None or brought.unit != _KILOGRAMS:
        return None
    left = brought.value - accepted.value
    is_weighed = brought.basis is accepted.basis is Basis.WEIGHED
    basis = Basis.WEIGHED if is_weighed else Basis.ESTIMATED
    return brought._replace(value=left, basis=basis) if left > 0 else None
