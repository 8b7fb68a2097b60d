"""A German register as a plain table, with the mapping that says what its columns mean.

Tonnes, kilograms or cubic metres with a decimal comma; days in Germany; each row has a version.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from producers.simulation import exact, operations
from producers.simulation.claims import ESTIMATED, UNKNOWN, WEIGHED, Claim
from producers.simulation.movement import Fate, Movement
from producers.simulation.notified import annex_vii, is_green, notified, reference
from producers.simulation.reports import Document, Form, Report, Wave, by_course, course
from producers.simulation.wastes import EVERYDAY, GREEN, Waste

MAPPING = """\
# What the columns of the simulated register mean.
[table]
agency = "DE-ZKS"
zone = "Europe/Berlin"
delimiter = ";"
decimal = ","
date_format = "dd.mm.yyyy"

[identity]
document = ["Nummer"]
revision = "Version"
recorded_at = { column = "Stand", format = "dd.mm.yyyy hh:mm" }

[cancel]
column = "Status"
words = ["storniert"]

[movement]
notification = { number = "Notifizierung", serial = "Lfd. Nr." }
annex_vii = "Anhang VII"
own = { prefix = "DE-SIM", columns = ["Nummer"] }
side = { column = "Richtung", words = { Ausfuhr = "origin", Einfuhr = "destination", Inland = "domestic" } }

[common]
origin = { country = "Von Land", region = "Von Region" }
destination = { country = "Nach Land", region = "Nach Region" }
codes = { low = "AVV", basel = "Basel" }
operation = "Verfahren"
contributor = { scheme = "DE-SIM-SITE", column = "Standort" }

[[statement]]
stage = "announced"
date = "Geplant"
quantity = { column = "Geplante Menge", unit = { column = "Einheit", words = { t = "TNE", kg = "KGM", m3 = "MTQ" } }, basis = { value = "estimated" } }

[[statement]]
stage = "dispatched"
date = "Abgang"
quantity = { column = "Abgangsmenge", unit = { column = "Einheit", words = { t = "TNE", kg = "KGM", m3 = "MTQ" } }, basis = { column = "Ermittelt", words = { gewogen = "weighed", "geschätzt" = "estimated" } } }

[[statement]]
stage = "received"
when = { column = "Status", is = ["angenommen"] }
date = "Ankunft"
quantity = { column = "Eingangsmenge", unit = { value = "TNE" }, basis = { value = "weighed" } }

