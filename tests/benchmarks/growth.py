"""Growth: what a hub costs as its file grows, and as its rows fall into more cells.

    python -m tests.benchmarks.growth [ROWS] [--cells ROWS] [--json]

A topic grows to a hundredth of the rows, a tenth, and all. At each size a new hub rebuilds its file
from the topic; it is started again when some more events have arrived; and it is asked for all
contributions, and for those of the cells that the newest events touch. Then, for a number of rows
that stays, the number of cells rises. Each step runs in a process of its own.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from deploy.exchange.exchange import Exchange, running_exchange
from schemas.settings import KafkaSettings
from tests.benchmarks import engines, report
from tests.benchmarks.movements import PARTITIONS, Movements
from tests.support import hub as support

# The figures that are wanted of the largest size of 10^7 rows.
COMMIT_SECONDS_MAX, COMMIT_SECONDS_GOAL = 10.0, 3.0
REBUILT_MIN, REBUILT_GOAL = 150_000, 250_000
RESIDENT_MEGABYTES_MAX, RESIDENT_MEGABYTES_GOAL = 2_000, 1_000
TOUCHED_SECONDS_GOAL = 1.0
# What arrives while a hub is stopped; and what is new when the cells are asked for that it touches.
_NEW_EVENTS = 1_000
_CELLS = (10, 100, 1_000, 10_000)
_CELL = "measure, flow, region, partner, material, operation, period"
_ALL = "SELECT count(*), sum(mass_g) FROM contributions"
_TOUCHED = f"""
    WITH touched AS (
        SELECT DISTINCT {_CELL}
        FROM facts JOIN next_offset USING (kafka_partition)
        WHERE facts.kafka_offset >= next_offset.kafka_offset - {_NEW_EVENTS // PARTITIONS}
    )
    SELECT count(*), sum(mass_g) FROM contributions SEMI JOIN touched USING ({_CELL})
"""  # noqa: S608  # texts of our own

Row = dict[str, str | float | int]
Figures = dict[str, float]


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
            "us/event: of the rebuilding hub. MB: its largest resident size.",
            "all s: processor time of all contributions. touched s: of those of the cells that are touched",
            f"by the newest {_NEW_EVENTS:,} events.",
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
    rebuilt = report.apart(_taken, kafka, file, time.monotonic())
    movements.grow(rows)
    restarted = report.apart(_taken, kafka, file, time.monotonic())
    asked = report.apart(_asked, file)
    file.unlink()
    return {
        "": name,
        "us/event": rebuilt["used"] / (rows - _NEW_EVENTS) * 1e6,
        "rebuild s": rebuilt["wall"],
        "events/s": round((rows - _NEW_EVENTS) / rebuilt["wall"]),
        "MB": round(rebuilt["peak"]),
        "restart s": restarted["first"],
        "restart MB": round(restarted["peak"]),
        "cells": int(asked["cells"]),
        "all s": asked["all"],
        "touched s": asked["touched"],
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


def _taken(kafka: KafkaSettings, file: Path, started: float) -> Figures:
    """Let a hub take what there is, and tell when its first batch was committed."""
    committed: list[float] = []

    def on_step(name: str) -> None:
        if name == "committed" and not committed:
            committed.append(time.monotonic() - started)

    used = report.used_seconds()
    hub = support.LedgerTopic(kafka, {}).hub(file, on_step=on_step, batch_seconds=1.0)
    hub.open()
    hub.run(until_end=True)
    hub.close()
    return {
        "first": committed[0],
        "wall": time.monotonic() - started,
        "used": report.used_seconds() - used,
        "peak": engines.peak_bytes(os.getpid()) / 1e6,
    }


def _asked(file: Path) -> Figures:
    """Ask for all contributions, and for those of touched cells."""
    started = report.used_seconds()
    support.read(file, _ALL)
    seconds = report.used_seconds() - started
    support.read(file, _TOUCHED)
    touched = report.used_seconds() - started - seconds
    ((cells,),) = support.read(file, f"SELECT count(*) FROM (SELECT DISTINCT {_CELL} FROM facts)")  # noqa: S608  # ours
    return {"all": seconds, "touched": touched, "cells": cells}


def main() -> int:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.growth")
    parser.add_argument("rows", nargs="?", type=int, default=10_000_000)
    parser.add_argument("--cells", type=int, default=500_000, help="rows while the number of cells rises")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    return run(chosen.rows, chosen.cells).show(as_json=chosen.json)


if __name__ == "__main__":
    raise SystemExit(main())
