"""The attacker who reads what several hubs publish of one ledger as if it were one publication.

It does not know how much each pair of companies moved between two cuts. Both books of a
movement are the same unknown to it, and so is whatever several hubs tell of one region.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement, product
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy.optimize import linprog

from consumers.release import calendar
from consumers.release.blocks import with_paths
from consumers.release.decision import Attribution, decide
from consumers.release.tables import ALL, DIMENSIONS, Tables
from schemas.settings import Calendar
from tests.support.contributed import contributed

PERIOD = "2026-Q1"
_TOLERANCE = 1e-6
_REGIONS = {"FR": "FR-IDF", "DE": "DE-BY"}
_MATERIALS = ("GLASS", "PAPER")


class Load(NamedTuple):
    """Who moved what from where to where."""

    origin: str
    destination: str
    material: str
    sender: bytes
    receiver: bytes


class Leaf(NamedTuple):
    """A leaf of a book."""

    flow: str
    region: str
    partner: str
    material: str


def leaves(load: Load) -> list[Leaf]:
    """Return where a load stands: in one book inside a country, else in two."""
    if load.origin == load.destination:
        return [Leaf("DOMESTIC", load.origin, load.origin, load.material)]
    return [
        Leaf("EXPORT", load.origin, load.destination, load.material),
        Leaf("IMPORT", load.destination, load.origin, load.material),
    ]


def contributions(masses: dict[Load, int]) -> pl.DataFrame:
    """Return what a hub hands over. Across a border each book names its own company only."""
    rows: list[dict[str, Any]] = []
    for load, mass in masses.items():
        for leaf in leaves(load):
            holder = load.receiver if leaf.flow == "IMPORT" else load.sender
            rows.append(
                {
                    **leaf._asdict(),
                    "region": _REGIONS[leaf.region],
                    "group_key": holder,
                    "counterparty_key": load.receiver if leaf.flow == "DOMESTIC" else None,
                    "agency": f"{leaf.region}-A",
                    "period": PERIOD,
                    "mass_g": mass,
                }
            )
    return contributed(*rows)


def changed(
    masses: dict[Load, int], chance: random.Random, ways: Sequence[tuple[str, str]]
) -> dict[Load, int]:
    """Return what stands after some more loads, and corrections of some."""
    found = dict(masses)
    for _ in range(chance.choice((3, 15, 40))):
        sender, receiver = (min(int(chance.paretovariate(0.6)), 9) for _ in range(2))
        place = (*chance.choice(ways), chance.choice(_MATERIALS))
        load = Load(*place, b"s%d" % sender, b"r%d" % receiver)
        found[load] = found.get(load, 0) + int(chance.paretovariate(1.5) * 10_000)
    for load in chance.sample(sorted(found), min(len(found), chance.choice((0, 0, 1, 4)))):
        found[load] = int(found[load] * chance.uniform(0, 1.5))
    return found


@dataclass(slots=True)
class Hub:
    """A hub that releases week after week.

    Attributes:
        opened: By leaf, the last cut that is published.
    """

    tables: Tables
    attribution: Attribution = field(default_factory=Attribution)
    opened: dict[Leaf, int] = field(default_factory=lambda: defaultdict(lambda: -1))

    def release(
        self, masses: dict[Load, int], week: int, adopted: pl.DataFrame | None = None
    ) -> tuple[pl.DataFrame, set[Leaf]]:
        """Release a week; return what is published, and the leaves of its own that it opened."""
        epoch = calendar.named(Calendar.WEEK, f"2026-W{week:02}")
        found = decide(contributions(masses), self.attribution, epoch, self.tables, adopted)
        self.attribution = found.attribution
        owned = found.block.filter(pl.col("region").str.head(2).is_in(list(self.tables.owned)))
        rows = with_paths(owned, self.tables).iter_rows(named=True)
        opened = {Leaf(row["flow"], row["region"][:2], row["partner"], row["material"]) for row in rows}
        return found.observations.with_columns(hub=pl.lit(self.tables.hub)), opened


@dataclass(slots=True)
class Attacker:
    """Everything that was ever published, by any hub.

    Attributes:
        unknowns: The cut after which each change was there, the load, and the change.
        sums: Numbers of unknowns that add up to a published figure.
    """

    unknowns: list[tuple[int, Load, int]] = field(default_factory=list)
    sums: set[tuple[int, ...]] = field(default_factory=set)

    def guess(self, cut: int, before: dict[Load, int], after: dict[Load, int]) -> None:
        """Take in what changed until a cut: that is to be guessed."""
        for load in sorted(before.keys() | after.keys()):
            if change := after.get(load, 0) - before.get(load, 0):
                self.unknowns.append((cut, load, change))

    def inside(self, hub: Hub, opened: Iterable[Leaf], cut: int) -> dict[Leaf, set[int]]:
        """Return the unknowns of leaves that a hub opened at a cut, since it opened them before."""
        found: dict[Leaf, set[int]] = {leaf: set() for leaf in opened}
        for number, (when, load, _) in enumerate(self.unknowns):
            for leaf in leaves(load):
                if leaf in found and hub.opened[leaf] < when <= cut:
                    found[leaf].add(number)
        hub.opened |= dict.fromkeys(found, cut)
        return found

    def read(self, tables: Tables, observations: pl.DataFrame, members: dict[Leaf, set[int]]) -> None:
        """Take in what a hub published of some leaves; what does not add up is a bug of the attack."""
        figures: dict[tuple[str | None, ...], set[int]] = defaultdict(set)
        for leaf, numbers in members.items():
            for figure in _figures(leaf, tables):
                figures[figure] |= numbers
        shown = observations.filter(pl.col("period") == PERIOD, pl.col("conf_status") == "FREE")
        for row in shown.iter_rows(named=True):
            found = figures.get((row["table"], row["flow"], row["region"], row["partner"], row["material"]))
            if found:
                self.sums.add(tuple(sorted(found)))

    def recovered(self, p_permille: int) -> list[str]:
        """Return what the attacker gets to know too closely: the largest company of a leaf in a window."""
        matrix = np.zeros((len(self.sums), len(self.unknowns)))
        for row, numbers in enumerate(sorted(self.sums)):
            matrix[row, list(numbers)] = 1
        return [
            f"{load_end} of {leaf} in {first}-{last}"
            for leaf, first, last, load_end, wanted, known in self._wanted()
            if self._is_recovered(matrix, wanted, known, p_permille)
        ]

    def _wanted(self) -> Iterator[tuple[Leaf, int, int, str, list[int], list[int]]]:
        cuts = sorted({cut for cut, _, _ in self.unknowns})
        all_leaves = sorted({leaf for _, load, _ in self.unknowns for leaf in leaves(load)})
        windows = combinations_with_replacement(cuts, 2)
        for leaf, (first, last), end in product(all_leaves, windows, ("sender", "receiver")):
            inside = [
                number
                for number, (cut, load, _) in enumerate(self.unknowns)
                if first <= cut <= last and leaf in leaves(load)
            ]
            nets: dict[bytes, int] = defaultdict(int)
            for number in inside:
                _, load, change = self.unknowns[number]
                nets[getattr(load, end)] += change
            ranked = sorted(nets, key=lambda company: (-abs(nets[company]), company))
            if ranked and nets[ranked[0]]:
                known = [
                    n for n, (_, load, _) in enumerate(self.unknowns) if getattr(load, end) in ranked[1:2]
                ]
                wanted = [n for n in inside if getattr(self.unknowns[n][1], end) == ranked[0]]
                yield leaf, first, last, end, wanted, known

    def _is_recovered(
        self, matrix: np.ndarray[Any, Any], wanted: list[int], known: list[int], p_permille: int
    ) -> bool:
        sizes = np.array([abs(change) for _, _, change in self.unknowns], dtype=np.float64)
        amount = abs(sum(self.unknowns[number][2] for number in wanted))
        objective = np.zeros(len(sizes))
        objective[wanted] = -1
        sizes[known] = 0
        scale = max(sizes.max(), 1)
        bounds: Any = np.column_stack([-sizes, sizes]) / scale
        found = linprog(objective, A_eq=matrix, b_eq=np.zeros(len(matrix)), bounds=bounds, method="highs")
        assert found.status == 0
        assert found.fun is not None
        return bool(-1_000 * found.fun * scale < p_permille * amount * (1 - _TOLERANCE))


def _figures(leaf: Leaf, tables: Tables) -> Iterator[tuple[str | None, ...]]:
    """Return table and codes of the figures that a leaf counts in."""
    codes = (leaf.region, leaf.partner, leaf.material)
    for table in tables.tables:
        depths = [table.depths[name] for name in DIMENSIONS[:3]]
        nodes = [(code, ALL) if depth else (None,) for code, depth in zip(codes, depths, strict=True)]
        for region, partner, material in product(*nodes):
            yield table.name, leaf.flow, region, partner, material