[[statement]]
stage = "refused"
when = { column = "Status", is = ["abgelehnt"] }
date = "Ankunft"
quantity = { column = "Eingangsmenge", unit = { value = "TNE" }, basis = { value = "weighed" } }
"""  # noqa: E501  # a mapping has one line for each key
_COLUMNS = (
    "Nummer",
    "Version",
    "Stand",
    "Status",
    "Notifizierung",
    "Lfd. Nr.",
    "Anhang VII",
    "Richtung",
    "Von Land",
    "Von Region",
    "Nach Land",
    "Nach Region",
    "AVV",
    "Basel",
    "Verfahren",
    "Standort",
    "Geplant",
    "Geplante Menge",
    "Abgang",
    "Abgangsmenge",
    "Ermittelt",
    "Ankunft",
    "Eingangsmenge",
    "Einheit",
)
FORM = Form("csv", head=";".join(_COLUMNS) + "\n")
_UNITS = {"t": (exact.TONNE_G, 3), "kg": (exact.KILOGRAM_G, 0), "m3": (exact.TONNE_G, 2)}
_UNIT_WEIGHTS = (75, 15, 10)
_DECIMALS = 2
_PLANNED, _UNDER_WAY, _CANCELLED = "geplant", "unterwegs", "storniert"
_WEIGHED_SHARE = 0.4

Cells = dict[str, str]


class _Entry(NamedTuple):
    """One row in its final version.

    Attributes:
        sent: In the unit of the row.
        arrived: In tonnes.
    """

    movement: Movement
    waste: Waste
    operation: str
    unit: str
    planned: Decimal
    sent: Decimal
    arrived: Decimal
    is_weighed: bool

    @property
    def number(self) -> str:
        """Return the number of the row."""
        return f"SIM-{self.movement.number}"

    @property
    def end(self) -> str:
        """Return the status of a movement that has ended."""
        return "abgelehnt" if self.movement.fate is Fate.REFUSED else "angenommen"


class Table:
    """The register of an authority that has no adapter of its own."""

    name = "table"
    agency = "DE-ZKS"

    def report(self, movement: Movement, dice: Random) -> Report:
        """Return the versions of one row, and what stands of it."""
        return _REPORTS[course(dice)](_entry(movement, dice), dice)


def _entry(movement: Movement, dice: Random) -> _Entry:
    load, unit = movement.loads[0], dice.choices(tuple(_UNITS), _UNIT_WEIGHTS)[0]
    unit_g, decimals = _UNITS[unit]
    green = is_green(movement)
    return _Entry(
        movement,
        load.of(GREEN if green else EVERYDAY),
        dice.choice(operations.RECOVERY if green else operations.USUAL),
        unit,
        exact.stated(load.sent_g * dice.randrange(90, 111) // 100, unit_g, decimals),
        exact.stated(load.sent_g, unit_g, decimals),
        exact.stated(load.arrived_g, exact.TONNE_G, _DECIMALS),
        is_weighed=dice.random() < _WEIGHED_SHARE,
    )


def _plain(entry: _Entry, _: Random, wave: Wave = Wave.FIRST) -> Report:
    return Report((_row(entry, entry.end, 3, wave),), _ended(entry, 3))


def _in_stages(entry: _Entry, _: Random) -> Report:
    states = ((_PLANNED, Wave.FIRST), (_UNDER_WAY, Wave.FIRST), (entry.end, Wave.CORRECTIONS))
    rows = tuple(_row(entry, status, version, wave) for version, (status, wave) in enumerate(states, 1))
    return Report(rows, _ended(entry, 3))


def _corrected(entry: _Entry, dice: Random) -> Report:
    guessed = entry._replace(sent=_estimate(entry, dice), is_weighed=False)
    rows = (_row(guessed, _UNDER_WAY, 2, Wave.FIRST), _row(entry, entry.end, 4, Wave.CORRECTIONS))
    return Report(rows, _ended(entry, 4))


def _overtaken(entry: _Entry, dice: Random) -> Report:
    """The last version comes first; those before it add nothing."""
    guessed = entry._replace(sent=_estimate(entry, dice), is_weighed=False)
    rows = (_row(entry, entry.end, 4, Wave.FIRST), _row(guessed, _UNDER_WAY, 2, Wave.LATE))
    return Report(rows, _ended(entry, 4))


def _without_receipt(entry: _Entry, _: Random) -> Report:
    return Report((_row(entry, _UNDER_WAY, 2, Wave.FIRST),), _left(entry, 2))


def _cancelled(entry: _Entry, _: Random) -> Report:
    rows = (_row(entry, _PLANNED, 1, Wave.FIRST), _row(entry, _CANCELLED, 2, Wave.CORRECTIONS))
    return Report(rows)


def _faulty(entry: _Entry, dice: Random) -> Report:
    fault = dice.choice(tuple(_WRONG))
    column, wrong = _WRONG[fault]
    body = _text(_cells(entry, entry.end, 3) | {column: wrong})
    return Report((Document(Wave.FIRST, body, fault),))


def _repaired(entry: _Entry, dice: Random) -> Report:
    repaired = _row(entry, entry.end, 3, Wave.CORRECTIONS)
    return Report((*_faulty(entry, dice).documents, repaired), _ended(entry, 3))


_REPORTS = by_course(
    _plain, _in_stages, _corrected, _overtaken, _without_receipt, _cancelled, _faulty, _repaired
)
_WRONG = {
    "table.document.missing": ("Nummer", ""),
    "table.revision.form": ("Version", "zwei"),
    "table.recorded_at.form": ("Stand", "gestern"),
    "table.date.form": ("Abgang", "31.02.2025"),
    "table.number.form": ("Abgangsmenge", "zwölf"),
    "table.unit.unknown": ("Einheit", "Fuhre"),
    "table.country.unknown": ("Von Land", "Nirgendwo"),
    "table.side.unknown": ("Richtung", "quer"),
    "table.basis.unknown": ("Ermittelt", "geraten"),
}


def _estimate(entry: _Entry, dice: Random) -> Decimal:
    unit_g, decimals = _UNITS[entry.unit]
    return exact.stated(entry.movement.loads[0].sent_g * dice.randrange(85, 116) // 100, unit_g, decimals)


def _left(entry: _Entry, version: int) -> tuple[Claim, ...]:
    unit_g, _ = _UNITS[entry.unit]
    is_known = entry.unit != "m3"
    masses = (("ANNOUNCED", entry.planned, ESTIMATED), ("DISPATCHED", entry.sent, _basis(entry)))
    return tuple(
        _claim(entry, stage, version, exact.grams(stated, unit_g) if is_known else None)._replace(
            basis=basis if is_known else UNKNOWN
        )
        for stage, stated, basis in masses
    )


def _basis(entry: _Entry) -> str:
    return WEIGHED if entry.is_weighed else ESTIMATED


def _ended(entry: _Entry, version: int) -> tuple[Claim, ...]:
    stage = "REFUSED" if entry.movement.fate is Fate.REFUSED else "RECEIVED"
    return (*_left(entry, version), _claim(entry, stage, version, exact.grams(entry.arrived, exact.TONNE_G)))


def _claim(entry: _Entry, stage: str, version: int, mass_g: int | None) -> Claim:
    movement = entry.movement
    is_at_end = stage in {"RECEIVED", "REFUSED"}
    on = (
        movement.destination.day(movement.arrived_at)
        if is_at_end
        else movement.origin.day(movement.dispatched_at)
    )
    direction = _direction(movement)
    is_there = direction == "Einfuhr" or (direction == "Inland" and is_at_end)
    shown = movement.destination if is_there else movement.origin
    return Claim(
        Table.agency,
        Table.name,
        f"DE-SIM:{entry.number}" if direction == "Inland" else reference(movement),
        0,
        stage,
        0,
        {"Ausfuhr": "EXPORT", "Einfuhr": "IMPORT", "Inland": "DOMESTIC"}[direction],
        shown.part.shown,
        (movement.destination if direction == "Ausfuhr" else movement.origin).country,
        is_abroad=direction != "Inland",
        material=entry.waste.material,
        low=entry.waste.low,
        operation=operations.class_of(entry.operation, on),
        on=on,
        mass_g=mass_g,
        basis=WEIGHED,
        recorded_at=_changed_at(movement, version),
        company=movement.destination.id,
    )


def _direction(movement: Movement) -> str:
    if movement.origin.country != "DE":
        return "Einfuhr"
    return "Inland" if movement.destination.country == "DE" else "Ausfuhr"


def _changed_at(movement: Movement, version: int) -> datetime:
    """Return when a version was written, to the minute."""
    return movement.arrived_at.replace(second=0) + timedelta(hours=version)


def _row(entry: _Entry, status: str, version: int, wave: Wave) -> Document:
    return Document(wave, _text(_cells(entry, status, version)))


def _text(cells: Cells) -> str:
    return ";".join(cells.get(column, "") for column in _COLUMNS)


def _cells(entry: _Entry, status: str, version: int) -> Cells:
    movement, has_ended = entry.movement, status == entry.end
    left, arrived = (
        movement.origin.day(movement.dispatched_at),
        movement.destination.day(movement.arrived_at),
    )
    cells = {
        "Nummer": entry.number,
        "Version": str(version),
        "Stand": f"{_changed_at(movement, version):%d.%m.%Y %H:%M}",
        "Status": status,
        "Richtung": _direction(movement),
        "Von Land": movement.origin.country,
        "Von Region": movement.origin.part.code or "",
        "Nach Land": movement.destination.country,
        "Nach Region": movement.destination.part.code or "",
        "AVV": entry.waste.starred,
        "Basel": entry.waste.basel or "",
        "Verfahren": entry.operation,
        "Standort": f"DE-{movement.destination.number}",
        "Geplant": f"{left:%d.%m.%Y}",
        "Geplante Menge": _figure(entry.planned),
        "Einheit": entry.unit,
    }
    if status != _PLANNED:
        basis = "gewogen" if entry.is_weighed else "geschätzt"
        cells |= {"Abgang": f"{left:%d.%m.%Y}", "Abgangsmenge": _figure(entry.sent), "Ermittelt": basis}
    if has_ended:
        cells |= {"Ankunft": f"{arrived:%d.%m.%Y}", "Eingangsmenge": _figure(entry.arrived)}
    return cells | _numbers(movement)


def _numbers(movement: Movement) -> Cells:
    if _direction(movement) == "Inland":
        return {}
    if is_green(movement):
        return {"Anhang VII": annex_vii(movement)}
    shipment = notified(movement)
    return {"Notifizierung": shipment.spaced, "Lfd. Nr.": str(shipment.serial)}


def _figure(value: Decimal) -> str:
    return str(value).replace(".", ",")
