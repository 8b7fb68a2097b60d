"""The systems there are, each with how its documents are delivered and what its adapter is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from producers.simulation import it_rentri, uk_packaging, uk_receipt, us_emanifest
from producers.simulation.deliveries import Batches, Inbox, Tally
from producers.simulation.it_rentri import ItRentri
from producers.simulation.logs import Logs
from producers.simulation.reports import Form, Report, System, Wave
from producers.simulation.schedule import Schedule
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


def _in_batches(system: System, form: Form, folder: Path, schedule: Schedule) -> Reporter:
    tally = Tally()
    return Reporter(system, Batches(Inbox(folder, schedule, tally), {"": form}), folder, tally, {})


def _uk_packaging(folder: Path, schedule: Schedule) -> Reporter:
    tally = Tally()
    logs = Logs(Inbox(folder, schedule, tally), uk_packaging.ROWS_PER_LOG, uk_packaging.envelope)
    return Reporter(UkPackaging(schedule.morning(Wave.FIRST)), logs, folder, tally, {})


_MAKERS: Mapping[str, Callable[[Path, Schedule], Reporter]] = {
    "it-rentri": _it_rentri,
    "uk-packaging": _uk_packaging,
    "uk-receipt": _uk_receipt,
    "us-emanifest": _us_emanifest,
}
NAMES = tuple(_MAKERS)


def reporter(name: str, folder: Path, schedule: Schedule) -> Reporter:
    """Return a system that writes its documents below a folder."""
    return _MAKERS[name](folder, schedule)
