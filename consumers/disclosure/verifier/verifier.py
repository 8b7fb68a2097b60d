"""The verifier: reads a decision and its certificate, and believes nothing of them.

Meant to be read at a sitting by whoever has to trust a publication. From the contributions and
the rules alone it works out

1. every cell of every table, and whether the files say exactly that;
2. which figures must stay uncertain, and to whom: sensitive cells, sums of suppressed cells,
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
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from consumers.disclosure.problem import Problem
from consumers.disclosure.verifier.cells import Figure, Flags, World
from consumers.disclosure.verifier.needs import by_contributors, by_rules

VERSION = 1
CELLS, PUBLISHED, CERTIFICATE = "cells.csv", "published.csv", "certificate.json"
FREE, STATUSES = "free", ("free", "primary", "secondary")
_ATTACKER = re.compile(r"outsider|public|(public and )?(agency \d+|contributor \d+( and contributor \d+)*)")
# RecursionError: brackets within brackets, without end.
_UNREADABLE = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    OverflowError,
    RecursionError,
    pl.exceptions.PolarsError,
)
_LARGEST = 2**62  # below it, the sum of two whole numbers stays within 64 bits


class FindingError(Exception):
    """A file does not say what it should, and what builds on it cannot be checked."""


def verify(problem: Problem, folder: Path) -> list[str]:
    """Return what is wrong with a decision; nothing, if it is proven. No finding tells an amount.

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
    except _UNREADABLE as error:
        return [f"a file cannot be read ({type(error).__name__})"]
    if proof.digests != digests(problem, published):
        return [f"{CERTIFICATE} is about other contributions, another problem or another publication"]
    return [*unproven(world, is_hidden, proof), *proof.broken(is_hidden)]


def digests(problem: Problem, published: bytes) -> dict[str, str]:
    """Return SHA-256 digests of what a certificate is about."""
    dimensions, tables = map(asdict, problem.dimensions), map(asdict, problem.tables)
    settings = asdict(problem.rules), asdict(problem.protection), list(problem.mirrors), problem.decimals
    said = {
        "contributions": problem.contributions.write_ndjson().encode(),
        "problem": json.dumps([*dimensions, *tables, *settings]).encode(),
        "published": published,
    }
    return {name: hashlib.sha256(content).hexdigest() for name, content in said.items()}


def hidden_cells(world: World, cells: bytes, published: bytes) -> Flags:
    """Return which cells are suppressed, if the files say just what the contributions do.

    The statuses are all that is taken from them; with these, either file is written again.
    """
    said = pl.read_csv(cells, infer_schema=False)["status"]
    numbers = np.concatenate(list(world.tables.values()))
    if len(said) != len(numbers) or not said.is_in(STATUSES).all():
        raise FindingError(
            f"{CELLS} has other cells than the tables, or other statuses than {', '.join(STATUSES)}"
        )
    table = [name for name, found in world.tables.items() for _ in found]
    value = [_decimal(int(sum_), world.problem.decimals) for sum_ in world.by_cell(world.value)[numbers]]
    frame = pl.DataFrame(
        {"table": table} | world.places[numbers].to_dict() | {"value": value, "status": said}
    )
    if frame.write_csv().encode() != cells:
        raise FindingError(f"{CELLS} is not exactly what the contributions add up to")
    frame = frame.with_columns(pl.when(pl.col("status") == FREE).then(pl.col("value"))).drop("status")
    if frame.write_csv().encode() != published:
        raise FindingError(f"{PUBLISHED} is not exactly the free cells of {CELLS}")
    hidden_rows = (said != FREE).to_numpy()
    is_hidden = np.arange(world.size) >= len(world.places)  # overlaps stand in no table
    is_hidden[numbers] = hidden_rows
    if (is_hidden[numbers] != hidden_rows).any():
        raise FindingError(f"{CELLS} publishes a figure in one table that it suppresses in another")
    return is_hidden


