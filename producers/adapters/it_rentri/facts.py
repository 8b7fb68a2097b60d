"""What one version of a form states: issued, left, taken over, and what its recipients decided.

Line 0 is the load as it was issued; line n is what an n-th further recipient was brought of
what the one before it refused. A form that took part of another one's load over on the way
states neither issue nor departure of it: the other form does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from producers.adapters.it_rentri import parties, places, wastes
from producers.adapters.it_rentri.acceptances import decided
from producers.adapters.it_rentri.model import (
    ARRIVED_STATES,
    Acceptance,
    Address,
    City,
    Departure,
    Form,
    Leg,
    Party,
    Recipient,
    fir,
)
from producers.adapters.it_rentri.rules import RULES_BY_ID
from producers.adapters.it_rentri.sealed import sealed
from producers.adapters.it_rentri.wastes import Load
from producers.reading import dates, waste_codes
from producers.reading.dates import Stamp
from producers.reading.notices import Notices
from producers.statement import Company, Identity, Place, Quantity, Sealed, Statement, When
from schemas.movement import UNKNOWN_COUNTRY, Relation, Side, Stage

_ZONE = "Europe/Rome"


class _End(NamedTuple):
    """Where a leg ends, and what is intended there."""

    company: Company | None
    place: Place
    operation_code: str | None


class _Turn(NamedTuple):
    """A transporter's turn."""

    when: When
    holder: Company | None


class _Fact(NamedTuple):
    """One stage of a form."""

    stage: Stage
    when: When
    contributor: Company | None
    counterparty: Company | None
    end: _End
    quantity: Quantity | None
    line_number: int = 0
    step: int = 0
    package_count: int | None = None


