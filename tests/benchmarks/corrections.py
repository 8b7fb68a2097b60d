"""What corrections cost a release: figures that stay free, and processor time, epoch by epoch.

    python -m tests.benchmarks.corrections [--epochs N] [--json]

Eight countries state loads in a quarter, four of five inside of one country, and a hub releases every
week: of all books a fifth as many loads as of what is received, as each is in two or four of them. Once
nothing is ever corrected, and once one statement in a hundred each week is taken back, or stated with
another mass, material or quarter. Companies are the same in all countries, a few of them much more often
than others: the hardest case, as what goes here may have come there. A last block, some of it
confidential, comes with the first epoch.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import polars as pl

from consumers.release.decision import Attribution, decide
from tests.benchmarks import report
from tests.support.histories import week
from tests.support.stages import hub
from tests.support.worlds import Load, Scene, Statement, contributions

_COUNTRIES = ("AT", "BE", "DE", "ES", "FR", "NL", "PL", "SE")
_MATERIALS = ("COPPER", "FERROUS", "GLASS", "PAPER", "PLASTIC", "WOOD")
_QUARTER, _BEFORE = "2026-Q1", "2025-Q4"
_FIRST_WEEK = 5
# What a hub tells, and how many loads are stated in each epoch.
_BOOKS: dict[str, tuple[dict[str, Any], int]] = {
    "what is received": ({}, 6_000),
    "all books": (
        {"measures": ("DISPATCHED", "RECEIVED"), "flows": ("DOMESTIC", "EXPORT", "IMPORT")},
        1_200,
    ),
}
_CORRECTED = 0.01
# Of the figures that are free without corrections, so many are to be free with them.
_FREE_MIN = 0.9

Row = dict[str, str | float | int]


class _World:
    """Statements as they stand, made from chance."""

    def __init__(self, corrected: float) -> None:
        self._corrected = corrected
        # By two chances, so that the same is stated however much of it is corrected.
        self._telling, self._correcting = random.Random(5), random.Random(6)  # noqa: S311  # no secrets
        self._numbers = count()
        self.standing: dict[int, Statement] = {}

    def go_on(self, loads: int) -> None:
        """State so many loads, and correct some of all."""
        for _ in range(loads):
            self.standing[next(self._numbers)] = self._stated()
        for number in self._correcting.sample(list(self.standing), int(len(self.standing) * self._corrected)):
            self._correct(number)

    def _stated(self) -> Statement:
        chance = self._telling
        origin = chance.choice(_COUNTRIES)
        destination = origin if chance.random() < 0.8 else chance.choice(_COUNTRIES)
        sender, receiver = (int(chance.paretovariate(0.4) % companies) for companies in (800, 300))
        load = Load(
            origin,
            destination,
            chance.choice(_MATERIALS),
            chance.choice(("RECYCLING", "DISPOSAL")),
            chance.choice((_QUARTER,) * 32 + (_BEFORE,)),
            b"s%d" % sender,
            b"r%d" % receiver,
            chance.choice("AB"),
        )
        return Statement(load, int(chance.paretovariate(1.1) * 1_000))

    def _correct(self, number: int) -> None:
        told, kind = self.standing[number], self._correcting.random()
        if kind < 0.3:
            del self.standing[number]
        elif kind < 0.6:
            mass_g = int((told.mass_g or 0) * self._correcting.uniform(0.3, 2))
            self.standing[number] = told._replace(mass_g=max(1, mass_g))
        else:
            material = self._correcting.choice(_MATERIALS)
            is_moved = kind < 0.95
            load = told.load._replace(material=material) if is_moved else told.load._replace(period=_BEFORE)
            self.standing[number] = told._replace(load=load)


def run(epochs: int) -> report.Report:
    """Measure both kinds of tables, with and without corrections."""
    rows = [row for name, of in _BOOKS.items() for row in _compared(name, *of, epochs)]
    without, free = (sum(int(row[name]) for row in rows) for name in ("free without", "free"))
    is_enough = free >= _FREE_MIN * without
    return report.Report(
        "What corrections cost, processor time",
        rows,
        {f"at least {_FREE_MIN:.0%} of the figures that are free without corrections": is_enough},
    )


def _compared(name: str, told: dict[str, Any], loads: int, epochs: int) -> Iterator[Row]:
    runs = (list(_released(corrected, told, loads, epochs)) for corrected in (0, _CORRECTED))
    for number, (without, row) in enumerate(zip(*runs, strict=True), 1):
        yield {"": f"{name}, epoch {number}", "rows": row[0], "free without": without[1], "free": row[1]} | {
            "processor s without": without[2],
            "processor s": row[2],
        }


def _released(
    corrected: float, told: dict[str, Any], loads: int, epochs: int
) -> Iterator[tuple[int, int, float]]:
    """Yield of each epoch: rows that a hub hands over, free figures that are not zero, processor time."""
    tables, world, before = hub("hub", _COUNTRIES, **told), _World(corrected), Attribution()
    scene = Scene(ways=[], measures=tables.settings.measures)
    for epoch in range(epochs):
        report.say(f"{', '.join(tables.settings.flows)}, {corrected:.0%} corrected, epoch {epoch + 1}")
        world.go_on(loads)
        given, used = contributions(world.standing, scene), time.process_time()
        decision = decide(given, before, week(_FIRST_WEEK + epoch), tables, None)
        before = decision.attribution
        free = decision.observations.filter(pl.col("mass_g") != 0).height
        yield given.height, free, time.process_time() - used


def main() -> int:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.corrections")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    return run(chosen.epochs).show(as_json=chosen.json)


if __name__ == "__main__":
    raise SystemExit(main())
