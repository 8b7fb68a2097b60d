"""The French waste registry: lines of the registers of who sends and who receives, as CSV.

Tonnes of three decimals with a comma, weighed or estimated; days in France. Lines have no version: what
is delivered last counts, and says whether it corrects or withdraws.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from random import Random
from typing import NamedTuple

from producers.simulation import exact, operations, words
from producers.simulation.check_digits import luhn
from producers.simulation.claims import ESTIMATED, WEIGHED, Claim
from producers.simulation.movement import Movement
from producers.simulation.notified import notified
from producers.simulation.places import Site
from producers.simulation.reports import Document, Form, Report, Wave, by_course, course
from producers.simulation.wastes import EVERYDAY, Waste

_OUTGOING, _INCOMING = "outgoing_waste", "incoming_waste"
_SENDER = "l'expéditeur ou du détenteur"
_COMMON = (
    "Motif",
    "Identifiant unique",
    "Code déchet",
    "Dénomination du déchet",
    "Poids en tonnes",
    "Type de poids",
    "POP",
    "Dangereux",
    "Numéro de mouvement",
)
_COLUMNS = {
    _OUTGOING: (
        *_COMMON,
        f"SIRET de {_SENDER}",
        f"Code postal du chantier ou du lieu de collecte de {_SENDER}",
        "Date d'expédition",
        "Type de destinataire",
        "Numéro d'identification du destinataire",
        "Raison sociale du destinataire",
        "Code postal du destinataire",
        "Code pays du destinataire",
        "Numéro de notification ou de déclaration GISTRID",
        "Code de traitement prévu",
    ),
    _INCOMING: (
        *_COMMON,
        "SIRET du destinataire",
        "Date de réception",
        "Type d'expéditeur ou de détenteur",
        f"Numéro d'identification de {_SENDER}",
        f"Raison sociale de {_SENDER}",
        f"Code postal de {_SENDER}",
        f"Code pays de {_SENDER}",
        "Numéro de notification ou de déclaration d'import",
        "Code de traitement réalisé",
        "Mode de traitement",
        "Code de traitement ultérieur prévu",
        "Rupture de traçabilité autorisée",
    ),
}
FORMS = {kind: Form("csv", head=";".join(columns) + "\n") for kind, columns in _COLUMNS.items()}
_INTERIM = frozenset({"R12", "R13", "D9", "D15"})
# What is burnt or put underground is weighed.
_WEIGHED_ALWAYS = frozenset({"R1", "D5", "D10"})
_ESTIMATED_SHARE = 0.2

Cells = dict[str, str]


class _Line(NamedTuple):
    """A line of one register, in its final version."""

    kind: str
    movement: Movement
    waste: Waste
    operation: str
    tonnes: Decimal
    is_estimate: bool
    recorded_at: datetime

    @property
    def is_incoming(self) -> bool:
        """Say whether it is the register of who receives."""
        return self.kind == _INCOMING

    @property
    def owner(self) -> Site:
        """Return whose register it is."""
        return self.movement.destination if self.is_incoming else self.movement.origin

    @property
    def other(self) -> Site:
        """Return who is at the other end."""
        return self.movement.origin if self.is_incoming else self.movement.destination

    @property
    def number(self) -> str:
        """Return the identifier of the line."""
        return f"SIM-{self.movement.number}"


class FrRegistry:
    """The system of the ministry of the environment."""

    name = "fr-registry"
    agency = "FR-DGPR"

    def __init__(self, recorded_at: datetime) -> None:
        """Take the instant that stands for those of all deliveries."""
        self._recorded_at = recorded_at

    def report(self, movement: Movement, dice: Random) -> Report:
        """Return the lines of the registers of whoever is in France, and what stands of them."""
        reports = [
            _REPORTS[course(dice)](self._line(movement, kind, dice), dice)
            for kind, end in ((_OUTGOING, movement.origin), (_INCOMING, movement.destination))
            if end.country == "FR"
        ]
        return Report(
            tuple(document for report in reports for document in report.documents),
            tuple(claim for report in reports for claim in report.claims),
        )

    def _line(self, movement: Movement, kind: str, dice: Random) -> _Line:
        load = movement.loads[0]
        mass_g = load.arrived_g if kind == _INCOMING else load.sent_g
        operation = dice.choice(operations.USUAL)
        is_estimate = dice.random() < _ESTIMATED_SHARE and operation not in _WEIGHED_ALWAYS
        return _Line(
            kind,
            movement,
            load.of(EVERYDAY),
            operation,
            exact.stated(mass_g, exact.TONNE_G, 3),
            is_estimate,
            self._recorded_at,
        )


def _plain(line: _Line, _: Random, wave: Wave = Wave.FIRST) -> Report:
    return Report((_document(line, wave),), (_claim(line),))


def _corrected(line: _Line, dice: Random) -> Report:
    tonnes = exact.stated(line.movement.loads[0].sent_g * dice.randrange(85, 116) // 100, exact.TONNE_G, 3)
    first = _document(line._replace(tonnes=tonnes), Wave.FIRST)
    return Report((first, _document(line, Wave.CORRECTIONS, reason="MODIFIER")), (_claim(line),))


def _cancelled(line: _Line, _: Random) -> Report:
    return Report((_document(line, Wave.FIRST), _document(line, Wave.CORRECTIONS, reason="ANNULER")))


def _revived(line: _Line, _: Random) -> Report:
    """A line that was withdrawn comes again as a new one."""
    withdrawn = _document(line, Wave.CORRECTIONS, reason="ANNULER")
    documents = (_document(line, Wave.FIRST), withdrawn, _document(line, Wave.LATE))
    return Report(documents, (_claim(line),))


def _missing(_: _Line, __: Random) -> Report:
    return Report(())


def _faulty(line: _Line, dice: Random) -> Report:
    fault = dice.choice(tuple(_WRONG))
    body = _text(line.kind, _spoiled(line, fault))
    return Report((Document(Wave.FIRST, body, fault, line.kind),))


def _repaired(line: _Line, dice: Random) -> Report:
    repaired = _document(line, Wave.CORRECTIONS)
    return Report((*_faulty(line, dice).documents, repaired), (_claim(line),))


_REPORTS = by_course(_plain, _plain, _corrected, _revived, _missing, _cancelled, _faulty, _repaired)


def _claim(line: _Line) -> Claim:
    movement = line.movement
    at = movement.arrived_at if line.is_incoming else movement.dispatched_at
    on = line.owner.day(at)
    is_abroad = line.other.country != "FR"
    flow = "DOMESTIC" if not is_abroad else "IMPORT" if line.is_incoming else "EXPORT"
    reference = (
        notified(movement).reference if is_abroad else f"FR:{line.kind}:{_siret(line.owner)}:{line.number}"
    )
    return Claim(
        FrRegistry.agency,
        FrRegistry.name,
        reference,
        1,
        "RECEIVED" if line.is_incoming else "DISPATCHED",
        0,
        flow,
        # The register of who receives tells no place of its owner.
        "FR-ZZ" if line.is_incoming else line.owner.part.shown,
        line.other.country,
        is_abroad=is_abroad,
        material=line.waste.material,
        low=line.waste.low,
        operation=operations.class_of(line.operation, on),
        on=on,
        mass_g=exact.grams(line.tonnes, exact.TONNE_G),
        basis=ESTIMATED if line.is_estimate else WEIGHED,
        recorded_at=line.recorded_at,
        company=line.owner.id,
    )


def _document(line: _Line, wave: Wave, reason: str = "") -> Document:
    return Document(wave, _text(line.kind, _cells(line) | {"Motif": reason}), kind=line.kind)


def _text(kind: str, cells: Cells) -> str:
    return ";".join(cells.get(column, "") for column in _COLUMNS[kind])


def _cells(line: _Line) -> Cells:
    is_abroad = line.other.country != "FR"
    cells = {
        "Identifiant unique": line.number,
        "Code déchet": line.waste.starred,
        "Dénomination du déchet": "déchet simulé",
        "Poids en tonnes": str(line.tonnes).replace(".", ","),
        "Type de poids": "ESTIME" if line.is_estimate else "REEL",
        "POP": "NON",
        "Dangereux": "OUI" if line.waste.is_hazardous else "NON",
        "Numéro de mouvement": str(notified(line.movement).serial) if is_abroad else "",
    }
    return cells | (_incoming(line) if line.is_incoming else _outgoing(line))


def _outgoing(line: _Line) -> Cells:
    end, shipment = line.other, notified(line.movement)
    return {
        f"SIRET de {_SENDER}": _siret(line.owner),
        f"Code postal du chantier ou du lieu de collecte de {_SENDER}": line.owner.part.postcode,
        "Date d'expédition": line.owner.day(line.movement.dispatched_at).isoformat(),
        "Type de destinataire": _kind(end),
        "Numéro d'identification du destinataire": _identifier(end),
        "Raison sociale du destinataire": words.company(end.number),
        "Code postal du destinataire": end.part.postcode,
        "Code pays du destinataire": end.country,
        "Numéro de notification ou de déclaration GISTRID": shipment.spaced if end.country != "FR" else "",
        "Code de traitement prévu": line.operation,
    }


def _incoming(line: _Line) -> Cells:
    end, shipment = line.other, notified(line.movement)
    is_interim = line.operation in _INTERIM
    return {
        "SIRET du destinataire": _siret(line.owner),
        "Date de réception": line.owner.day(line.movement.arrived_at).isoformat(),
        "Type d'expéditeur ou de détenteur": _kind(end),
        f"Numéro d'identification de {_SENDER}": _identifier(end),
        f"Raison sociale de {_SENDER}": words.company(end.number),
        f"Code postal de {_SENDER}": end.part.postcode,
        f"Code pays de {_SENDER}": end.country,
        "Numéro de notification ou de déclaration d'import": shipment.spaced if end.country != "FR" else "",
        "Code de traitement réalisé": line.operation,
        "Mode de traitement": "" if is_interim else _mode(line.operation),
        "Code de traitement ultérieur prévu": "R5" if is_interim else "",
        "Rupture de traçabilité autorisée": "NON" if is_interim else "",
    }


def _mode(operation: str) -> str:
    if operation.startswith("D"):
        return "ELIMINATION"
    return "VALORISATION_ENERGETIQUE" if operation == "R1" else "RECYCLAGE"


def _siret(site: Site) -> str:
    # No company's number begins with four zeros.
    return luhn(site.number + 1, 14)


def _kind(site: Site) -> str:
    return "ETABLISSEMENT_FR" if site.country == "FR" else "ENTREPRISE_UE"


def _identifier(site: Site) -> str:
    return _siret(site) if site.country == "FR" else f"{site.country}99{site.number:08d}"


def _spoiled(line: _Line, fault: str) -> Cells:
    """Return a line that breaks a rule."""
    columns, wrong = _WRONG[fault]
    return _cells(line) | {columns[line.is_incoming]: wrong}


_WEIGHT = ("Poids en tonnes", "Poids en tonnes")
# The column of either register, and what makes it wrong.
_WRONG = {
    "fr.siret.invalid": ((f"SIRET de {_SENDER}", "SIRET du destinataire"), "12345678901234"),
    "fr.amount.number": (_WEIGHT, "douze"),
    "fr.amount.range": (_WEIGHT, "0"),
    "fr.amount.decimals": (_WEIGHT, "1,2345"),
    "fr.weight.type": (("Type de poids", "Type de poids"), "PESE"),
    "fr.ewc.form": (("Code déchet", "Code déchet"), "15 01"),
    "fr.date.invalid": (("Date d'expédition", "Date de réception"), "2025-02-30"),
    "fr.operation.unknown": (("Code de traitement prévu", "Code de traitement réalisé"), "R 14"),
    "document.unknown": (("Motif", "Motif"), "MODIFIER"),
}
