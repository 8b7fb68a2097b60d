"""What one movement document states: which stages, when, by whom, about which wastes.

Each kind of document states stages that no other kind states, so that documents of
different senders about one movement never say the same fact twice. What else a document
repeats of the movement is context. A place without a date is no fact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import NamedTuple

from producers.adapters.eu_movement import checks, parties
from producers.adapters.eu_movement.ends import Ends, company, ends, facility_of
from producers.adapters.eu_movement.model import Condition, Kind, Line, Movement
from producers.adapters.eu_movement.moments import Moments
from producers.adapters.eu_movement.receipt import Receipt, receipt
from producers.adapters.eu_movement.rules import RULES_BY_ID
from producers.adapters.eu_movement.sealed import sealed
from producers.adapters.eu_movement.wastes import Waste, waste
from producers.reading.notices import Notices
from producers.statement import Company, Quantity, Sealed, Statement, When
from schemas.findings import Finding
from schemas.movement import Basis, Stage

_LEAVING = frozenset({Kind.ANNOUNCEMENT, Kind.DISPATCH})
_FIRST, _FINAL = 1, 2


class _Goods(NamedTuple):
    """One line, its number and its place in the document."""

    line: Line
    number: int
    waste: Waste
    path: str


class _Fact(NamedTuple):
    """One stage of one line."""

    stage: Stage
    when: When
    contributor: Company | None
    counterparty: Company | None
    step: int = 0
    quantity: Quantity | None = None


@dataclass
class Telling:
    """One document, and what was noticed while it was told.

    Attributes:
        reference: The movement, as both ends know it.
        zone: IANA zone of dates without one.
        country: Country of the agency that publishes.
        path: Place of the document.
        notice: Told each rule that the document breaks, and where.
        moments: The dates of the document.
    """

    movement: Movement
    reference: str
    zone: str
    country: str
    path: str
    notice: Notices = field(default_factory=partial(Notices, RULES_BY_ID))
    moments: Moments = field(init=False)

    def __post_init__(self) -> None:
        """Read the dates, which have the same notices."""
        self.moments = Moments(self.movement, self.zone, self.path, self.notice)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return everything that was noticed."""
        return self.notice.findings

    def statements(self) -> Iterator[Statement]:
        """Yield one statement for each line and stage."""
        if not self._goods:
            self.notice("eu.lines.missing", f"{self.path}.lines")
        self._check()
        for item in self._goods:
            for fact in _TELLERS[self.movement.kind](self, item):
                yield self._statement(item, fact)

    def steps(self) -> tuple[int, ...]:
        """Return which carriers, borders or treatments the document is about."""
        if self.movement.kind is Kind.TRANSFER:
            return tuple(handover.order for handover in self.moments.handovers)
        if self.movement.kind is Kind.BORDER:
            return tuple(number for number, _ in self.moments.crossings)
        return tuple(_treatment_step(item.waste) for item in self._goods)

    @cached_property
    def is_received_by_facility(self) -> bool:
        """Whether the consignee is the facility: then its receipt is that of the facility."""
        consignee = parties.company(self.movement.consignee)
        return consignee is not None and consignee == parties.company(facility_of(self.movement))

    @property
    def _is_annex_vii(self) -> bool:
        return self.reference.startswith("GLW")

    @cached_property
    def _ends(self) -> Ends:
        return ends(
            self.movement, self.country, is_annex_vii=self._is_annex_vii, path=self.path, notice=self.notice
        )

    @cached_property
    def _goods(self) -> list[_Goods]:
        found = []
        for index, line in enumerate(self.movement.lines):
            path = f"{self.path}.lines[{index}]"
            found.append(_Goods(line, line.number or index + 1, waste(line, path, self.notice), path))
        return found

    @cached_property
    def _sealed(self) -> Sealed:
        is_laboratory = any(item.waste.is_laboratory for item in self._goods)
        return sealed(self.movement, self.reference, is_laboratory=is_laboratory)

    def _check(self) -> None:
        checks.check_movement(self.movement, self.path, self.notice)
        self.moments.check_order()
        for item in self._goods:
            checks.check_hazard(item.waste, item.path, self.notice)
            checks.check_operation(item.waste, self._ends, self.moments.issued.on, item.path, self.notice)
            if self.movement.kind in _LEAVING:
                checks.check_leaving(item.line, item.path, self.notice)
                if self._is_annex_vii:
                    checks.check_annex_vii(item.line, item.waste, item.path, self.notice)

    def _statement(self, item: _Goods, fact: _Fact) -> Statement:
        is_alone = len(self._goods) == 1
        way = self._ends
        said = item.waste
        return Statement(
            line_number=item.number,
            stage=fact.stage,
            step=fact.step,
            side=way.side,
            when=fact.when,
            movement_reference=self.reference,
            origin=way.origin,
            destination=way.destination,
            transit_countries=way.transit,
            codes=said.codes,
            hazardous=said.hazardous,
            operation_code=said.operation,
            native_operation_code=said.native_operation,
            quantity=fact.quantity,
            load_count=self.movement.packages if is_alone else None,
            contributor=fact.contributor,
            counterparty=fact.counterparty,
            sealed=self._sealed,
        )

    def _announced(self, item: _Goods) -> Iterator[_Fact]:
        yield self._at_origin(Stage.ANNOUNCED, self.moments.planned(), item)

    def _dispatched(self, item: _Goods) -> Iterator[_Fact]:
        when = self.moments.dispatched()
        if when is not None:
            yield self._at_origin(Stage.DISPATCHED, when, item)

    def _transferred(self, item: _Goods) -> Iterator[_Fact]:
        for handover in self.moments.handovers:
            yield _Fact(
                stage=Stage.TRANSFERRED,
                step=handover.order,
                when=handover.when,
                contributor=handover.carrier,
                counterparty=handover.before or self._ends.shipper,
                quantity=_shipped(item.line),
            )

    def _crossed(self, item: _Goods) -> Iterator[_Fact]:
        for number, when in self.moments.crossings:
            yield self._at_origin(Stage.BORDER_CROSSED, when, item, step=number)

    def _received_by_consignee(self, item: _Goods) -> Iterator[_Fact]:
        when = self.moments.received_by_consignee()
        outcome = self._receipt(item, unsaid=Condition.ACCEPTED)
        if self.is_received_by_facility:
            yield from self._received(when, outcome, _FINAL, self._ends.facility)
        else:
            consignee = company(self.movement.consignee, f"{self.path}.consignee", self.notice)
            yield from self._received(when, outcome, _FIRST, consignee)

    def _received_by_facility(self, item: _Goods) -> Iterator[_Fact]:
        when = self.moments.received_by_facility()
        yield from self._received(when, self._receipt(item, unsaid=None), _FINAL, self._ends.facility)

    def _received(
        self, when: When | None, outcome: Receipt | None, step: int, holder: Company | None
    ) -> Iterator[_Fact]:
        """Yield what was accepted and what was refused at one place, as far as each was."""
        if when is None or outcome is None:
            return
        if outcome.has_accepted:
            yield self._at_destination(Stage.RECEIVED, when, step, holder, outcome.accepted)
        if outcome.has_refused:
            yield self._at_destination(Stage.REFUSED, when, step, holder, outcome.refused)

    def _treated(self, item: _Goods) -> Iterator[_Fact]:
        when = self.moments.certified()
        outcome = self._receipt(item, unsaid=Condition.ACCEPTED)
        if item.waste.operation is None:
            self.notice("eu.operation.certificate", item.path)
        elif when is not None and outcome is not None and outcome.has_accepted:
            step = _treatment_step(item.waste)
            yield self._at_destination(Stage.TREATED, when, step, self._ends.facility, outcome.accepted)

    def _receipt(self, item: _Goods, *, unsaid: Condition | None) -> Receipt | None:
        return receipt(
            self.movement, item.line, item.number, unsaid=unsaid, path=item.path, notice=self.notice
        )

    def _at_origin(self, stage: Stage, when: When, item: _Goods, step: int = 0) -> _Fact:
        return _Fact(
            stage=stage,
            step=step,
            when=when,
            contributor=self._ends.shipper,
            counterparty=self._ends.facility,
            quantity=_shipped(item.line),
        )

    def _at_destination(
        self, stage: Stage, when: When, step: int, holder: Company | None, quantity: Quantity | None
    ) -> _Fact:
        return _Fact(
            stage=stage,
            step=step,
            when=when,
            contributor=holder,
            counterparty=self._ends.shipper,
            quantity=quantity,
        )


_TELLERS: dict[Kind, Callable[[Telling, _Goods], Iterator[_Fact]]] = {
    Kind.ANNOUNCEMENT: Telling._announced,  # noqa: SLF001  # the table belongs to the class
    Kind.DISPATCH: Telling._dispatched,  # noqa: SLF001  # as above
    Kind.TRANSFER: Telling._transferred,  # noqa: SLF001  # as above
    Kind.BORDER: Telling._crossed,  # noqa: SLF001  # as above
    Kind.CONSIGNEE_RECEIPT: Telling._received_by_consignee,  # noqa: SLF001  # as above
    Kind.FACILITY_RECEIPT: Telling._received_by_facility,  # noqa: SLF001  # as above
    Kind.COMPLETION: Telling._treated,  # noqa: SLF001  # as above
}


def _shipped(line: Line) -> Quantity | None:
    """Return the quantity that left, which is an estimate until the facility weighs it."""
    if line.quantity is None:
        return None
    return Quantity(line.quantity.value, line.quantity.unit, Basis.ESTIMATED)


def _treatment_step(item: Waste) -> int:
    return _FIRST if item.is_interim else _FINAL
