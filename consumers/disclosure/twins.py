"""Figures that stand in two places, because the same code is in two dimensions.

Regions may be summed by county in one table, and by kind of region in another. Whoever reads
both sees each region twice, and what one table withholds must not stand in the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import polars as pl

from consumers.disclosure.problem import TOTAL, VALUE, Dimension, Place, Table


def twins(
    contributions: pl.DataFrame, dimensions: Sequence[Dimension], tables: Sequence[Table]
) -> list[tuple[Place, Place]]:
    """Return pairs of places that hold the same figure, for the mirrors of a problem.

    A code is the same in two dimensions if it has the same name and the same contributions.
    Within one table the sums bind both places already: each has the other's code alone below it.

    Args:
        contributions: As those of a problem.
        dimensions: Whose columns the contributions have.
        tables: Names of dimensions that are published together.
    """
    if len(tables) < 2:  # noqa: PLR2004  # one table binds all of its places
        return []
    rows = contributions.filter(pl.col(VALUE) != 0)
    return [
        pair
        for one, other in combinations(_levels(dimensions), 2)
        if one.axis != other.axis
        for pair in _pairs(_common(rows, one, other), one, other, dimensions, tables)
    ]


@dataclass(frozen=True, slots=True)
class _Level:
    """A level of a dimension.

    Attributes:
        axis: Number of the dimension.
        level: 1 or more.
        column: Its codes.
    """

    axis: int
    level: int
    column: str


def _levels(dimensions: Sequence[Dimension]) -> Iterator[_Level]:
    for axis, dimension in enumerate(dimensions):
        for level, column in enumerate(dimension.columns, start=1):
            yield _Level(axis, level, column)


def _common(rows: pl.DataFrame, one: _Level, other: _Level) -> pl.DataFrame:
    """Return the rows of codes that are the same on both levels."""
    is_same = pl.col(one.column) == pl.col(other.column)
    is_common = is_same.all().over(one.column) & is_same.all().over(other.column)
    return rows.filter(is_common)


def _pairs(
    rows: pl.DataFrame, one: _Level, other: _Level, dimensions: Sequence[Dimension], tables: Sequence[Table]
) -> Iterator[tuple[Place, Place]]:
    """Yield the places of one and of the other level, beside every node of the further dimensions."""
    of_tables = [set(table.dimensions) for table in tables]
    depths = (
        0 if axis in (one.axis, other.axis) else len(dimension.columns)
        for axis, dimension in enumerate(dimensions)
    )
    for levels in product(*(range(depth + 1) for depth in depths)) if rows.height else ():
        further = {dimension.name for dimension, level in zip(dimensions, levels, strict=True) if level}
        of_one, of_other = dimensions[one.axis].name, dimensions[other.axis].name
        beside = [table for table in of_tables if further <= table]
        is_seen_twice = any(of_one in table for table in beside) and any(
            of_other in table for table in beside
        )
        if is_seen_twice and not any({of_one, of_other} <= table for table in beside):
            used = [
                one.column,
                *(d.columns[level - 1] for d, level in zip(dimensions, levels, strict=True) if level),
            ]
            samples = rows.unique(used, maintain_order=True)
            at_one, at_other = (_places(samples, levels, place, dimensions) for place in (one, other))
            yield from sorted(set(zip(at_one, at_other, strict=True)))


def _places(
    rows: pl.DataFrame, levels: Sequence[int], place: _Level, dimensions: Sequence[Dimension]
) -> Iterator[Place]:
    """Yield the place of each row."""
    at = [place.level if axis == place.axis else level for axis, level in enumerate(levels)]
    codes = rows.select(
        (pl.col(dimension.columns[level - 1]) if level else pl.lit(TOTAL)).alias(dimension.name)
        for dimension, level in zip(dimensions, at, strict=True)
    )
    for row in codes.iter_rows():
        yield tuple(zip(at, row, strict=True))
