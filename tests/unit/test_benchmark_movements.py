"""What engines are held to in benchmarks: the sums of the last revisions, and no others."""

from __future__ import annotations

import io
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import fastavro

from schemas import contract, framing
from tests.benchmarks import movements, plot
from tests.benchmarks.report import Report

CONTENTS, EVENTS = 40, 3_000


def decoded(record: movements.Record) -> Any:
    """Return the fields of an event."""
    body = io.BytesIO(record.value[framing.HEADER_BYTES :])
    return fastavro.schemaless_reader(body, contract.parsed("movement"), None)


def test_sums_of_the_load_are_those_of_the_last_revisions() -> None:
    """What records are said to add up to is what last revisions state, corrections and late ones too."""
    records = [*islice(movements.records(7, CONTENTS), EVENTS)]
    last: dict[bytes, Any] = {}
    late = 0
    for event in map(decoded, records):
        known = last.get(event["statement_key"])
        late += known is not None and known["revision"] > event["revision"]
        if known is None or known["revision"] < event["revision"]:
            last[event["statement_key"]] = event
    stated: Counter[str] = Counter()
    for event in last.values():
        codes = (event[name] or "" for name in movements.CELL[:-1])
        stated["|".join([*codes, f"{event['occurred_on']:%Y-%m}"])] += event["mass_g"]
    added: Counter[str] = Counter()
    for record in records:
        added[record.cell] += record.adds_g

    assert stated == added
    assert len(last) < EVENTS
    assert late


def test_a_statement_stays_in_one_partition() -> None:
    """Who keeps the last revision by partition sees all revisions of a statement."""
    partitions: dict[bytes, set[int]] = {}
    for number, record in enumerate(islice(movements.records(7, CONTENTS), EVENTS)):
        statement = decoded(record)["statement_key"]
        partitions.setdefault(statement, set()).add(number % movements.PARTITIONS)

    assert {1} == {len(found) for found in partitions.values()}


def test_a_plot_has_a_bar_for_each_row(tmp_path: Path) -> None:
    """A figure drawn is one that stands in the table, and larger ones have longer bars."""
    rows: list[dict[str, str | float | int]] = [
        {"": "ours", "us": 2.0},
        {"": "<theirs>", "us": 40.0},
        {"": "bare", "us": 0.5},
    ]
    plot.bars(Report("Cost", rows), "us", tmp_path / "cost.svg")
    drawn = ET.parse(tmp_path / "cost.svg").getroot()  # noqa: S314  # our own file
    bars = [int(bar.attrib["width"]) for bar in drawn.iter("{http://www.w3.org/2000/svg}rect")]

    ours, theirs, bare = bars

    assert 0 < bare < ours < theirs
