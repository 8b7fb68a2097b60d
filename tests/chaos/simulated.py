"""What agencies report in a story, prepared beforehand, and what a hub must answer in the end."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from producers.simulation import systems
from producers.simulation.movement import Period
from producers.simulation.simulation import TRUTH_FILE, Simulation

MOVEMENTS = 200
_PERIOD = Period(date(2025, 1, 1), date(2025, 12, 31))
# So that there is always something to deliver.
_DOCUMENTS_PER_FILE = 3


@dataclass(frozen=True, slots=True)
class Reported:
    """One source: who reports what.

    Attributes:
        name: Of the source.
        folder: Files, to be delivered in the order of their names.
        values: Settings of the adapter.
        rejects: How many documents are refused, by the first rule that each breaks.
    """

    name: str
    agency: str
    adapter: str
    folder: Path
    values: Mapping[str, str]
    rejects: Counter[str]


@dataclass(frozen=True, slots=True)
class Simulated:
    """All sources of a story.

    Attributes:
        answers: By name, a query and its rows.
    """

    reported: list[Reported]
    answers: dict[str, Any]


def simulated(folder: Path, dice: random.Random, sources: int) -> Simulated:
    """Simulate movements that some drawn systems are told of."""
    chosen = sorted(dice.sample(systems.NAMES, sources))
    folder.mkdir(parents=True)
    Simulation(MOVEMENTS, dice.randrange(10**6), _PERIOD, chosen, _DOCUMENTS_PER_FILE).write(folder)
    truth = json.loads((folder / TRUTH_FILE).read_text("utf-8"))
    return Simulated([_reported(folder, source) for source in truth["sources"]], truth["answers"])


def _reported(folder: Path, source: Mapping[str, Any]) -> Reported:
    place = folder / source["folder"]
    values = {
        name: str(folder / value) if name == "mapping" else value
        for name, value in source["settings"].items()
    }
    rejects = Counter(source["rejects"])
    return Reported(place.name, source["agency"], source["adapter"], place, values, rejects)
