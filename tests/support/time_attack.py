"""The attacker of a history: one linear programme over everything that was ever published.

It knows the tables, who reported in which block, and each amount within its size. What it
does not know are the amounts. Against it stands how far a group's amount in a window of
releases can be moved without changing any published figure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array

from consumers.release.blocks import LEAF, with_paths
from consumers.release.tables import DIMENSIONS, EARLIER, Tables

_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Move:
    """What somebody's amount in a leaf changed by at a release.

    Attributes:
        release: Its number.
        slot: The period as it was shown then.
        leaf: Place and period.
        codes: By dimension, every code that the leaf is part of.
        holder: What tells the statement apart from others of its leaf and agency.
        ends: Group of the holder, and of the other end.
    """

    release: int
    slot: str
    leaf: tuple[str, ...]
    codes: tuple[frozenset[str], ...]
    holder: tuple[bytes | None, bytes | None]
    ends: tuple[bytes | None, bytes | None]
    agency: str
    mass_g: int


def moves(block: pl.DataFrame, release: int, slots: Sequence[str], tables: Tables) -> list[Move]:
    """Return the rows of a block, schema `TAKEN`."""
    columns = [[f"{name}_{level}" for level in range(tables.trees[name].depth + 1)] for name in DIMENSIONS]
    return [
        Move(
            release=release,
            slot=row["period"] if row["period"] in slots else EARLIER,
            leaf=tuple(row[name] for name in LEAF),
            codes=tuple(frozenset(row[column] for column in of) for of in columns),
            holder=(row["group_key"], row["counterparty_key"]),
            ends=(row["group_key"], row["counterparty_key"] or row["group_key"]),
            agency=row["agency"],
            mass_g=row["mass_g"],
        )
        for row in with_paths(block, tables).iter_rows(named=True)
    ]


Figure = tuple[str, str, str, str, tuple[str | None, ...]]


def figures_of(move: Move, tables: Tables) -> Iterator[Figure]:
    """Yield table, slot, measure, flow and codes of the figures that a move counts in."""
    for table in tables.tables:
        codes = [
            sorted(of) if table.depths[name] else [None]
            for name, of in zip(DIMENSIONS, move.codes, strict=True)
        ]
        for place in product(*codes):
            yield table.name, move.slot, move.leaf[0], move.leaf[1], place


def free_figures(observations: pl.DataFrame) -> set[Figure]:
    """Return the figures that are shown."""
    shown = observations.filter(pl.col("conf_status") == "FREE")
    return {
        (row["table"], row["period"], row["measure"], row["flow"], tuple(row[name] for name in DIMENSIONS))
        for row in shown.iter_rows(named=True)
    }


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All that was published, as equations between unknowns.

    Attributes:
        equations: One row for each published figure; how the moves add up to it.
        moves_of: How the moves are made of the unknowns: they themselves, or what stood after them.
        room: How far each unknown may lie from the truth: its own size.
    """

    equations: csr_array
    moves_of: csr_array
    room: NDArray[np.float64]

    def reach(self, wanted: Iterable[int], known: Iterable[int]) -> float:
        """Return how far the sum of some moves may lie from the truth, at most.

        Args:
            wanted: Numbers of the moves.
            known: Numbers of unknowns that the attacker does not have to guess.
        """
        objective = np.zeros(len(self.room))
        objective[list(wanted)] = -1
        room = self.room.copy()
        room[list(known)] = 0
        scale = max(float(room.max(initial=0)), 1)
        equations = self.equations @ self.moves_of
        bounds: Any = np.column_stack([-room, room]) / scale
        found = linprog(
            np.asarray(objective @ self.moves_of),
            A_eq=equations if equations.shape[0] else None,
            b_eq=np.zeros(equations.shape[0]) if equations.shape[0] else None,
            bounds=bounds,
            method="highs",
        )
        assert found.status == 0
        assert found.fun is not None
        return -float(found.fun) * scale