@dataclass(slots=True)
class Telling:
    """One form, and what was noticed while it was told."""

    form: Form
    identity: Identity
    path: str
    notice: Notices = field(default_factory=partial(Notices, RULES_BY_ID))
    _departure: Departure = field(init=False)
    _is_part: bool = field(init=False)
    _load: Load = field(init=False)
    _origin: Place = field(init=False)
    _generator: Company | None = field(init=False)
    _facility: _End = field(init=False)

    def __post_init__(self) -> None:
        """Look up the load and the two ends of the movement."""
        self._departure = self.form.dati_partenza
        self._load = wastes.load(self._departure.rifiuto, self._at("rifiuto"), self.notice)
        producer, source = self._departure.produttore, self._departure.trasbordo_parziale_origine
        original = source.produttore_originario if source is not None else None
        self._is_part = source is not None
        generator: Party | None = producer or original
        self._origin = parties.origin(producer, original, self._at("produttore"), self.notice)
        self._generator = parties.company(generator, self._at("produttore"), self.notice)
        self._facility = self._end(self._departure.destinatario, self._at("destinatario"))

    def statements(self) -> tuple[Statement, ...]:
        """Return one statement for each stage."""
        number, related = self.identity.document_id, self._related()
        reference, said = _reference(number), sealed(self.form, number)
        return tuple(self._statement(fact, reference, related, said) for fact in self._facts())

    def _statement(
        self, fact: _Fact, reference: str, related: tuple[tuple[str, Relation], ...], said: Sealed
    ) -> Statement:
        return Statement(
            line_number=fact.line_number,
            stage=fact.stage,
            step=fact.step,
            side=_side(self._origin, fact.end.place),
            when=fact.when,
            movement_reference=reference,
            origin=self._origin,
            destination=fact.end.place,
            codes=self._load.codes,
            hazardous=self._load.hazardous,
            # What was refused is treated elsewhere, or not at all.
            operation_code=None if fact.stage is Stage.REFUSED else fact.end.operation_code,
            quantity=fact.quantity,
            load_count=fact.package_count,
            contributor=fact.contributor,
            counterparty=fact.counterparty,
            related=related,
            sealed=said,
        )

    def _facts(self) -> Iterator[_Fact]:
        if not self.form.has_departed:
            yield from self._announced()
            return
        turns = self._turns()
        if not turns:
            self._notice("rentri.date.missing", "dati_trasporto")
        yield from self._taken_over(turns)
        yield from self._arrived(turns[0].when if turns else None)

    def _announced(self) -> Iterator[_Fact]:
        stamp = self._departure.data_emissione or self.form.data_creazione
        if stamp is None:
            self._notice("rentri.date.missing", "dati_partenza.data_emissione")
        elif not self._is_part:
            when = self._happened(stamp, self._at("data_emissione"))
            yield self._on_the_way(Stage.ANNOUNCED, 0, when, (self._generator, self._facility.company))

    def _taken_over(self, turns: list[_Turn]) -> Iterator[_Fact]:
        """Yield the departure, and each turn after it as a transfer from the transporter before."""
        for first in turns[:1]:
            if self._is_part:
                yield self._on_the_way(Stage.TRANSFERRED, 1, first.when, (first.holder, None))
            else:
                held = (self._generator, self._facility.company)
                yield self._on_the_way(Stage.DISPATCHED, 0, first.when, held)
        for step, (before, turn) in enumerate(pairwise(turns), start=2):
            yield self._on_the_way(Stage.TRANSFERRED, step, turn.when, (turn.holder, before.holder))

    def _on_the_way(
        self, stage: Stage, step: int, when: When, held: tuple[Company | None, Company | None]
    ) -> _Fact:
        contributor, counterparty = held
        return _Fact(
            stage=stage,
            step=step,
            when=when,
            contributor=contributor,
            counterparty=counterparty,
            end=self._facility,
            quantity=self._load.quantity,
            package_count=self._load.package_count,
        )

    def _turns(self) -> list[_Turn]:
        """Return the turns of transporters in the order in which they took the waste over."""
        turns = [
            self._turn(leg, self._holder(leg, index), f"{self.path}.dati_trasporto[{index}]")
            for index, leg in enumerate(self.form.dati_trasporto or ())
            if self.form.has_happened(leg)
        ]
        total, leg = self.form.dati_trasbordo_totale, self.form.last_leg
        if total is not None and leg is not None and self.form.has_happened(leg):
            path = f"{self.path}.dati_trasbordo_totale"
            holder = parties.company(total.trasportatore, f"{path}.trasportatore", self.notice)
            turns.append(self._turn(leg, holder, f"{path}.presa_in_carico"))
        return sorted(turns, key=_instant)

    def _turn(self, leg: Leg, holder: Company | None, path: str) -> _Turn:
        return _Turn(
            self._happened(leg.data_ora_inizio_trasporto, f"{path}.data_ora_inizio_trasporto"), holder
        )

    def _holder(self, leg: Leg, index: int) -> Company | None:
        """Return the transporter of a turn, by its number within the form, else by its place."""
        number = leg.trasportatore_id
        for place, transporter in enumerate(self._departure.trasportatori or ()):
            if transporter.trasportatore_id == number if number is not None else place == index:
                return parties.company(transporter, self._at(f"trasportatori[{place}]"), self.notice)
        return None

    def _arrived(self, departed: When | None) -> Iterator[_Fact]:
        """Yield what each recipient in turn decided about what it was brought."""
        brought = self._brought()
        for number, (end, acceptance, path) in enumerate(self._arrivals()):
            if acceptance is None or not self.form.has_happened(acceptance):
                if not number and self.form.stato_formulario in ARRIVED_STATES:
                    self._notice("rentri.date.missing", "dati_accettazione")
                return
            when = self._happened(acceptance.data_ora_arrivo, f"{path}.data_ora_arrivo")
            if departed is not None and when.on < departed.on:
                self.notice("rentri.date.order", f"{path}.data_ora_arrivo")
            decision = decided(acceptance, brought, path, self.notice)
            if decision.is_received:
                stage = self._receipt_stage(number)
                yield self._at_end(stage, number, when, end, decision.accepted)
            if decision.is_refused:
                yield self._at_end(Stage.REFUSED, number, when, end, decision.refused)
            brought = decision.refused

    def _arrivals(self) -> Iterator[tuple[_End, Acceptance | None, str]]:
        yield self._facility, self.form.dati_accettazione, f"{self.path}.dati_accettazione"
        for index, further in enumerate(self.form.dati_destinazioni_successive or ()):
            path = f"{self.path}.dati_destinazioni_successive[{index}]"
            end = self._end(further.destinatario, f"{path}.destinatario")
            yield end, further.accettazione, f"{path}.accettazione"

    def _at_end(self, stage: Stage, number: int, when: When, end: _End, quantity: Quantity | None) -> _Fact:
        return _Fact(
            stage=stage,
            line_number=number,
            when=when,
            contributor=end.company,
            counterparty=self._generator,
            end=end,
            quantity=quantity,
        )

    def _brought(self) -> Quantity | None:
        """Return what is left for the recipient: the rest after the last partial transshipment."""
        stated = self.form.dati_trasbordi_parziali or ()
        happened = [partial.quantita_residua for partial in stated if self.form.has_happened(partial)]
        return wastes.quantity(happened[-1], self._load.basis) if happened else self._load.quantity

    def _receipt_stage(self, number: int) -> Stage:
        """Return what it means that waste arrived: refused waste that comes home is not received."""
        producer, further = self._departure.produttore, self.form.dati_destinazioni_successive
        recipient = further[number - 1].destinatario if further and number else None
        if producer is None or recipient is None:
            return Stage.RECEIVED
        home = producer.codice_fiscale, _town(producer.luogo_produzione or producer.indirizzo)
        is_home = home == (recipient.codice_fiscale, _town(recipient.indirizzo))
        return Stage.REPATRIATED if is_home else Stage.RECEIVED

    def _end(self, recipient: Recipient | None, path: str) -> _End:
        return _End(
            parties.company(recipient, path, self.notice),
            parties.destination(recipient, path, self.notice),
            self._operation(recipient, path),
        )

    def _operation(self, recipient: Recipient | None, path: str) -> str | None:
        if recipient is None or not recipient.attivita:
            return None
        found = waste_codes.operation(recipient.attivita)
        if found is None:
            self.notice("rentri.operation.unknown", f"{path}.attivita")
        return found

    def _related(self) -> tuple[tuple[str, Relation], ...]:
        source = self._departure.trasbordo_parziale_origine
        if source is None:
            return ()
        number = fir(source.numero_fir_origine)
        if number is None:
            self._notice("rentri.fir.related", "dati_partenza.trasbordo_parziale_origine.numero_fir_origine")
            return ()
        return ((_reference(number), Relation.ONWARD_OF),)

    def _happened(self, stamp: Stamp, path: str) -> When:
        when = stamp.when(_ZONE)
        recorded_at = self.identity.recorded_at
        if recorded_at is not None and when.at is not None and when.at > recorded_at:
            self.notice("rentri.date.future", path)
        return when

    def _at(self, name: str) -> str:
        return f"{self.path}.dati_partenza.{name}"

    def _notice(self, rule: str, name: str) -> None:
        self.notice(rule, f"{self.path}.{name}")


def _town(address: Address | None) -> City | None:
    """Return the town of an address: streets are written in more ways than one."""
    return address.citta if address is not None else None


def _reference(number: str) -> str:
    return f"IT-FIR:{number}"


def _side(origin: Place, destination: Place) -> Side:
    if origin.country not in {places.HOME, UNKNOWN_COUNTRY}:
        return Side.DESTINATION
    is_abroad = destination.country not in {places.HOME, UNKNOWN_COUNTRY}
    return Side.ORIGIN if is_abroad else Side.DOMESTIC


def _instant(turn: _Turn) -> datetime:
    """Return when a turn began, where only the day is known as that begins."""
    return turn.when.at or dates.midnight(turn.when.on, _ZONE)
