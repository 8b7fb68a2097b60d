"""Who puts what into each cell: the contributions of a problem, summed for every cell of every level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consumers.disclosure.overlaps import Overlaps
from consumers.disclosure.problem import AGENCY, GROUPS, IS_PUBLIC, IS_WAIVED, VALUE
from consumers.disclosure.system import NOT_KNOWN, Amounts, Cells, Contributions, Flags

_Numbers = NDArray[np.int64] | NDArray[np.int32]

_ACTOR = ("group", "other", "agency", "is_waived", "is_public")


def ends_of(
    rows: pl.DataFrame, leaf: NDArray[np.int64], cells_of_leaves: Sequence[Cells], found: Overlaps
) -> Iterator[Contributions]:
    """Yield the contributions to all cells by enterprise group, once for each end of a movement.

    A contribution with fewer groups than others has its first one at every end.

    Args:
        rows: Contributions of a problem, none of them 0.
        leaf: Leaf of each row.
        cells_of_leaves: For each block of cells, in the order of their numbers: the cell of each leaf.
        found: Further cells, whose numbers follow those of blocks.
    """
    agency = _numbers(rows[AGENCY], _known_by(rows))
    ends = _groups_at_ends(rows)
    for end, group in enumerate(ends):
        known = pl.DataFrame(
            {
                "group": group,
                "other": ends[(end + 1) % len(ends)],
                "agency": agency,
                "is_waived": rows[IS_WAIVED],
                "is_public": rows[IS_PUBLIC],
            }
        )
        actors = known.unique().sort(_ACTOR)
        actor = known.join(actors.with_row_index("actor"), on=_ACTOR, how="left", maintain_order="left")
        yield _contributions(
            actors,
            leaf,
            actor["actor"].to_numpy().astype(np.int64),
            rows[VALUE].to_numpy(),
            cells_of_leaves,
            found,
        )


def agencies_of(rows: pl.DataFrame) -> Flags:
    """Return which agencies each number of `Contributions.agency` stands for, by their names."""
    known_by = [names.split("\n") for names in _known_by(rows).to_list()]
    agencies = sorted({name for names in known_by for name in names})
    is_of = [[name in names for names in known_by] for name in agencies]
    return np.array(is_of, dtype=np.bool_).reshape(len(agencies), len(known_by))


def _known_by(rows: pl.DataFrame) -> pl.Series:
    return rows[AGENCY].unique().drop_nulls().sort()


def _groups_at_ends(rows: pl.DataFrame) -> list[pl.Series]:
    """Return the number of each row's group, once for each end."""
    names = rows[GROUPS].explode().unique().drop_nulls().sort()
    groups = pl.col(GROUPS).list
    found = []
    for end in range(max(1, int(rows.select(groups.len().max()).item() or 0))):
        at_end = pl.when(groups.len() > end).then(groups.get(end, null_on_oob=True))
        group = rows.select(at_end.otherwise(groups.get(0, null_on_oob=True))).to_series()
        found.append(_numbers(group, names))
    return found


def _numbers(names: pl.Series, sorted_names: pl.Series) -> pl.Series:
    position = pl.DataFrame({"name": sorted_names}).with_row_index("number")
    found = pl.DataFrame({"name": names}).join(position, on="name", how="left", maintain_order="left")
    return found["number"].cast(pl.Int32).fill_null(NOT_KNOWN)


def _contributions(  # noqa: PLR0917  # who, where, and how much
    actors: pl.DataFrame,
    leaf: _Numbers,
    actor: _Numbers,
    value: Amounts,
    cells_of_leaves: Sequence[Cells],
    found: Overlaps,
) -> Contributions:
    # Where nothing is negative, net and absolute sums are one array.
    amounts = [value] if (value > 0).all() else [value, np.abs(value)]
    of_loads = actor[found.rows], [column[found.rows] for column in amounts]
    leaf, actor, amounts = _summed(leaf, actor, amounts, actors.height)
    blocks = [_summed(cell[leaf], actor, amounts, actors.height) for cell in cells_of_leaves]
    if len(found.rows):
        size = 1 + max(int(cell.max(initial=-1)) for cell in cells_of_leaves)
        blocks.append(_summed(found.cell + np.int32(size), *of_loads, actors.height))
    cells, numbers, sums = zip(*blocks, strict=True)
    number = np.concatenate(numbers)
    amounts = [np.concatenate(column) for column in zip(*sums, strict=True)]
    return Contributions(
        cell=np.concatenate(cells),
        value=amounts[0],
        magnitude=amounts[-1],
        **{name: actors[name].to_numpy()[number] for name in _ACTOR},
    )


def _summed(
    cell: _Numbers, actor: _Numbers, amounts: list[Amounts], actors: int
) -> tuple[Cells, Cells, list[Amounts]]:
    """Return one row for each cell and actor, sorted by both."""
    key = cell.astype(np.int64) * actors + actor
    order = np.argsort(key)
    key = key[order]
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    cells_found, actors_found = np.divmod(key[starts], max(actors, 1))
    return (
        cells_found.astype(np.int32),
        actors_found.astype(np.int32),
        [np.add.reduceat(column[order], starts) for column in amounts],
    )
