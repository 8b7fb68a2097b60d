"""When the stages of a movement happened, as its document dates and signs them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from producers.adapters.eu_movement.ends import company
from producers.adapters.eu_movement.model import Kind, Movement, Role, Signature
from producers.reading import dates
from producers.reading.dates import Stamp
from producers.reading.notices import Notice
from producers.statement import Company, When


class Handover(NamedTuple):
    """One carrier taking over: which it is in the order of carriers, and from whom."""

    order: int
    when: When
    carrier: Company | None
    before: Company | None


class _Stage(NamedTuple):
    """One carrier, and who had the waste before: none for the first."""

    order: int
    carrier: Company | None
    before: Company | None


@dataclass
class Moments:
    """The dates of one document.

    Attributes:
        zone: IANA zone of dates without one.
        path: Place of the document.
        notice: Told each rule that a date breaks, and where.
        issued: When the document was issued; its instant is at midnight where no time was stated.
    """

    movement: Movement
    zone: str
    path: str
    notice: Notice
    issued: When = field(init=False)

    def __post_init__(self) -> None:
        """Date the document itself, which every other date is compared with."""
        when = self.movement.issued.when(self.zone)
        self.issued = when if when.at is not None else when._replace(at=dates.midnight(when.on, self.zone))

    def planned(self) -> When:
        """Return when the waste is to leave, the date of issue where the document does not say it."""
        if self.movement.dispatched is not None:
            self._notice("eu.date.actual", "dispatched")
        stamp = self.movement.planned or self.movement.dispatched
        if stamp is None:
            self._notice("eu.date.planned", "planned")
        return (stamp or self.movement.issued).when(self.zone)

    def dispatched(self) -> When | None:
        """Return when the waste left."""
        return self._happened(self.movement.dispatched, "dispatched")

    def received_by_consignee(self) -> When | None:
        """Return when the consignee received the waste: block 17."""
        return self._signed_once(Role.RECEIVER)

    def received_by_facility(self) -> When | None:
        """Return when the facility received the waste: block 18."""
        return self._happened(self.movement.delivered_on, "delivered_on")

    def certified(self) -> When | None:
        """Return when the treatment was completed: block 19."""
        return self._signed_once(Role.FACILITY)

    @cached_property
    def handovers(self) -> tuple[Handover, ...]:
        """Each carrier that signed."""
        stages = self._stages()
        found = []
        for position, name, signature in self._signatures(Role.CARRIER):
            stage = self._stage(stages, position, signature)
            when = self._happened(signature.signed, f"{name}.signed")
            if stage is None:
                self._notice("eu.signature.place", name)
            elif when is not None:
                found.append(Handover(stage.order, when, stage.carrier, stage.before))
        return tuple(found)

    @cached_property
    def crossings(self) -> tuple[tuple[int, When], ...]:
        """Each border, by its number on the way, and when customs signed there.

        An office that signed nothing says only where the border is.
        """
        found = []
        for position, name, signature in self._signatures(Role.CUSTOMS):
            if signature.signed is None:
                continue
            when = self._happened(signature.signed, f"{name}.signed")
            if when is not None:
                found.append((_number(signature) or position, when))
        return tuple(found)

    def check_order(self) -> None:
        """Tell where the waste arrived before it left, or was treated before it arrived."""
        stated = (
            self.movement.dispatched if self.movement.kind is not Kind.ANNOUNCEMENT else None,
            self.movement.delivered_on,
            self._first(Role.FACILITY),
        )
        days = [stamp.when(self.zone).on for stamp in stated if stamp is not None]
        if days != sorted(days):
            self.notice("eu.date.order", self.path)

    def _stages(self) -> list[_Stage]:
        """Return the carriers as listed; a stage without a number has that of its place."""
        found: list[_Stage] = []
        for number, carrier in enumerate(self.movement.carriers, start=1):
            before = found[-1].carrier if found else None
            who = company(carrier.party, f"{self.path}.carriers[{number - 1}].party", self.notice)
            found.append(_Stage(carrier.order or number, who, before))
        return found

    def _stage(self, stages: list[_Stage], position: int, signature: Signature) -> _Stage | None:
        """Return the stage that a carrier signed: the one of its number, else the one at its place."""
        number = _number(signature)
        if number is not None:
            return next((stage for stage in stages if stage.order == number), None)
        return stages[position - 1] if position <= len(stages) else None

    def _signatures(self, role: Role) -> Iterator[tuple[int, str, Signature]]:
        """Yield (place among those of its role, name, signature)."""
        position = 0
        for index, signature in enumerate(self.movement.signatures):
            if signature.signatory is not None and signature.signatory.role is role:
                position += 1
                yield position, f"signatures[{index}]", signature

    def _signed_once(self, role: Role) -> When | None:
        for _, name, signature in self._signatures(role):
            return self._happened(signature.signed, f"{name}.signed")
        return self._happened(None, "signatures")

    def _first(self, role: Role) -> Stamp | None:
        return next((signature.signed for _, _, signature in self._signatures(role)), None)

    def _happened(self, stamp: Stamp | None, name: str) -> When | None:
        if stamp is None:
            self._notice("eu.date.missing", name)
            return None
        when = stamp.when(self.zone)
        if when.on > self.issued.on:
            self._notice("eu.date.future", name)
        return when

    def _notice(self, rule: str, name: str) -> None:
        self.notice(rule, f"{self.path}.{name}")


def _number(signature: Signature) -> int | None:
    return signature.signatory.number if signature.signatory is not None else None
