"""The systems there are, each with how its documents are delivered and what its adapter is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from producers.simulation import (
    fr_registry,
    it_rentri,
    table,
    uk_annex_vii,
    uk_packaging,
    uk_receipt,
    us_emanifest,
    waste_movements,
)
from producers.simulation.deliveries import Batches, Inbox, Tally
from producers.simulation.eu_movement import EuMovement
from producers.simulation.fr_registry import FrRegistry
from producers.simulation.it_rentri import ItRentri
from producers.simulation.logs import Logs
from producers.simulation.reports import Form, Report, System, Wave
from producers.simulation.schedule import Schedule
from producers.simulation.table import Table
from producers.simulation.uk_annex_vii import UkAnnexVii
from producers.simulation.uk_packaging import UkPackaging
from producers.simulation.uk_receipt import UkReceipt
from producers.simulation.us_emanifest import UsEmanifest


class Deliverer(Protocol):
    """What puts the documents of a system on disk."""

    def deliver(self, report: Report) -> None:
        """Take what the system is told of a movement."""

    def close(self) -> None:
        """Complete what is open."""


class Reporter(NamedTuple):
    """One source of one agency.

    Attributes:
        folder: Where its documents are.
        values: Settings of its adapter.
    """

    system: System
    deliverer: Deliverer
    folder: Path
    tally: Tally
    values: Mapping[str, str]


def _us_emanifest(folder: Path, schedule: Schedule) -> Reporter:
    return _in_batches(UsEmanifest(), us_emanifest.FORM, folder, schedule)


def _uk_receipt(folder: Path, schedule: Schedule) -> Reporter:
    return _in_batches(UkReceipt(), uk_receipt.FORM, folder, schedule)


def _it_rentri(folder: Path, schedule: Schedule) -> Reporter:
    return _in_batches(ItRentri(), it_rentri.FORM, folder, schedule)


def _fr_registry(folder: Path, schedule: Schedule) -> Reporter:
    # Lines have no version of their own: one that comes again counts as the newest.
    tally = Tally()
    batches = Batches(Inbox(folder, schedule, tally), fr_registry.FORMS, is_repeatable=False)
    return Reporter(FrRegistry(schedule.morning(Wave.FIRST)), batches, folder, tally, {})


def _eu_movement(folder: Path, schedule: Schedule) -> Reporter:
    return _in_batches(EuMovement("BE-OVAM", "BE"), waste_movements.FORM, folder, schedule)


def _eu_movement_fr(folder: Path, schedule: Schedule) -> Reporter:
    reporter = _in_batches(EuMovement("FR-DGPR", "FR"), waste_movements.FORM, folder, schedule)
    return reporter._replace(values={"country": "FR", "zone": "Europe/Paris"})


def _table(folder: Path, schedule: Schedule) -> Reporter:
    reporter = _in_batches(Table(), table.FORM, folder, schedule)
    # Not among the documents: an adapter reads everything in their folder.
    mapping = folder.parents[1] / "table.toml"
    mapping.write_text(table.MAPPING, "utf-8")
    return reporter._replace(values={"mapping": mapping.name})


def _uk_annex_vii(folder: Path, schedule: Schedule) -> Reporter:
    # Of two actual rows the last one that is delivered counts.
    tally = Tally()
    batches = Batches(Inbox(folder, schedule, tally), {"": uk_annex_vii.FORM}, is_repeatable=False)
    system = UkAnnexVii(schedule.morning(Wave.FIRST))
    return Reporter(system, batches, folder, tally, {"account": uk_annex_vii.ACCOUNT})


def _in_batches(system: System, form: Form, folder: Path, schedule: Schedule) -> Reporter:
    tally = Tally()
    return Reporter(system, Batches(Inbox(folder, schedule, tally), {"": form}), folder, tally, {})


def _uk_packaging(folder: Path, schedule: Schedule) -> Reporter:
    tally = Tally()
    logs = Logs(Inbox(folder, schedule, tally), uk_packaging.ROWS_PER_LOG, uk_packaging.envelope)
    return Reporter(UkPackaging(schedule.morning(Wave.FIRST)), logs, folder, tally, {})


_MAKERS: Mapping[str, Callable[[Path, Schedule], Reporter]] = {
    "eu-movement": _eu_movement,
    "eu-movement-fr": _eu_movement_fr,
    "fr-registry": _fr_registry,
    "it-rentri": _it_rentri,
    "table": _table,
    "uk-annex-vii": _uk_annex_vii,
    "uk-packaging": _uk_packaging,
    "uk-receipt": _uk_receipt,
    "us-emanifest": _us_emanifest,
}
NAMES = tuple(_MAKERS)


def reporter(name: str, folder: Path, schedule: Schedule) -> Reporter:
    """Return a system that writes its documents below a folder."""
    return _MAKERS[name](folder, schedule)
