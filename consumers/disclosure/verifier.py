"""The verifier: reads a publication and its certificate, and believes nothing of it.

Meant to be read at a sitting by whoever has to trust a publication. From the contributions and
the rules alone it works out

1. every cell of every table, and whether the files say exactly that;
2. which figures must stay uncertain, and for whom: sensitive cells, sums of suppressed cells,
   and both again in the eyes of insiders;
3. whether the certificate has a witness of each: another world in which every published figure,
   and whatever the attacker knows by itself, is the same, but the figure in question differs by
   its level or more. The same change the other way is a third world. All three look alike.

Whole numbers throughout: no solver, no tolerance. Nothing is shared with the programmes that
choose and prove, except the statement of the problem.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain, product
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from consumers.disclosure.problem import (
    AGENCY,
    GROUPS,
    IS_PUBLIC,
    IS_WAIVED,
    TOTAL,
    VALUE,
    Problem,
    Rules,
    Table,
)

Numbers: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
Levels: TypeAlias = tuple[int, ...]  # of a cell in each dimension, 0 for the total
Sum: TypeAlias = tuple[int, ...]  # the cells that make up a figure, ascending

VERSION = 1
CELLS, PUBLISHED, CERTIFICATE = "cells.csv", "published.csv", "certificate.json"
OUTSIDER, PUBLIC = "outsider", "public"
_LARGEST = 2**62  # below it, the sum of two whole numbers stays within 64 bits
FREE, STATUSES = "free", ("free", "primary", "secondary")


class FindingError(Exception):
    """A file does not say what it should, and what builds on it cannot be checked."""


def verify(problem: Problem, folder: Path) -> list[str]:
    """Return what is wrong with a publication; nothing, if it is proven. No finding tells an amount.

    Args:
        problem: The contributions, the tables and the rules.
        folder: Where cells.csv, published.csv and certificate.json lie.
    """
    world = World(problem)
    try:
        published = (folder / PUBLISHED).read_bytes()
        is_hidden = hidden_cells(world, (folder / CELLS).read_bytes(), published)
        proof = Proof(world, json.loads((folder / CERTIFICATE).read_bytes()))
    except FindingError as error:
        return [str(error)]
    except (OSError, ValueError, TypeError, LookupError, OverflowError, pl.exceptions.PolarsError) as error:
        return [f"a file cannot be read ({type(error).__name__})"]
    if proof.digests != digests(problem, published):
        return [f"{CERTIFICATE} is about other contributions, another problem or another publication"]
    return [*unnamed(Needed(world, is_hidden), proof, world), *proof.broken(is_hidden)]


def digests(problem: Problem, published: bytes) -> dict[str, str]:
    """Return SHA-256 digests of what a certificate is about."""
    tables = (
        [asdict(dimension) for dimension in problem.dimensions],
        [asdict(table) for table in problem.tables],
    )
    settings = asdict(problem.rules), asdict(problem.protection), list(problem.mirrors), problem.decimals
    said = {
        "contributions": problem.contributions.write_ndjson().encode(),
        "problem": json.dumps([tables, settings]).encode(),
        "published": published,
    }
    return {name: hashlib.sha256(content).hexdigest() for name, content in said.items()}


# --- 1. The cells, and what the files say of them ----------------------------------------------


class World:
    """The cells that the contributions make, numbered by levels, then by codes.

    Attributes:
        rows: The contributions; one of nothing makes no cell.
        cell_of: For each combination of levels, the cell that each row is part of.
        places: Levels and codes of each cell.
        tables: Cells of each table.
        value: Value of each row.
        ends: For each end of a movement, the number of each row's group; -1 not known.
        agency: Number of each row's agency; -1 not known.
        relations: Each row is 0 in any world: the parts of a cell along a dimension, minus the
            cell; or one side of a mirror, minus the other.
        parts: For each dimension, the parts of each cell that has any.
        mirrors: Pairs of cells that change together.
    """

    def __init__(self, problem: Problem) -> None:
        """Sort the contributions into cells."""
        self.problem = problem
        self.rows = problem.contributions.filter(pl.col(VALUE) != 0)
        self.cell_of: dict[Levels, Numbers] = {}
        levels_of = {table.name: [*_levels_of(problem, table)] for table in problem.tables}
        blocks: dict[Levels, pl.DataFrame] = {}
        for levels in sorted({*chain(*levels_of.values())}):
            place = self._place(levels)
            cells = (
                place.unique()
                .sort(place.columns[1::2])
                .with_row_index("cell", sum(map(len, blocks.values())))
            )
            number = place.join(cells, on=place.columns, how="left", maintain_order="left")["cell"]
            self.cell_of[levels], blocks[levels] = number.to_numpy().astype(np.int64), cells
        self.places = pl.concat(blocks.values()).drop("cell")
        self.tables = {
            name: np.concatenate([blocks[levels]["cell"].to_numpy() for levels in found])
            for name, found in levels_of.items()
        }
        self.value = self.rows[VALUE].to_numpy()
        self.ends, self.agency = _ends(self.rows[GROUPS]), _numbered(self.rows[AGENCY])
        self.parts = [self._parts(axis) for axis in range(len(problem.dimensions))]
        self.mirrors = self._mirrors()
        self.relations = self._relations()

    def _place(self, levels: Levels) -> pl.DataFrame:
        """Return level and code of each row in each dimension."""
        columns: list[pl.Expr] = []
        for dimension, level in zip(self.problem.dimensions, levels, strict=True):
            code = pl.col(dimension.columns[level - 1]) if level else pl.lit(TOTAL)
            columns += [pl.lit(level).alias(f"{dimension.name}_level"), code.alias(dimension.name)]
        return self.rows.select(pl.col(VALUE), *columns).drop(VALUE)

    def known_by(self, attacker: str) -> Flags:
        """Say which rows an attacker knows beforehand; groups and agencies are numbered by name."""
        known = np.zeros(len(self.rows), dtype=np.bool_)
        for who in attacker.split(" and "):
            kind, _, number = who.partition(" ")
            if kind == "agency":
                known |= self.agency == int(number)
            elif kind == "contributor":
                known |= np.logical_or.reduce([groups == int(number) for groups in self.ends])
            elif who == PUBLIC:
                known |= self.rows[IS_PUBLIC].to_numpy()
            elif attacker != OUTSIDER:
                raise FindingError(f"{CERTIFICATE} speaks of somebody unknown")
        return known

    def _parts(self, axis: int) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for levels, cells in self.cell_of.items():
            if levels[axis]:
                above = self.cell_of[*levels[:axis], levels[axis] - 1, *levels[axis + 1 :]]
                part, row = np.unique(cells, return_index=True)
                for cell, parent in zip(part.tolist(), above[row].tolist(), strict=True):
                    found[parent].append(cell)
        return dict(found)

    def _mirrors(self) -> list[tuple[int, int]]:
        places = self.places.iter_rows() if self.problem.mirrors else ()
        number = {tuple(zip(row[::2], row[1::2], strict=True)): cell for cell, row in enumerate(places)}
        pairs = [(number.get(one), number.get(other)) for one, other in self.problem.mirrors]
        return [(one, other) for one, other in pairs if one is not None and other is not None]

    def _relations(self) -> csr_array:
        sums = [(parts, cell) for along in self.parts for cell, parts in along.items()]
        sums += [([one], other) for one, other in self.mirrors if one != other]
        columns = [cell for parts, whole in sums for cell in (*parts, whole)]
        signs = [sign for parts, _ in sums for sign in (*[1] * len(parts), -1)]
        starts = np.cumsum([0, *(len(parts) + 1 for parts, _ in sums)])
        shape = (len(sums), len(self.places))
        return csr_array((np.array(signs, dtype=np.int64), columns, starts), shape=shape)

    def by_cell(self, amounts: Numbers) -> Numbers:
        """Add up an amount of each row."""
        found = np.zeros(len(self.places), dtype=np.int64)
        for cells in self.cell_of.values():
            np.add.at(found, cells, amounts)
        return found

    def name(self, cells: Sum) -> str:
        """Return where a figure stands, in words."""
        places = self.places[list(cells)].iter_rows()
        return " + ".join(" x ".join(place[1::2]) for place in places)


def _ends(groups: pl.Series) -> list[Numbers]:
    """Return the groups at each end; a row with fewer ends than others has its first one there too."""
    count = int(np.max(groups.list.len().to_numpy(), initial=1))
    first = groups.list.get(0, null_on_oob=True)
    names = [
        pl.select(
            pl.when(groups.list.len() > end).then(groups.list.get(end, null_on_oob=True)).otherwise(first)
        ).to_series()
        for end in range(count)
    ]
    return np.split(_numbered(pl.concat(names)), count)


def _numbered(names: pl.Series) -> Numbers:
    """Return the rank of each name among all, from 0; -1 for none."""
    return names.rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1


def _levels_of(problem: Problem, table: Table) -> Iterator[Levels]:
    """Yield the combinations of levels of a table; dimensions that it does not have stand at 0."""
    depths = [len(d.columns) if d.name in table.dimensions else 0 for d in problem.dimensions]
    return product(*(range(depth + 1) for depth in depths))


def hidden_cells(world: World, cells: bytes, published: bytes) -> Flags:
    """Return which cells are confidential, if the files say just what the contributions do.

    The statuses are all that is taken from them; with these, either file is written again.
    """
    said = pl.read_csv(cells, infer_schema=False)["status"]
    numbers = np.concatenate(list(world.tables.values()))
    if len(said) != len(numbers) or not said.is_in(STATUSES).all():
        raise FindingError(
            f"{CELLS} has other cells than the tables, or other statuses than {', '.join(STATUSES)}"
        )
    names = pl.Series("table", [name for name, found in world.tables.items() for _ in found], dtype=pl.String)
    values = pl.Series(
        "value",
        [_decimal(units, world.problem.decimals) for units in world.by_cell(world.value)[numbers].tolist()],
    )
    frame = pl.DataFrame([names, *world.places[numbers], values, said])
    if frame.write_csv().encode() != cells:
        raise FindingError(f"{CELLS} is not exactly what the contributions add up to")
    frame = frame.with_columns(pl.when(pl.col("status") == FREE).then(pl.col("value"))).drop("status")
    if frame.write_csv().encode() != published:
        raise FindingError(f"{PUBLISHED} is not exactly the free cells of {CELLS}")
    is_hidden = np.zeros(len(world.places), dtype=np.bool_)
    is_hidden[numbers] = (said != FREE).to_numpy()
    if (is_hidden[numbers] != (said != FREE).to_numpy()).any():
        raise FindingError(f"{CELLS} publishes a figure in one table that it suppresses in another")
    return is_hidden


def _decimal(units: int, places: int) -> str:
    digits = f"{abs(units):0{places + 1}d}"
    return "-" * (units < 0) + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


# --- 2. What must stay uncertain ----------------------------------------------------------------


class Needed:
    """The figures that must stay uncertain under a pattern.

    Attributes:
        levels: By attacker and figure: by how much it must be able to differ, both ways.
        exposed: Figures that somebody knows, and must not, with who it is.
    """

    def __init__(self, world: World, is_hidden: Flags) -> None:
        """Look at the pattern with everybody's eyes."""
        self.levels: dict[tuple[str, Sum], int] = {}
        self.exposed: list[tuple[str, Sum]] = []
        protection = world.problem.protection
        sums = [*known_sums(world, is_hidden)] if protection.unions else []
        for attacker in eyes(world):
            is_known = world.known_by(attacker)
            remaining = np.flatnonzero(~is_known)
            levels = levels_of_cells(world, remaining)
            if attacker != OUTSIDER:
                levels[world.by_cell(is_known.astype(np.int64)) == 0] = 0  # sees no more than the outsider
            for cell in np.flatnonzero(levels).tolist():
                if is_hidden[cell]:
                    self.levels[attacker, (cell,)] = int(levels[cell])
                else:
                    self.exposed.append((attacker, (cell,)))
            levels = levels_of(world, *members(world, sums, ~is_known), len(sums))
            self.exposed += [(attacker, sums[number]) for number in np.flatnonzero(levels).tolist()]