def _decimal(units: int, places: int) -> str:
    digits = f"{abs(units):0{places + 1}d}"
    return "-" * (units < 0) + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def unproven(world: World, is_hidden: Flags, proof: Proof) -> Iterator[str]:
    """Yield what somebody knows and must not, and what the certificate does not speak of.

    Where no figure at all is published, nothing follows from it, and nothing needs a proof.
    """
    if is_hidden.all():
        return
    needed = chain(by_rules(world, is_hidden), by_contributors(world, is_hidden))
    for attacker, figure, level, is_known in needed:
        if is_known:
            yield f"{world.name(figure)}: known to {attacker}, and must not be"
        elif proof.level_of.get((attacker, figure), 0) < level:
            yield f"{world.name(figure)}: no proof, or of too little, against {attacker}"


class Proof:
    """A certificate, taken apart; anything odd about its form is an error.

    Attributes:
        digests: What it is about.
        vectors: Cells, and how they move.
        resting: For each vector what rests on it: attacker, figure, level, and what moves are divided by.
        level_of: By attacker and figure, the level that is claimed.
    """

    def __init__(self, world: World, said: Mapping[str, Any]) -> None:
        """Read what a certificate says."""
        if said["version"] != VERSION:
            raise FindingError(f"{CERTIFICATE} is of another version")
        self.world, self.digests = world, said["digests"]
        self.vectors = [
            (np.array(_cells(world, cells), dtype=np.int64), np.array(_whole(moves), dtype=np.int64))
            for cells, moves in said["vectors"]
        ]
        self.resting: list[list[tuple[str, Figure, int, int]]] = [[] for _ in self.vectors]
        self.level_of: dict[tuple[str, Figure], int] = {}
        for figure, level, attacker, witness in said["targets"]:
            _natural([level, attacker, witness])
            vector, scale = _natural(said["witnesses"][witness])
            claim = _attacker(said["attackers"][attacker]), _cells(world, figure)
            self.resting[vector].append((*claim, level, scale))
            self.level_of[claim] = level

    def broken(self, is_hidden: Flags) -> Iterator[str]:
        """Yield what does not hold of the witnesses, and of the claims that rest on them."""
        uses: dict[str, set[tuple[int, int]]] = defaultdict(set)
        for vector, ((cells, moves), claims) in enumerate(zip(self.vectors, self.resting, strict=True)):
            change = np.zeros(len(is_hidden), dtype=np.int64)
            change[cells] = moves
            if self.world.balances_of(change).any():
                yield f"witness {vector} does not add up"
            if not is_hidden[cells].all():
                yield f"witness {vector} changes what is published"
            for attacker, figure, level, scale in claims:
                uses[attacker].add((vector, scale))
                if abs(int(change[list(figure)].sum())) < level * scale:
                    yield f"{self.world.name(figure)}: witness {vector} is of too little to {attacker}"
        for attacker, used in uses.items():
            yield from self._inconceivable(attacker, sorted(used))

    def _inconceivable(self, attacker: str, used: Sequence[tuple[int, int]]) -> Iterator[str]:
        """Yield what exceeds, divided by its scale, what an attacker does not know of some cell.

        Everybody knows each contribution within 100 percent. Sums of moves that pass stay within
        64 bits.
        """
        amount = np.abs(self.world.value)
        room = self.world.by_cell(np.where(self.world.known_by(attacker), 0, amount))
        for vector, scale in used:
            cells, moves = self.vectors[vector]
            is_small = 0 < scale * int(amount.sum()) < _LARGEST
            if not is_small or (np.abs(moves) > room[cells] * scale).any():
                yield f"witness {vector} is not conceivable to {attacker}"


def _attacker(name: str) -> str:
    if not _ATTACKER.fullmatch(name):
        raise FindingError(f"{CERTIFICATE} speaks of somebody unknown")
    return name


def _cells(world: World, numbers: Sequence[int]) -> Figure:
    """Return different cells in ascending order."""
    _natural(numbers)
    if list(numbers) != sorted({*numbers}) or max(numbers, default=0) >= world.size:
        raise FindingError(f"{CERTIFICATE} speaks of cells that are not there, or not in order")
    return tuple(numbers)


def _natural(numbers: Sequence[int]) -> Sequence[int]:
    if min(_whole(numbers), default=0) < 0:
        raise FindingError(f"{CERTIFICATE} has negative numbers where they mean nothing")
    return numbers


def _whole(numbers: Sequence[int]) -> Sequence[int]:
    if not all(type(number) is int and abs(number) < _LARGEST for number in numbers):
        raise FindingError(f"{CERTIFICATE} has numbers that are not whole, or too large")
    return numbers
