"""The loop: each movement is drawn, told to the systems that see it, written, and added to the truth.

A movement depends on the seed and its number alone, so the same seed gives the same bytes, and a larger
simulation begins with the smaller one.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

from producers.simulation import systems
from producers.simulation.deliveries import Inbox
from producers.simulation.lanes import Lane, lanes
from producers.simulation.movement import Movement, Period, moved
from producers.simulation.schedule import Schedule
from producers.simulation.systems import Reporter
from producers.simulation.truth import Answer, Truth

TRUTH_FILE, MOVEMENTS_FILE, DOCUMENTS_FOLDER = "truth.json", "movements.csv", "documents"
_COLUMNS = (
    "number",
    "origin",
    "destination",
    "dispatched_at",
    "arrived_at",
    "fate",
    "line",
    "sent_g",
    "arrived_g",
    "systems",
)


@dataclass(frozen=True)
class Simulation:
    """What to simulate.

    Attributes:
        systems: The names of the sources.
        documents_per_file: At most.
    """

    movements: int
    seed: int
    period: Period
    systems: Sequence[str]
    documents_per_file: int = 400

    def write(self, folder: Path, show: Callable[[int, int], None] = lambda *_: None) -> dict[str, Any]:
        """Write documents and truth below a folder, and return the truth without its answers.

        It shows how many movements are written, and how many there are.
        """
        truth, schedule = Truth(), Schedule(self.period.last)
        reporters = {
            name: systems.reporter(
                name, Inbox(folder / DOCUMENTS_FOLDER / name, schedule, self.documents_per_file)
            )
            for name in self.systems
        }
        with (folder / MOVEMENTS_FILE).open("w", encoding="utf-8", newline="") as file:
            physical = csv.writer(file, lineterminator="\n")
            physical.writerow(_COLUMNS)
            for number in range(1, self.movements + 1):
                self._move(number, reporters, truth, physical.writerow)
                show(number, self.movements)
        for reporter in reporters.values():
            reporter.deliverer.close()
        return self._told(folder, truth, reporters)

    def _move(
        self,
        number: int,
        reporters: Mapping[str, Reporter],
        truth: Truth,
        note: Callable[[Sequence[object]], object],
    ) -> None:
        dice = Random(f"{self.seed}/{number}")  # noqa: S311  # a simulation is repeatable
        routes, weights = self._lanes
        lane = dice.choices(routes, cum_weights=weights)[0]
        ends = lane.origin, lane.destination
        movement = moved(number, ends, self.period, dice, loads_max=lane.loads_max)
        told = [name for name in lane.systems if name in reporters]
        reports = [reporters[name].system.report(movement, dice) for name in told]
        for name, report in zip(told, reports, strict=True):
            reporters[name].deliverer.deliver(report)
        truth.add(claim for report in reports for claim in report.claims)
        for row in _physical(movement, told):
            note(row)

    @cached_property
    def _lanes(self) -> tuple[Sequence[Lane], Sequence[int]]:
        """Return the routes and, added up, how often each is taken."""
        known = lanes(self.systems)
        return known, tuple(accumulate(lane.weight for lane in known))

    def _told(self, folder: Path, truth: Truth, reporters: Mapping[str, Reporter]) -> dict[str, Any]:
        summary = {
            "movements": self.movements,
            "seed": self.seed,
            "from": self.period.first.isoformat(),
            "to": self.period.last.isoformat(),
            "sources": [_source(item, folder) for item in reporters.values()],
        }
        (folder / TRUTH_FILE).write_text(_text(summary, truth.answers()), "utf-8")
        return summary


def _text(summary: Mapping[str, Any], answers: Mapping[str, Answer]) -> str:
    """Return the truth as JSON, with a line for each row of an answer."""
    told = ",\n".join(
        f' "{name}": {{"query": {json.dumps(answer.query)}, "rows": [\n'
        + ",\n".join(f"  {json.dumps(row)}" for row in answer.rows)
        + "\n ]}"
        for name, answer in answers.items()
    )
    head = json.dumps(summary, indent=1).removesuffix("\n}")
    return f'{head},\n "answers": {{\n{told}\n }}\n}}\n'


def _source(reporter: Reporter, folder: Path) -> dict[str, Any]:
    tally = reporter.inbox.tally
    return {
        "agency": reporter.system.agency,
        "adapter": reporter.system.name,
        "folder": reporter.inbox.folder.relative_to(folder).as_posix(),
        "settings": dict(reporter.values),
        "files": tally.files,
        "documents": tally.documents,
        "rejects": dict(sorted(tally.rejects.items())),
    }


def _physical(movement: Movement, told: Sequence[str]) -> Sequence[Sequence[object]]:
    """Return a row for each load of a movement."""
    return [
        (
            movement.number,
            movement.origin.part.code or movement.origin.country,
            movement.destination.part.code or movement.destination.country,
            movement.dispatched_at.isoformat(),
            movement.arrived_at.isoformat(),
            movement.fate.value,
            line,
            load.sent_g,
            load.arrived_g,
            " ".join(told),
        )
        for line, load in enumerate(movement.loads, 1)
    ]
