"""Growth: what a hub costs as its file grows, and as its rows fall into more cells.

    python -m tests.benchmarks.growth [ROWS] [--cells ROWS] [--json]

A topic grows to a hundredth of the rows, a tenth, and all. At each size a new hub rebuilds its file
from the topic and is asked for all contributions, which are kept. It is started again when some more
events have arrived, and asked what those changed: with that, contributions of the touched cells must be
those of now. Then, for a number of rows that stays, the number of cells rises. Each hub runs in a process
of its own.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from consumers.hub.offline import answered
from deploy.exchange.exchange import Exchange, running_exchange
from schemas.settings import HubSettings, KafkaSettings
from tests.benchmarks import engines, report
from tests.benchmarks.movements import Movements
from tests.support import hub as support

# The figures that are wanted of the largest size of 10^7 rows.
COMMIT_SECONDS_MAX, COMMIT_SECONDS_GOAL = 10.0, 3.0
REBUILT_MIN, REBUILT_GOAL = 150_000, 250_000
RESIDENT_MEGABYTES_MAX, RESIDENT_MEGABYTES_GOAL = 2_000, 1_000
TOUCHED_SECONDS_GOAL = 1.0
# What arrives while a hub is stopped, and is new when it is asked what changed.
_NEW_EVENTS = 1_000
# Twice as many in the smallest of the sizes.
_ROWS_MIN, _ROWS_OF_CELLS_MIN = 200 * _NEW_EVENTS, 2 * _NEW_EVENTS
_CELLS = (10, 100, 1_000, 10_000)
_CELL_COLUMNS = 7
_ALL = "SELECT *, as_of() FROM contributions"
_ANSWER_ROWS_MAX = 1_000_000

Row = dict[str, str | float | int]
Figures = dict[str, float]
Answer = list[list[Any]]


def run(rows: int, rows_of_cells: int) -> report.Report:
    """Measure everything once."""
    with tempfile.TemporaryDirectory() as name, running_exchange(Path(name) / "exchange") as exchange:
        found = [*_by_rows(exchange, rows, Path(name)), *_by_cells(exchange, rows_of_cells, Path(name))]
    largest = found[2]
    return report.Report(
        "A hub as its work grows",
        found,
        dict(_targets(largest)),
        (
            "rebuild s, restart s: wall time, the start of Python included; restarts to the first commit.",
            "us/event: of the rebuilding hub. MB: its largest resident size, the question at its end too.",
            "all s: processor time of all contributions. touched s: of what the newest",
            f"{_NEW_EVENTS:,} events changed, with which those that were kept are those of now.",
        ),
    )


def _by_rows(exchange: Exchange, rows: int, folder: Path) -> Iterator[Row]:
    with closing(Movements(exchange)) as movements:
        for size in (rows // 100, rows // 10, rows):
            yield _measured(movements, size, folder / f"rows-{size}.duckdb", f"{size:,} rows")


def _by_cells(exchange: Exchange, rows: int, folder: Path) -> Iterator[Row]:
    for cells in _CELLS:
        file = folder / f"cells-{cells}.duckdb"
        with closing(Movements(exchange, cells)) as movements:
            yield _measured(movements, rows, file, f"{rows:,} rows, {cells:,} kinds")


def _measured(movements: Movements, rows: int, file: Path, name: str) -> Row:
    report.say(name)
    movements.grow(rows - _NEW_EVENTS)
    kafka = movements.ledger.kafka
    rebuilt, kept = report.apart(_taken, kafka, file, time.monotonic(), _ALL)
    movements.grow(rows)
    restarted, changes = report.apart(_taken, kafka, file, time.monotonic(), _changes_since(kept))
    now = _asked(file, _ALL)
    if _figures(kept) + _figures(changes) != _figures(now):
        raise SystemExit(f"{name}: what changed does not lead to the contributions of now")
    file.unlink()
    return {
        "": name,
        "us/event": rebuilt["used"] / (rows - _NEW_EVENTS) * 1e6,
        "rebuild s": rebuilt["wall"],
        "events/s": round((rows - _NEW_EVENTS) / rebuilt["wall"]),
        "MB": round(rebuilt["peak"]),
        "restart s": restarted["first"],
        "restart MB": round(restarted["resident"]),
        "cells": len({tuple(row[:_CELL_COLUMNS]) for row in now}),
        "all s": rebuilt["asked"],
        "touched s": restarted["asked"],
    }


def _targets(row: Row) -> Iterator[tuple[str, bool]]:
    restart, rebuilt, touched = float(row["restart s"]), int(row["events/s"]), float(row["touched s"])
    resident = max(int(row["MB"]), int(row["restart MB"]))
    name = f"{row['']}: "
    wanted = f"{COMMIT_SECONDS_MAX:g} s, better {COMMIT_SECONDS_GOAL:g}"
    yield f"{name}first commit after {wanted} ({restart:.1f})", restart <= COMMIT_SECONDS_MAX
    wanted = f"{REBUILT_MIN:,} events/s, better {REBUILT_GOAL:,}"
    yield f"{name}rebuilt by {wanted} ({rebuilt:,})", rebuilt >= REBUILT_MIN
    wanted = f"{RESIDENT_MEGABYTES_MAX:,} MB, better {RESIDENT_MEGABYTES_GOAL:,}"
    yield f"{name}resident at most {wanted} ({resident:,})", resident <= RESIDENT_MEGABYTES_MAX
    wanted = f"{TOUCHED_SECONDS_GOAL:g} s"
    yield f"{name}contributions of touched cells in {wanted} ({touched:.1f})", touched <= TOUCHED_SECONDS_GOAL


def _taken(kafka: KafkaSettings, file: Path, started: float, query: str) -> tuple[Figures, Answer]:
    """Let a hub take what there is, tell when its first batch was committed, and ask it."""
    committed: list[float] = []

    def on_step(name: str) -> None:
        if name == "committed" and not committed:
            committed.append(time.monotonic() - started)

    used = report.used_seconds()
    hub = support.LedgerTopic(kafka, {}).hub(file, on_step=on_step, batch_seconds=1.0)
    hub.open()
    hub.run(until_end=True)
    wall, taken = time.monotonic() - started, report.used_seconds()
    resident = _peak_megabytes()
    answer = _asked(file, query)
    asked = report.used_seconds() - taken
    hub.close()
    return {
        "first": committed[0],
        "wall": wall,
        "used": taken - used,
        "resident": resident,
        "asked": asked,
        "peak": _peak_megabytes(),
    }, answer


def _peak_megabytes() -> float:
    return engines.peak_bytes(os.getpid()) / 1e6


def _asked(file: Path, query: str) -> Answer:
    """Ask a hub as `weighbridge hub sql` does."""
    limit = HubSettings().memory_limit
    answer: Answer = answered(file, limit, "sql", query=query, rows_max=_ANSWER_ROWS_MAX)["rows"]
    return answer


def _changes_since(kept: Answer) -> str:
    as_of = ", ".join(f"{partition}: {offset}" for partition, offset in kept[0][-1].items())
    return f"SELECT *, as_of() FROM changes_since(MAP {{{as_of}}})"  # noqa: S608  # numbers of our own


def _figures(rows: Answer) -> Counter[tuple[Any, ...]]:
    """Return mass and statements by cell, group and which of them it is."""
    found = Counter[tuple[Any, ...]]()
    for *cell, mass_g, statements, _, _ in rows:
        found[*cell, "g"], found[*cell, "statements"] = mass_g, statements
    return found


def _at_least(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{least:,} at least")
        return int(text)

    return number


def main() -> int:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.growth")
    parser.add_argument("rows", nargs="?", type=_at_least(_ROWS_MIN), default=10_000_000)
    parser.add_argument(
        "--cells",
        type=_at_least(_ROWS_OF_CELLS_MIN),
        default=500_000,
        help="rows while the number of cells rises",
    )
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    return run(chosen.rows, chosen.cells).show(as_json=chosen.json)


if __name__ == "__main__":
    raise SystemExit(main())
