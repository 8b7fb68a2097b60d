"""The same twelve loads as CSV, workbook, Parquet file and rows of a query, and what an adapter reads."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Column, Date, DateTime, MetaData, Numeric, Text, create_engine
from sqlalchemy import Table as DatabaseTable

from producers.adapters.table import Table
from producers.pipeline import Outcome, Pipeline
from producers.positions import Positions
from producers.statement import Identity, Reading, Statement
from schemas.identity import DEMONSTRATION_KEYS
from tests.support.samples import ROOT
from tests.support.workbook import workbook

DOCUMENTS = ROOT / "tests" / "documents" / "table"
EXAMPLE = ROOT / "producers" / "adapters" / "table" / "example.toml"
NUMBERS = ("Serial", "Announced", "Net weight")
DAYS = ("Date announced", "Date received")
_COLUMN_TYPES: dict[str, Any] = {
    "Changed": DateTime,
    "Serial": Numeric(6, 0),
    "Announced": Numeric(12, 3),
    "Net weight": Numeric(12, 3),
} | dict.fromkeys(DAYS, Date)

Row = dict[str, Any]


def texts() -> list[Row]:
    """Return the loads as they stand in the CSV file."""
    with (DOCUMENTS / "loads.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def typed() -> list[Row]:
    """Return the loads with numbers and dates as such; None for an empty cell."""
    return [{name: _typed(name, text) for name, text in row.items()} for row in texts()]


def as_csv(rows: list[Row]) -> bytes:
    """Return rows as spreadsheets of many agencies write them."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode("utf-8-sig")


def as_xlsx(rows: list[Row]) -> bytes:
    """Return rows as a workbook."""
    return workbook([list(rows[0]), *(list(row.values()) for row in rows)])


def as_parquet(rows: list[Row]) -> bytes:
    """Return rows as a Parquet file of two row groups."""
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), file, row_group_size=max(1, len(rows) // 2))
    return file.getvalue()


def as_json(rows: list[Row]) -> bytes:
    """Return rows as the result of a query: numbers as numbers, dates as text."""
    loads = [{name: row[name] if name not in NUMBERS else _number(row[name]) for name in row} for row in rows]
    return json.dumps(loads).encode()


FORMATS: dict[str, Callable[[], bytes]] = {
    "csv": (DOCUMENTS / "loads.csv").read_bytes,
    "xlsx": lambda: as_xlsx(typed()),
    "parquet": lambda: as_parquet(typed()),
    "json": lambda: as_json(texts()),
}


def stored(url: str) -> None:
    """Create the table `loads` in a database, with numbers and dates as such, and put the loads into it."""
    engine = create_engine(url)
    columns = (Column(name, _COLUMN_TYPES.get(name, Text)) for name in texts()[0])
    made = DatabaseTable("loads", MetaData(), *columns)
    with engine.begin() as connection:
        made.create(connection)
        connection.execute(made.insert(), typed())
    engine.dispose()


def of_a_query(tmp_path: Path) -> Table:
    """Return the adapter with the example's mapping for dates as databases write them."""
    changed = '{ column = "Changed", format = "dd/mm/yyyy hh:mm" }'
    return table(tmp_path, ('"dd/mm/yyyy"', '"iso"'), (changed, '"Changed"'))


def table(tmp_path: Path, *changes: tuple[str, str], mapping: Path = EXAMPLE) -> Table:
    """Return the adapter with a mapping in which some texts are replaced."""
    text = mapping.read_text("utf-8")
    for old, new in changes:
        assert old in text, f"the mapping has no {old}"
        text = text.replace(old, new)
    file = tmp_path / "mapping.toml"
    file.write_text(text, "utf-8")
    return Table({"mapping": str(file)})


def read(adapter: Table, data: bytes) -> list[Reading]:
    """Return the readings of a file."""
    return list(adapter.read(io.BytesIO(data)))


def pipeline(adapter: Table, positions: Positions | None = None) -> Pipeline:
    """Return the pipeline of the agency of the mapping."""
    known = Positions("test") if positions is None else positions
    return Pipeline(adapter, adapter.default_agency, DEMONSTRATION_KEYS, known)


def stated_in_csv() -> dict[Identity, tuple[Statement, ...]]:
    """Return what each load states in the CSV file under the example's mapping."""
    return by_document(read(Table({"mapping": str(EXAMPLE)}), FORMATS["csv"]()))


def by_document(readings: list[Reading]) -> dict[Identity, tuple[Statement, ...]]:
    """Return what each version of a document states; none has a finding."""
    assert [] == [finding for reading in readings for finding in reading.findings]
    return {reading.identity: reading.statements for reading in readings if reading.identity}


def outcomes(adapter: Table, data: bytes) -> list[Outcome]:
    """Return what becomes of the rows of a file."""
    return list(pipeline(adapter).outcomes(io.BytesIO(data), "file"))


def _typed(name: str, text: str) -> object:
    if not text:
        return None
    if name in DAYS:
        return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007  # a day has no zone
    if name == "Changed":
        return datetime.strptime(text, "%d/%m/%Y %H:%M")  # noqa: DTZ007  # the mapping says the zone
    return Decimal(text.replace(",", ".")) if name in NUMBERS else text


def _number(text: str) -> float | None:
    return (float(text.replace(",", ".")) if "," in text else int(text)) if text else None
