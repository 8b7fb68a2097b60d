"""DEFRA's report for one period, from the rows of a log and what the adapter reads in them.

Every tonnage and date comes from statements; names and addresses, which never travel,
from the native rows. The register of overseas sites is input, as it is for DEFRA.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from producers.statement import Reading, Statement
from schemas.movement import Side, Stage

_CENT = Decimal("0.01")
_MONTHS = {"monthly": 1, "quarterly": 3}


class Site(NamedTuple):
    """An overseas site as DEFRA's register has it."""

    name: str
    country: str
    approved_from: date


class Load(NamedTuple):
    """One statement beside the native cells of its row, and all statements of that row."""

    statement: Statement
    cells: dict[str, Any]
    row: tuple[Statement, ...]

    @property
    def tonnes(self) -> Decimal:
        """Return the stated tonnes rounded as DEFRA rounds each load."""
        stated = self.statement.quantity
        return Decimal() if stated is None else stated.value.quantize(_CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Report:
    """One period of one log."""

    envelope: dict[str, Any]
    readings: list[Reading]
    cadence: str
    year: int
    period: int
    sites: dict[str, Site]

    def as_dict(self) -> dict[str, Any]:
        """Return the report in DEFRA's own shape."""
        report = {
            "operatorCategory": self._category(),
            "cadence": self.cadence,
            "year": self.year,
            "period": self.period,
            "startDate": self._days()[0].isoformat(),
            "endDate": self._days()[1].isoformat(),
            "source": self._source(),
            "recyclingActivity": self._recycling(),
            "wasteSent": self._sent(),
            "diagnostics": {"wasteReceivedRecordsExcluded": self._excluded()},
        }
        return report | ({"exportActivity": self._export()} if "EXPORTER" in self._category() else {})

    def _category(self) -> str:
        processing = self.envelope["rows"][0]["data"]["processingType"]
        return str(processing).removesuffix("_INPUT").removesuffix("_OUTPUT")

    def _days(self) -> tuple[date, date]:
        last = self.period * _MONTHS[self.cadence]
        first = last - _MONTHS[self.cadence] + 1
        return date(self.year, first, 1), date(self.year, last, monthrange(self.year, last)[1])

    def _source(self) -> dict[str, str]:
        identity = self.readings[0].identity
        assert identity is not None
        assert identity.recorded_at is not None
        uploaded_at = identity.recorded_at.astimezone(UTC).replace(tzinfo=None)
        return {
            "lastUploadedAt": f"{uploaded_at.isoformat(timespec='milliseconds')}Z",
            "summaryLogId": self.envelope["summaryLogId"],
        }

    def _is_in_period(self, day: date) -> bool:
        first, last = self._days()
        return first <= day <= last

    def _loads(self, stage: Stage, side: Side) -> list[Load]:
        return [
            Load(statement, native["data"], reading.statements)
            for reading, native in zip(self.readings, self.envelope["rows"], strict=True)
            for statement in reading.statements
            if (statement.stage, statement.side) == (stage, side) and self._is_in_period(statement.when.on)
        ]

    def _recycling(self) -> dict[str, Any]:
        loads = [load for load in self._loads(Stage.RECEIVED, Side.DOMESTIC) if _is_stated(load)]
        return {
            "suppliers": _grouped(loads, _supplier, "tonnageReceived"),
            "totalTonnageReceived": _total(loads),
            "tonnageRecycled": None,
            "tonnageNotRecycled": None,
        }

    def _export(self) -> dict[str, Any]:
        exported = self._loads(Stage.DISPATCHED, Side.ORIGIN)
        refused = self._loads(Stage.REFUSED, Side.ORIGIN)
        stopped = self._loads(Stage.STOPPED, Side.ORIGIN)
        either = {load.statement.movement_reference: load for load in (*refused, *stopped)}
        known = [load for load in exported if _site_number(load) in self.sites]
        unknown = [load for load in exported if _site_number(load) not in {*self.sites, None}]
        is_registered_only = self._category() == "EXPORTER_REGISTERED_ONLY"
        return {
            "overseasSites": _grouped(known, self._site, "tonnageExported"),
            "unapprovedOverseasSites": _grouped(
                unknown, lambda load: {"orsId": _site_number(load)}, "tonnageExported"
            ),
            "totalTonnageExported": _total(exported),
            "tonnageReceivedNotExported": None if is_registered_only else _total(self._not_exported()),
            "tonnageRefusedAtDestination": _total(refused),
            "tonnageStoppedDuringExport": _total(stopped),
            "totalTonnageRefusedOrStopped": _total(either.values()),
            "tonnageRepatriated": _total(self._loads(Stage.REPATRIATED, Side.ORIGIN)),
        }

    def _not_exported(self) -> list[Load]:
        return [
            load
            for load in self._loads(Stage.RECEIVED, Side.DOMESTIC)
            if not any(
                other.stage is Stage.DISPATCHED and self._is_in_period(other.when.on) for other in load.row
            )
        ]

    def _site(self, load: Load) -> dict[str, Any]:
        number = _site_number(load)
        assert number is not None
        site = self.sites[number]
        is_accredited = self._category() == "EXPORTER"
        return {
            "orsId": number,
            "siteName": site.name,
            "country": site.country,
            "approved": is_accredited and site.approved_from <= load.statement.when.on,
        }

    def _sent(self) -> dict[str, Any]:
        loads = [load for load in self._loads(Stage.DISPATCHED, Side.DOMESTIC) if _is_stated(load)]

        def sent_to(kind: str) -> Decimal:
            return _total(load for load in loads if load.statement.native_operation_code == kind)

        return {
            "tonnageSentToReprocessor": sent_to("REPROCESSOR"),
            "tonnageSentToExporter": sent_to("EXPORTER"),
            "tonnageSentToAnotherSite": sent_to("OTHER"),
            "finalDestinations": _grouped(loads, _destination, "tonnageSentOn"),
        }

    def _excluded(self) -> int:
        return sum(
            native["wasteRecordType"] == "received"
            and any(finding.rule == "uk.date.missing" for finding in reading.findings)
            for reading, native in zip(self.readings, self.envelope["rows"], strict=True)
        )


def _is_stated(load: Load) -> bool:
    return load.statement.quantity is not None and load.statement.quantity.value != 0


def _total(loads: Iterable[Load]) -> Decimal:
    return sum((load.tonnes for load in loads), Decimal())


def _grouped(
    loads: Iterable[Load], describe: Callable[[Load], dict[str, Any]], name: str
) -> list[dict[str, Any]]:
    totals: dict[tuple[tuple[str, Any], ...], Decimal] = {}
    for load in loads:
        key = tuple(describe(load).items())
        totals[key] = totals.get(key, Decimal()) + load.tonnes
    return [dict(key) | {name: total} for key, total in totals.items()]


def _supplier(load: Load) -> dict[str, Any]:
    cells = load.cells
    return {
        "supplierName": cells.get("SUPPLIER_NAME"),
        "facilityType": cells.get("ACTIVITIES_CARRIED_OUT_BY_SUPPLIER"),
        "supplierAddress": _address(cells.get("SUPPLIER_ADDRESS"), cells.get("SUPPLIER_POSTCODE")),
        "supplierPhone": cells.get("SUPPLIER_PHONE_NUMBER"),
        "supplierEmail": cells.get("SUPPLIER_EMAIL"),
    }


def _destination(load: Load) -> dict[str, Any]:
    cells = load.cells
    return {
        "recipientName": cells.get("FINAL_DESTINATION_NAME"),
        "facilityType": cells.get("FINAL_DESTINATION_FACILITY_TYPE"),
        "address": _address(cells.get("FINAL_DESTINATION_ADDRESS"), cells.get("FINAL_DESTINATION_POSTCODE")),
    }


def _site_number(load: Load) -> str | None:
    number = load.cells.get("OSR_ID")
    return None if number is None else str(number).zfill(3)


def _address(*parts: str | None) -> str | None:
    return ", ".join(part for part in parts if part) or None
