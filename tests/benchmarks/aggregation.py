"""Aggregation: what an event costs a hub, and what it costs the engines that others would take.

    python -m tests.benchmarks.aggregation [EVENTS] [--only NAME ...] [--json] [--plot FILE]

Same topic, same broker, same job: decode Avro, keep the last revision of each statement, sum grams
by cell. Each runs in a process of its own; the broker's work is not counted. The hub does more:
it verifies signatures, checks every value, keeps dead letters, stores all columns, and sums by all
that a release needs. An engine whose sums differ from those of the topic fails. Engines that need
tens of microseconds get a tenth of the events, since their cost hardly changes with their number.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from deploy.exchange.exchange import running_exchange
from tests.benchmarks import engines, hub_path, plot, report
from tests.benchmarks.engines import Engine, Run
from tests.benchmarks.movements import Movements
from tests.benchmarks.peers import environment, java

HUB, BARE = "weighbridge hub", "bare consume(500) + value()"
QUIX, FLINK, STREAMS = "Quix Streams 3.28", "Flink SQL 2.3", "Kafka Streams 4.3"
_ONCE, _LEAST = "exactly once", "at least once"
# Times the hub does the events of another: the least, and what we want to reach.
_TIMES = {QUIX: (8, 20), FLINK: (1, 4), STREAMS: (1, 8)}
_SLOW_PART, _SHORT_PART = 10, 5
# No engine is that fast.
_COST_MIN = 1e-9

Row = dict[str, str | float | int]


def _peer(name: str) -> Callable[[], Sequence[str | Path]]:
    return lambda: [environment.python(name), "-W", "ignore", "-m", f"tests.benchmarks.peers.{name}"]


def _java(name: str) -> Callable[[], Sequence[str | Path]]:
    return lambda: java.command(name)


def _own(name: str) -> Callable[[], Sequence[str | Path]]:
    return lambda: [sys.executable, "-m", "tests.benchmarks.hub_path", name]


ENGINES = (
    Engine(HUB, f"{_ONCE}, durable", _own("hub"), totals=hub_path.totals),
    Engine(BARE, "none", _own("bare"), totals=None),
    Engine("loop: fastavro, transactions", f"{_ONCE}, no state", _peer("loop"), is_slow=True),
    Engine(QUIX, _ONCE, _peer("quix"), ("exactly-once",), is_slow=True),
    Engine("Quix Streams, at least once", _LEAST, _peer("quix"), ("at-least-once",), is_slow=True),
    Engine("Faust 0.15, memory", f"{_ONCE}, nominal", _peer("faust"), ("exactly_once",), is_slow=True),
    Engine("Bytewax 0.21, recovery", _LEAST, _peer("bytewax"), is_slow=True),
    Engine("Pathway 0.33, persistence", _LEAST, _peer("pathway"), is_slow=True),
    Engine(f"{FLINK}, heap", _ONCE, _java("FlinkSqlSums"), ("hashmap",)),
    Engine(f"{FLINK}, mini-batches", _ONCE, _java("FlinkSqlSums"), ("hashmap", "1000000")),
    Engine(f"{FLINK}, RocksDB", _ONCE, _java("FlinkSqlSums"), ("rocksdb",)),
    Engine(f"{STREAMS}, memory", _ONCE, _java("KafkaStreamsSums"), ("memory",)),
    Engine(f"{STREAMS}, RocksDB", _ONCE, _java("KafkaStreamsSums"), ("rocksdb",)),
)


def run(events: int, only: Collection[str]) -> report.Report:
    """Measure every engine, or those whose names hold one of some words, beside the hub."""
    chosen = [
        engine
        for engine in ENGINES
        if not only or engine.name == HUB or any(word.lower() in engine.name.lower() for word in only)
    ]
    runs, failed = _runs(chosen, events)
    hub = _cost(*runs[HUB])
    rows = [_row(engine, runs[engine.name], hub) for engine in chosen if engine.name not in failed]
    return report.Report(
        "Aggregation, topic to sums, processor time",
        rows,
        dict(_targets(rows)),
        (
            "us/event: a longer run less a shorter one, so without starting and compiling at run time.",
            "x hub: processor time of an event, the hub's being 1; the goal is 0.25 for the bare loop.",
            "wall s, MB (largest resident size): of the longer run.",
            "Sums of all but the bare loop equal those of the topic.",
            *(f"left out: {name}: {reason}" for name, reason in failed.items()),
        ),
    )


def _runs(chosen: Sequence[Engine], events: int) -> tuple[dict[str, tuple[Run, ...]], dict[str, str]]:
    """Run every engine twice while the topic grows; return their runs, and why some are left out."""
    found: dict[str, tuple[Run, ...]] = {engine.name: () for engine in chosen}
    failed: dict[str, str] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        running_exchange(Path(folder) / "exchange") as exchange,
        closing(Movements(exchange)) as movements,
    ):
        for size, engine in _turns(chosen, events):
            if engine.name in failed:
                continue
            movements.grow(size)
            try:
                taken = engines.run(engine, movements)
            except engines.FAILURES as error:
                if engine.name == HUB:
                    raise
                failed[engine.name] = str(error)
            else:
                found[engine.name] += (taken,)
                report.say(f"{engine.name}: {size:,} events, {taken.used_seconds:.1f} s of a processor")
    return found, failed


def _turns(chosen: Sequence[Engine], events: int) -> list[tuple[int, Engine]]:
    """Return who runs on how many events, in the order in which the topic grows."""
    turns = []
    for engine in chosen:
        size = events // _SLOW_PART if engine.is_slow else events
        turns += [(size // _SHORT_PART, engine), (size, engine)]
    return sorted(turns, key=lambda turn: turn[0])


def _cost(short: Run, long: Run) -> float:
    """Return processor seconds of an event; with too few events a noisy machine may make it nothing."""
    return max((long.used_seconds - short.used_seconds) / (long.events - short.events), _COST_MIN)


def _row(engine: Engine, runs: tuple[Run, ...], hub: float) -> Row:
    cost, long = _cost(*runs), runs[-1]
    return {
        "": engine.name,
        "guarantee": engine.guarantee,
        "events": long.events,
        "us/event": cost * 1e6,
        "events/s/core": round(1 / cost),
        "x hub": cost / hub,
        "wall s": round(long.wall_seconds, 1),
        "MB": round(long.peak_bytes / 1e6),
    }


def _targets(rows: Sequence[Row]) -> Iterator[tuple[str, bool]]:
    for name, (least, goal) in _TIMES.items():
        exact = [row for row in rows if str(row[""]).startswith(name) and row["guarantee"] == _ONCE]
        if exact:
            times = min(float(row["x hub"]) for row in exact)
            asked = f"{least} times the events of {name} and more ({times:.1f}; the goal is {goal})"
            yield asked, times >= least


def main() -> int:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.aggregation")
    parser.add_argument("events", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--only", nargs="+", default=(), help="words of the names of engines")
    parser.add_argument("--plot", type=Path, help="draw the ratios into an SVG file")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    found = run(chosen.events, chosen.only)
    status = found.show(as_json=chosen.json)
    if chosen.plot is not None:
        plot.bars(found, "x hub", chosen.plot)
    return status


if __name__ == "__main__":
    raise SystemExit(main())
