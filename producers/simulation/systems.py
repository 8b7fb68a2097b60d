"""The systems there are, each with how its documents are delivered and what its adapter is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
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
from producers.simulation.deliveries import Batches, Inbox
from producers.simulation.eu_movement import EuMovement
from producers.simulation.fr_registry import FrRegistry
from producers.simulation.it_rentri import ItRentri
from producers.simulation.logs import Logs
from producers.simulation.reports import Form, Report, System, Wave
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
        inbox: Where its documents are.
        values: Settings of its adapter.
    """

    system: System
    deliverer: Deliverer
    inbox: Inbox
    values: Mapping[str, str]


def _us_emanifest(inbox: Inbox) -> Reporter:
    return _in_batches(UsEmanifest(), us_emanifest.FORM, inbox)


def _uk_receipt(inbox: Inbox) -> Reporter:
    return _in_batches(UkReceipt(), uk_receipt.FORM, inbox)


def _it_rentri(inbox: Inbox) -> Reporter:
    return _in_batches(ItRentri(), it_rentri.FORM, inbox)


def _fr_registry(inbox: Inbox) -> Reporter:
    # Lines have no version of their own: one that comes again counts as the newest.
    batches = Batches(inbox, fr_registry.FORMS, is_repeatable=False)
    return Reporter(FrRegistry(_recorded_at(inbox)), batches, inbox, {})


def _eu_movement(inbox: Inbox) -> Reporter:
    return _in_batches(EuMovement("BE-OVAM", "BE"), waste_movements.FORM, inbox)


def _eu_movement_fr(inbox: Inbox) -> Reporter:
    reporter = _in_batches(EuMovement("FR-DGPR", "FR"), waste_movements.FORM, inbox)
    return reporter._replace(values={"country": "FR", "zone": "Europe/Paris"})


def _table(inbox: Inbox) -> Reporter:
    # Not among the documents: an adapter reads everything in their folder.
    mapping = inbox.folder.parents[1] / "table.toml"
    mapping.write_text(table.MAPPING, "utf-8")
    return _in_batches(Table(), table.FORM, inbox)._replace(values={"mapping": mapping.name})


def _uk_annex_vii(inbox: Inbox) -> Reporter:
    # Of two actual rows the last one that is delivered counts.
    batches = Batches(inbox, {"": uk_annex_vii.FORM}, is_repeatable=False)
    return Reporter(UkAnnexVii(_recorded_at(inbox)), batches, inbox, {"account": uk_annex_vii.ACCOUNT})


def _in_batches(system: System, form: Form, inbox: Inbox) -> Reporter:
    return Reporter(system, Batches(inbox, {"": form}), inbox, {})


def _uk_packaging(inbox: Inbox) -> Reporter:
    rows = min(inbox.documents_max, uk_packaging.ROWS_PER_LOG_MAX)
    logs = Logs(inbox, rows, uk_packaging.envelope)
    return Reporter(UkPackaging(_recorded_at(inbox), rows), logs, inbox, {})


def _recorded_at(inbox: Inbox) -> datetime:
    """Return the instant that stands for those of all deliveries."""
    return inbox.schedule.morning(Wave.FIRST)


_MAKERS: Mapping[str, Callable[[Inbox], Reporter]] = {
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


def reporter(name: str, inbox: Inbox) -> Reporter:
    """Return a system that writes its documents into an inbox."""
    return _MAKERS[name](inbox)
