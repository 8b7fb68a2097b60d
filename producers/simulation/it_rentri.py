"""Italy's RENTRI: versions of transport forms as its service returns them.

Kilograms or litres at departure, kilograms at arrival; instants in UTC, days in Rome.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from producers.simulation import exact, operations, words
from producers.simulation.check_digits import luhn
from producers.simulation.claims import ESTIMATED, UNKNOWN, UNMAPPED, WEIGHED, Claim
from producers.simulation.movement import Fate, Movement
from producers.simulation.places import Site
from producers.simulation.reports import JSON_ARRAY, Document, Report, Wave, by_course, course, spoil
from producers.simulation.wastes import EVERYDAY, Waste

FORM = JSON_ARRAY
_LITRES, _VERIFIED, _PARTLY = 0.1, 0.3, 1 / 3
_DRAFT = "InserimentoQuantita"
_ISSUED = "FirmaProduttore"
_LEFT = "InserimentoTrasportoSuccessivo"
_ACCEPTED = "Accettato"
_CANCELLED = "Annullato"


class _Form(NamedTuple):
    """One form, and what its sender and its recipient measured.

    Attributes:
        sent: Kilograms, or litres, of one decimal.
        accepted: Kilograms; of a load that is refused in part what was accepted.
        is_pending: Whether the analysis is pending, so that what was accepted is an estimate.
    """

    movement: Movement
    waste: Waste
    operation: str
    sent: Decimal
    accepted: Decimal
    is_litres: bool
    is_verified: bool
    is_partial: bool
    is_pending: bool = False

    @property
    def number(self) -> str:
        """Return the number of the form."""
        return f"SMLTN {self.movement.number:09d} ZZ"

    @property
    def reference(self) -> str:
        """Return the reference of the movement: the number without blanks."""
        return f"IT-FIR:{self.number.replace(' ', '')}"


class ItRentri:
    """The system of the ministry of the environment."""

    name = "it-rentri"
    agency = "IT-MASE"

    def report(self, movement: Movement, dice: Random) -> Report:
        """Return the versions of one form, and what stands of them."""
        return _REPORTS[course(dice)](_drawn(movement, dice), dice)


def _plain(form: _Form, _: Random, wave: Wave = Wave.FIRST) -> Report:
    return Report((Document(wave, _version(form, _ACCEPTED, 5)),), _arrived(form, 5))


def _in_stages(form: _Form, _: Random) -> Report:
    drafted = Document(Wave.FIRST, _version(form, _DRAFT, 1))
    issued = Document(Wave.FIRST, _version(form, _ISSUED, 2))
    left = Document(Wave.FIRST, _version(form, _LEFT, 3))
    accepted = Document(Wave.CORRECTIONS, _version(form, _ACCEPTED, 5))
    claims = (_claim(form, "ANNOUNCED", 2), *_arrived(form, 5))
    return Report((drafted, issued, left, accepted), claims)


def _corrected(form: _Form, dice: Random) -> Report:
    guessed = form._replace(is_pending=True, accepted=form.accepted * dice.randrange(90, 111) / 100)
    first = Document(Wave.FIRST, _version(guessed, _ACCEPTED, 5))
    return Report((first, Document(Wave.CORRECTIONS, _version(form, _ACCEPTED, 6))), _arrived(form, 6))


def _overtaken(form: _Form, _: Random) -> Report:
    accepted = Document(Wave.FIRST, _version(form, _ACCEPTED, 5))
    left = Document(Wave.CORRECTIONS, _version(form, _LEFT, 3))
    issued = Document(Wave.LATE, _version(form, _ISSUED, 2))
    return Report((accepted, left, issued), (_claim(form, "ANNOUNCED", 2), *_arrived(form, 5)))


def _without_receipt(form: _Form, _: Random) -> Report:
    return Report((Document(Wave.FIRST, _version(form, _LEFT, 3)),), (_claim(form, "DISPATCHED", 3),))


def _cancelled(form: _Form, _: Random) -> Report:
    left = Document(Wave.FIRST, _version(form, _LEFT, 3))
    gone = {
        "stato_formulario": _CANCELLED,
        "versione": 4,
        "dati_partenza": {"numero_fir": form.number},
        "dati_annullamento": {"data_annullamento": _instant(form.movement.arrived_at)},
    }
    return Report((left, Document(Wave.CORRECTIONS, json.dumps(gone))))


def _faulty(form: _Form, dice: Random) -> Report:
    fault = dice.choice(tuple(_WRONG))
    return Report((Document(Wave.FIRST, _spoiled(_version(form, _ACCEPTED, 5), fault), fault),))


def _repaired(form: _Form, dice: Random) -> Report:
    repaired = Document(Wave.CORRECTIONS, _version(form, _ACCEPTED, 6))
    return Report((*_faulty(form, dice).documents, repaired), _arrived(form, 6))


_REPORTS = by_course(
    _plain, _in_stages, _corrected, _overtaken, _without_receipt, _cancelled, _faulty, _repaired
)


def _drawn(movement: Movement, dice: Random) -> _Form:
    load, is_refused = movement.loads[0], movement.fate is Fate.REFUSED
    is_partial = is_refused and dice.random() < _PARTLY
    accepted_g = load.arrived_g * dice.randrange(10, 80) // 100 if is_partial else load.arrived_g
    return _Form(
        movement,
        load.of(EVERYDAY),
        dice.choice(operations.USUAL),
        exact.stated(load.sent_g, exact.KILOGRAM_G, 1),
        exact.stated(accepted_g, exact.KILOGRAM_G),
        is_litres=dice.random() < _LITRES,
        is_verified=dice.random() < _VERIFIED,
        is_partial=is_partial,
    )


def _arrived(form: _Form, version: int) -> tuple[Claim, ...]:
    """Return what an accepted, or refused, form says."""
    stages = ["DISPATCHED"]
    if form.movement.fate is Fate.ARRIVED or form.is_partial:
        stages.append("RECEIVED")
    if form.movement.fate is Fate.REFUSED:
        stages.append("REFUSED")
    return tuple(_claim(form, stage, version) for stage in stages)


def _claim(form: _Form, stage: str, version: int) -> Claim:
    movement = form.movement
    is_at_end = stage in {"RECEIVED", "REFUSED"}
    site, at = (
        (movement.destination, movement.arrived_at)
        if is_at_end
        else (movement.origin, movement.dispatched_at)
    )
    on = site.day(_issued_at(form) if stage == "ANNOUNCED" else at)
    kilograms, basis = _measured(form, stage)
    return Claim(
        ItRentri.agency,
        ItRentri.name,
        form.reference,
        0,
        stage,
        0,
        "DOMESTIC",
        site.part.shown,
        "IT",
        is_abroad=False,
        material=form.waste.material,
        low=form.waste.low,
        operation=UNMAPPED if stage == "REFUSED" else operations.class_of(form.operation, on),
        on=on,
        mass_g=None if kilograms is None else exact.grams(kilograms, exact.KILOGRAM_G),
        basis=basis,
        recorded_at=_modified_at(form, version),
        company=site.id,
    )


def _measured(form: _Form, stage: str) -> tuple[Decimal | None, str]:
    """Return the kilograms at a stage, None where they are not known, and how well they are."""
    if stage == "RECEIVED":
        return form.accepted, ESTIMATED if form.is_pending else WEIGHED
    if form.is_litres:
        return None, UNKNOWN
    sent = WEIGHED if form.is_verified else ESTIMATED
    if stage == "REFUSED" and form.is_partial:
        return form.sent - form.accepted, ESTIMATED if form.is_pending else sent
    return form.sent, sent


def _issued_at(form: _Form) -> datetime:
    return form.movement.dispatched_at - timedelta(hours=2)


def _modified_at(form: _Form, version: int) -> datetime:
    """Return when a version was written; from the fifth on that is after receipt."""
    if version < 5:  # noqa: PLR2004  # versions are told apart by number alone
        return form.movement.dispatched_at + timedelta(minutes=version)
    return form.movement.arrived_at + timedelta(hours=version)


def _version(form: _Form, state: str, version: int) -> str:
    body: dict[str, Any] = {
        "stato_formulario": state,
        "versione": version,
        "dati_partenza": _departure(form),
    }
    if state in {_LEFT, _ACCEPTED}:
        body["dati_trasporto"] = [
            {
                "data_ora_inizio_trasporto": _instant(form.movement.dispatched_at),
                "trasportatore_id": 1,
                "dati_firma_trasportatore": {"data_firma": _instant(form.movement.dispatched_at)},
            }
        ]
    if state == _ACCEPTED:
        body["dati_accettazione"] = _acceptance(form)
    envelope = {"numero_fir": form.number, "data_ora_modifica": _instant(_modified_at(form, version))}
    return json.dumps(envelope | {"body": body})


def _departure(form: _Form) -> dict[str, Any]:
    return {
        "numero_fir": form.number,
        "data_emissione": _instant(_issued_at(form)),
        "produttore": _party(form.movement.origin),
        "destinatario": _party(form.movement.destination) | {"attivita": form.operation},
        "trasportatori": [
            {"denominazione": "Trasporti simulati", "codice_fiscale": luhn(0, 11), "trasportatore_id": 1}
        ],
        "rifiuto": {
            "codice_eer": form.waste.starred,
            "caratteristiche_pericolo": ["HP14"] if form.waste.is_hazardous else None,
            "quantita": {"valore": float(form.sent), "unita_misura": "l" if form.is_litres else "kg"},
            "verificato_in_partenza": form.is_verified,
        },
    }


def _party(site: Site) -> dict[str, Any]:
    return {
        "denominazione": words.company(site.number),
        # No company's number begins with two nines.
        "codice_fiscale": luhn(99 * 10**8 + site.number, 11),
        "nazione_id": "IT",
        "indirizzo": {"citta": {"comune_id": site.part.postcode}, "indirizzo": words.town(site.number)},
    }


def _acceptance(form: _Form) -> dict[str, Any]:
    is_whole = form.movement.fate is Fate.ARRIVED
    kind = "A" if is_whole else "P" if form.is_partial else "R"
    return {
        "tipo_accettazione": kind,
        "quantita_accettata": None if kind == "R" else {"valore": float(form.accepted)},
        "data_ora_arrivo": _instant(form.movement.arrived_at),
        "attesa_verifica_analitica": form.is_pending or None,
        "dati_firma": {"data_firma": _instant(form.movement.arrived_at)},
    }


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _spoiled(text: str, fault: str) -> str:
    """Return a form that breaks a rule."""
    document = json.loads(text)
    spoil(document, _WRONG[fault])
    return json.dumps(document)


_WRONG: dict[str, dict[str, object]] = {
    "rentri.fir.missing": {"numero_fir": "SMLTN", "body.dati_partenza.numero_fir": "SMLTN"},
    "rentri.state.unknown": {"body.stato_formulario": "Smarrito"},
    "rentri.date.invalid": {"body.dati_accettazione.data_ora_arrivo": "2025-02-30T10:00:00Z"},
    "rentri.quantity.unit": {"body.dati_partenza.rifiuto.quantita.unita_misura": "t"},
    "rentri.quantity.range": {"body.dati_partenza.rifiuto.quantita.valore": -1},
    "rentri.acceptance.type": {"body.dati_accettazione.tipo_accettazione": "X"},
}
