"""What hubs published of a history: which rows each block took in, and which figures show their sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple, TypeAlias

import polars as pl

from consumers.release import periods
from consumers.release.blocks import BEHIND, LEAF, with_paths
from consumers.release.tables import ALL, DIMENSIONS, EARLIER, Tables
from tests.support.histories import Release
from tests.support.worlds import Row

# Table, period as shown, measure, flow and codes of a figure.
Figure: TypeAlias = tuple[str, str, str, str, tuple[str | None, ...]]


@dataclass(frozen=True, slots=True)
class Move:
    """What a row changed by, in a block that a hub opened.

    Attributes:
        release: Number of the release.
        since: That of the release that opened the row before; -1 for none.
        slot: The period as it was shown.
        paths: By dimension, the codes that the row is part of, from coarse to fine.
    """

    release: int
    since: int
    row: Row
    slot: str
    paths: tuple[tuple[str, ...], ...]
    mass_g: int

    @property
    def leaf(self) -> Figure:
        """What it would be part of in a table that shows everything."""
        return "", self.slot, self.row.measure, self.row.flow, tuple(path[-1] for path in self.paths)

    def figures(self, tables: Tables) -> Iterator[Figure]:
        """Yield the figures that it counts in."""
        for table in tables.tables:
            depths = [table.depths[name] for name in DIMENSIONS]
            codes = [
                path[: depth + 1] if depth else [None] for path, depth in zip(self.paths, depths, strict=True)
            ]
            # A code may stand on several levels.
            for place in dict.fromkeys(product(*codes)):
                yield table.name, self.slot, self.row.measure, self.row.flow, place


class Shown(NamedTuple):
    """A figure that a release shows, and the numbers of the moves that it is the sum of."""

    figure: Figure
    mass_g: int
    moves: tuple[int, ...]


def moves(releases: Sequence[Release]) -> Iterator[Move]:
    """Yield what blocks changed by, of regions for which their hubs decide."""
    last: dict[tuple[str, Row], int] = {}
    for number, release in enumerate(releases):
        tables = release.tables
        shown = periods.of_epoch(release.epoch, tables.settings).shown
        block = release.decision.block.filter(pl.col("region").str.head(2).is_in(list(tables.owned)))
        found = with_paths(block, tables)
        columns = (
            [f"{name}_{level}" for level in range(tables.trees[name].depth + 1)] for name in DIMENSIONS
        )
        paths = zip(*(found.select(names).rows() for names in columns), strict=True)
        rows = map(Row._make, block.select(*LEAF, *BEHIND).rows())
        for row, mass_g, of in zip(rows, block["mass_g"], paths, strict=True):
            slot = row.period if row.period in shown else EARLIER
            yield Move(number, last.get((tables.hub, row), -1), row, slot, of, mass_g)
            last[tables.hub, row] = number


def shown(releases: Sequence[Release], found: Sequence[Move]) -> Iterator[Shown]:
    """Yield what releases show of moves, and whatever they show beside zeros."""
    free = [dict(_free(release.decision.observations)) for release in releases]
    leaves = [{("", *figure[1:4], tuple(code or ALL for code in figure[4])) for figure in of} for of in free]
    for number, release in enumerate(releases):
        members: dict[Figure, list[int]] = defaultdict(list)
        for place, move in enumerate(found):
            is_adopted = (
                _is_adopted(releases[move.release], release, move) and move.leaf in leaves[move.release]
            )
            if move.release == number or is_adopted:
                for figure in move.figures(release.tables):
                    members[figure].append(place)
        for figure, mass_g in free[number].items():
            if mass_g or figure in members:
                yield Shown(figure, mass_g, tuple(members[figure]))


def _is_adopted(owner: Release, hub: Release, move: Move) -> bool:
    """Say whether a hub shows of a row what its owner published in the same epoch, before it."""
    decides = hub.tables.owners.get(move.row.region[:2])
    return owner.epoch == hub.epoch and owner.tables.hub == decides != hub.tables.hub


def _free(observations: pl.DataFrame) -> Iterator[tuple[Figure, int]]:
    names = ("table", "period", "measure", "flow", *DIMENSIONS, "mass_g")
    for *book, region, partner, material, operation, mass_g in (
        observations.filter(pl.col("conf_status") == "FREE").select(names).iter_rows()
    ):
        table, period, measure, flow = book
        yield (table, period, measure, flow, (region, partner, material, operation)), mass_g