def eyes(world: World) -> Iterator[str]:
    """Yield who has to be reckoned with apart from contributors, by what the rows know of them."""
    kinds = world.problem.protection.attackers
    yield OUTSIDER
    if "agency" in kinds:
        yield from (f"agency {number}" for number in range(world.agency.max(initial=-1) + 1))
    if "public" in kinds and world.rows[IS_PUBLIC].any():
        yield PUBLIC


def members(world: World, figures: list[Sum], is_wanted: Flags) -> tuple[Numbers, Numbers]:
    """Return number of the figure and row, for each row in each figure, if it is wanted."""
    cells = pl.DataFrame(
        [(number, cell) for number, cells in enumerate(figures) for cell in cells],
        schema={"figure": pl.Int64, "cell": pl.Int64},
        orient="row",
    )
    rows = np.flatnonzero(is_wanted)
    found = pl.concat(
        pl.DataFrame({"cell": cell_of[rows], "row": rows}).join(cells, on="cell")
        for cell_of in world.cell_of.values()
    )
    return found["figure"].to_numpy(), found["row"].to_numpy()


def levels_of_cells(world: World, rows: Numbers) -> Numbers:
    """Return the level of each cell, made of some rows only."""
    found = np.zeros(len(world.places), dtype=np.int64)
    for cells in world.cell_of.values():
        found = np.maximum(found, levels_of(world, cells[rows], rows, len(found)))
    return found