def knowledge(found: Sequence[Move], published: Sequence[set[Figure]], tables: Tables) -> Iterator[Knowledge]:
    """Yield what two attackers know of moves after some releases.

    The first one knows each move within its size, the second one whatever stood after a move: that
    what was taken back altogether is gone, for example.

    Args:
        found: Moves of all releases, in their order.
        published: Figures shown by each release.
        tables: What is published.
    """
    equations = _equations(found, published, tables)
    sizes = np.array([move.mass_g for move in found], dtype=np.float64)
    yield Knowledge(equations, csr_array(np.eye(len(found))), np.abs(sizes))
    last: dict[tuple[object, ...], int] = {}
    changes, standing = np.eye(len(found)), sizes.copy()
    for number, move in enumerate(found):
        who = (move.leaf, move.holder, move.agency)
        if who in last:
            changes[number, last[who]] = -1
            standing[number] += standing[last[who]]
        last[who] = number
    yield Knowledge(equations, csr_array(changes), np.abs(standing))


def _equations(found: Sequence[Move], published: Sequence[set[Figure]], tables: Tables) -> csr_array:
    members: dict[tuple[int, Figure], list[int]] = defaultdict(list)
    for number, move in enumerate(found):
        for figure in figures_of(move, tables):
            if figure in published[move.release]:
                members[move.release, figure].append(number)
    sums = sorted({tuple(numbers) for numbers in members.values()})
    rows = np.repeat(np.arange(len(sums)), [len(numbers) for numbers in sums])
    columns = np.fromiter((number for numbers in sums for number in numbers), dtype=np.int64)
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(sums), len(found)))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A group's amount in a window: which moves it is, which others the attacker made, and its size."""

    moves: tuple[int, ...]
    known: tuple[int, ...]
    amount_g: int
    name: str


def wanted(found: Sequence[Move], public: frozenset[str]) -> Iterator[Wanted]:
    """Yield what an attacker would like to know: the largest group of leaves and periods in every window.

    Each is looked at by somebody who knows nothing, by the next largest group, by each agency,
    and by the public.
    """
    by_leaf: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, move in enumerate(found):
        by_leaf[move.leaf].append(number)
        by_leaf[move.leaf[-1:]].append(number)
    for leaf, numbers in sorted(by_leaf.items()):
        releases = sorted({found[number].release for number in numbers})
        windows = [(first, last) for first in releases for last in releases if first <= last]
        for (first, last), end in product(windows, (0, 1)):
            inside = [number for number in numbers if first <= found[number].release <= last]
            yield from _of_window(found, inside, end, public, f"{leaf} {first}-{last} end {end}")


def _of_window(
    found: Sequence[Move], inside: Sequence[int], end: int, public: frozenset[str], name: str
) -> Iterator[Wanted]:
    agencies = sorted({found[number].agency for number in inside})
    eyes = [
        (),
        *((agency,) for agency in agencies),
        tuple(public),
        *((agency, *public) for agency in agencies),
    ]
    for eye in dict.fromkeys(eyes):
        own = tuple(number for number, move in enumerate(found) if move.agency in eye)
        rest = [number for number in inside if found[number].agency not in eye]
        nets = _nets(found, rest, end)
        ranked = sorted(nets, key=lambda group: (-abs(nets[group]), group or b""))
        if not ranked or not nets[ranked[0]]:
            continue
        largest = tuple(number for number in rest if found[number].ends[end] == ranked[0])
        for rival in ranked[1:2]:
            theirs = tuple(number for number, move in enumerate(found) if move.ends[end] == rival)
            yield Wanted(largest, own + theirs, nets[ranked[0]], f"{name} eye {eye} rival {rival!r}")
        if len(ranked) == 1:
            yield Wanted(largest, own, nets[ranked[0]], f"{name} eye {eye}")


def _nets(found: Sequence[Move], numbers: Iterable[int], end: int) -> Mapping[bytes | None, int]:
    nets: dict[bytes | None, int] = defaultdict(int)
    for number in numbers:
        nets[found[number].ends[end]] += found[number].mass_g
    return nets


def is_recovered(reach: float, amount_g: int, p_permille: int) -> bool:
    """Say whether an amount is known closer than p per mille."""
    return 1_000 * reach < p_permille * abs(amount_g) * (1 - _TOLERANCE)