def levels_of(world: World, figure: Numbers, row: Numbers, count: int, rules: Rules | None = None) -> Numbers:
    """Return by how much figures must stay uncertain; 0 if they may be known.

    Args:
        world: All rows.
        figure: Number of a figure, below `count`.
        row: Number of a row that is part of it; pairs with `figure`.
        count: Number of figures.
        rules: Other rules than those of the problem.

    A group has what all its rows have in a figure. The largest that does not waive protection is
    what others may want to know; the coalition of the largest others knows its own; what remains
    must be p per mille of the largest. If it is, but groups are too few, all p per mille are missing.
    """
    rules = rules or world.problem.rules
    amount, others = pl.col("amount"), pl.col("amount").slice(1)
    waives, value = world.rows[IS_WAIVED].to_numpy()[row], world.value[row]
    found = np.zeros(count, dtype=np.int64)
    for groups in world.ends:
        parts = pl.DataFrame({"figure": figure, "group": groups[row], "value": value, "waives": waives})
        figures = (
            parts.group_by("figure", "group")
            .agg(
                pl.col("value").abs().sum().alias("amount"),
                pl.col("value").sum() != 0,
                pl.col("waives").all(),
            )
            .sort("figure", "waives", "amount", descending=[False, False, True])
            .group_by("figure")
            .agg(
                pl.when(~pl.col("waives").first()).then(amount.first()).otherwise(0).alias("largest"),
                (others.sum() - others.top_k(rules.coalition).sum()).alias("rest"),
                pl.col("value").sum().alias("groups"),
            )
        )
        wanted = figures["largest"].to_numpy() * rules.p_permille
        missing = wanted - 1000 * figures["rest"].to_numpy()
        rare = np.where(figures["groups"].to_numpy() < rules.min_groups, wanted, 0)
        number = figures["figure"].to_numpy()
        found[number] = np.maximum(found[number], -(-np.where(missing > 0, missing, rare) // 1000))
    return found


def known_sums(world: World, is_hidden: Flags) -> list[Sum]:
    """Return the sums of unknown cells that follow from the known ones.

    From every known cell walk down, level by level, along the dimensions in any order: each cell
    becomes its parts, of which the known ones are subtracted; or all cells become their mirrors.
    Where a walk ends is a sum that counts: a sum that breaks the rules does so all the more
    without a part that obeys them. Contributions below 0 spoil that: with them every sum counts.
    """
    is_known, has_negative = known_cells(world, is_hidden), world.by_cell(np.minimum(world.value, 0)) < 0
    unknown = [
        {cell: [part for part in parts if not is_known[part]] for cell, parts in along.items()}
        for along in world.parts
    ]
    mirrored = {one: [other] for pair in world.mirrors for one, other in (pair, pair[::-1])}
    seen: set[Sum] = {()}
    found: set[Sum] = set()
    frontier: set[Sum] = {(cell,) for cell in np.flatnonzero(is_known).tolist()}
    while frontier:
        seen |= frontier
        below: set[Sum] = set()
        for cells in frontier:
            ways = [parts for parts in unknown if any(cell in parts for cell in cells)]
            for parts in (*ways, mirrored):
                below.add(tuple(sorted(chain(*(parts.get(cell, [cell]) for cell in cells)))))
            if not ways or has_negative[list(cells)].any():
                found.add(cells)
        frontier = below - seen
    return sorted(s for s in found if len({*s}) == len(s) and not is_known[list(s)].any())


def known_cells(world: World, is_hidden: Flags) -> Flags:
    """Return which cells are published, or follow as the only unknown one of a relation."""
    is_known, involved = ~is_hidden, abs(world.relations)
    while True:
        lonely = involved[np.flatnonzero(involved @ ~is_known == 1)]
        found = is_known | (lonely.T @ np.ones(lonely.shape[0]) > 0)
        if (found == is_known).all():
            return is_known
        is_known = found


def unnamed(needed: Needed, proof: Proof, world: World) -> Iterator[str]:
    """Yield what is known and must not be, and what the certificate does not speak of."""
    for attacker, figure in needed.exposed:
        yield f"{world.name(figure)}: known to {attacker}, and must not be"
    for (attacker, figure), level in needed.levels.items():
        if proof.level_of.get((attacker, figure), 0) < level:
            yield f"{world.name(figure)}: no proof, or of too little, against {attacker}"


# --- 3. The proof --------------------------------------------------------------------------------


class Proof:
    """A certificate.

    Attributes:
        digests: What it is about.
        vectors: Cells and how they move.
        level_of: By attacker and figure, what is claimed.
    """

    def __init__(self, world: World, said: dict[str, Any]) -> None:
        """Take a certificate apart; anything odd about its form is an error."""
        if said["version"] != VERSION:
            raise FindingError(f"{CERTIFICATE} is of another version")
        self.world, self.digests, attackers = world, said["digests"], said["attackers"]
        self.vectors = [(_cells(world, cells), _whole(moves)) for cells, moves in said["vectors"]]
        self.claims: dict[int, list[tuple[str, Sum, int, int]]] = defaultdict(list)  # by vector
        self.level_of: dict[tuple[str, Sum], int] = {}
        for figure, level, attacker, witness in said["targets"]:
            vector, scale = _whole(said["witnesses"][_whole([witness])[0]]).tolist()
            who, cells = attackers[attacker], tuple(_cells(world, figure).tolist())
            self.claims[vector].append((who, cells, level, scale))
            self.level_of[who, cells] = level

    def broken(self, is_hidden: Flags) -> Iterator[str]:
        """Yield what does not hold of the witnesses and of the claims that rest on them."""
        for vector, claims in self.claims.items():
            cells, moves = self.vectors[vector]
            change = np.zeros(len(is_hidden), dtype=np.int64)
            change[cells] = moves
            if not is_hidden[cells].all():
                yield f"witness {vector} changes what is published"
            if (self.world.relations @ change).any():
                yield f"witness {vector} does not add up"
            for attacker, scale in {(attacker, scale) for attacker, _, _, scale in claims}:
                if not self._is_conceivable(change, attacker, scale):
                    yield f"witness {vector} is not conceivable to {attacker}"
            moved = dict(zip(cells.tolist(), moves.tolist(), strict=True))
            for attacker, figure, level, scale in claims:
                if abs(sum(moved.get(cell, 0) for cell in figure)) < level * scale:
                    yield f"{self.world.name(figure)}: witness {vector} is of too little against {attacker}"

    def _is_conceivable(self, change: Numbers, attacker: str, scale: int) -> bool:
        """Say whether a change stays within what an attacker does not know, in units of 1 / scale."""
        amount = np.abs(self.world.value)
        room = self.world.by_cell(np.where(self.world.known_by(attacker), 0, amount))
        is_small = 0 < scale * int(amount.sum()) < _LARGEST
        return is_small and bool((np.abs(change) <= room * scale).all())


def _cells(world: World, numbers: list[int]) -> Numbers:
    """Return different cells in ascending order."""
    found = _whole(numbers)
    if len(found) and (found[0] < 0 or found[-1] >= len(world.places) or (np.diff(found) <= 0).any()):
        raise FindingError(f"{CERTIFICATE} speaks of cells that are not there, or not in order")
    return found


def _whole(numbers: list[int]) -> Numbers:
    """Return whole numbers as an array; sums of two of them stay within 64 bits."""
    if not all(type(number) is int and -_LARGEST < number < _LARGEST for number in numbers):
        raise FindingError(f"{CERTIFICATE} has numbers that are not whole, or too large")
    return np.array(numbers, dtype=np.int64)
