"""Other worlds, in which a group's loads are larger, and everything published is as it is.

Written down as a linear programme over what hangs together, and what stays in each block. If there
is such a world for whoever knows some of the loads, nobody learns from all that was ever
published how much the group moved: in any block, figure, or window of releases.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import highspy
import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array, csc_array

from consumers.disclosure.problem import Rules
from consumers.disclosure.solver import Floats, expect_ok, opened, settled

# Who knows the records of an agency (empty: of none), whether public ones too, and of a company (-1: none).
_Eye: TypeAlias = tuple[str, bool]
_Flags: TypeAlias = NDArray[np.bool_]
_Numbers: TypeAlias = NDArray[np.int64]

_NOBODY = -1
# So many groups of a block are asked about, and so many companies may know most of it.
_TOPS = 3
# The solver's tolerance is absolute: amounts are told in those of the group, and more than this is no help.
_ROOM_MAX = 1e5
# Who knows so much of what stays in a block may be the one from whom it hides nothing.
_MOST = 0.7
# So far from a block.
_STEPS = 2
_ANSWERS = {highspy.HighsModelStatus.kOptimal: True, highspy.HighsModelStatus.kInfeasible: False}


def passes(spots: pl.Series) -> pl.Expr:
    """Say whether a `key` passes any of some spots."""
    return pl.col("key").list.set_intersection(spots.implode()).list.len() > 0


class Worlds:
    """What was told, and how it can be otherwise."""

    def __init__(self, staying: pl.DataFrame, hanging: pl.DataFrame, loose: pl.Series, rules: Rules) -> None:
        """Take what was told.

        Args:
            staying: `key`, the groups at both ends, `agency`, `is_public`, `mass_g`.
            hanging: The same, and `pair`.
            loose: Spots where what stays is no matter.
            rules: The parameters.
        """
        columns = [*staying.columns, "pair"]
        stays = staying.with_columns(pair=pl.lit(None, pl.UInt32))
        told = pl.concat([stays.select(columns), hanging.select(columns)])
        name = pl.col("key").cast(pl.List(pl.String)).list.join(" ")
        keys = told.select("key").unique().sort(name).with_row_index("row")
        self._rules, self._row, self._size = rules, keys, keys.height
        self._is_loose = keys.select(passes(loose)).to_series().to_numpy()
        told = told.join(keys, on="key").drop("key").sort(pl.all())
        pairs = told.select(pl.col("pair").rank("dense") - 1).to_series().fill_null(0).to_numpy()
        self._at = told["row"].to_numpy().astype(np.int64)
        self._is_hanging = told["pair"].is_not_null().to_numpy()
        self._pair = pairs.astype(np.int64)
        self._mass = told["mass_g"].to_numpy().astype(np.float64)
        group = told["group_key"].fill_null(_NOBODY)
        self._ends = np.column_stack([group, told["counterparty_key"].fill_null(group)]).astype(np.int64)
        self._agency = told["agency"]
        self._is_public = told["is_public"].to_numpy()
        self._solver, self._largest = self._opened()
        self._agencies = self._majors(self._agency, np.zeros(told.height, dtype=np.bool_))
        self._eyes_known: dict[_Eye, _Flags] = {}
        self._eyes_alone: dict[_Eye, Sequence[pl.Series]] = {}
        self._found: dict[tuple[int, int, _Eye, int], bool] = {}

    def _opened(self) -> tuple[Any, Floats]:
        of, size = self._is_hanging, int(self._pair.max(initial=-1)) + 1
        largest = np.zeros(size)
        np.maximum.at(largest, self._pair[of], np.abs(self._mass[of]))
        rates = self._mass[of] / largest[self._pair[of]]
        entries = np.concatenate([rates, np.ones(self._size)])
        rows = np.concatenate([self._at[of], np.arange(self._size)])
        columns = np.concatenate([self._pair[of], size + np.arange(self._size)])
        matrix = csc_array(coo_array((entries, (rows, columns)), shape=(self._size, size + self._size)))
        none = np.zeros(size + self._size)
        return opened(matrix, none, none, none, {"presolve": "off"}), largest

    def unsafe(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Return those groups, of some that are asked about, for which there is no other world.

        Args:
            asked: `key` and `of` (a group; null: any).
        """
        found = asked.join(self._row, on="key").sort("row", "of")
        broken = [
            (key, group)
            for key, of, row in found.select("key", "of", "row").iter_rows()
            for group in self._broken(row, of)
        ]
        return pl.DataFrame(broken, schema={"key": asked.schema["key"], "of": pl.Int32}, orient="row")

    def _broken(self, row: int, of: int | None) -> list[int]:
        here = np.flatnonzero(self._at == row)
        stays = here[~self._is_hanging[here]]
        groups = [of] if of is not None else sorted({*self._tops(stays, 0), *self._tops(stays, 1)})
        passed = self._passed(here)
        eyes = list(self._eyes(here, passed))
        return [
            group for group in groups if not all(self._is_hidden(here, passed, group, eye) for eye in eyes)
        ]

    def _eyes(self, here: _Numbers, passed: _Flags) -> Iterator[_Eye]:
        """Yield who may look: nobody's records known, an agency's, public ones too."""
        found = pl.concat([self._agency[here], self._agencies.filter(passed)])
        agencies = found.drop_nulls().str.split("\n").explode().unique().sort().to_list()
        for is_public in {False, bool(self._is_public[here].any())}:
            yield from ((name, is_public) for name in ("", *agencies))

    def _passed(self, here: _Numbers) -> _Flags:
        """Say which blocks loads pass that pass this one, or pass one that such loads pass."""
        passed = np.zeros(self._size, dtype=np.bool_)
        passed[self._at[here]] = True
        for _ in range(_STEPS):
            pairs = np.zeros(len(self._largest), dtype=np.bool_)
            pairs[self._pair[self._is_hanging & passed[self._at]]] = True
            passed[self._at[self._is_hanging & pairs[self._pair]]] = True
        return passed

    def _majors(self, who: pl.Series, known: _Flags) -> pl.Series:
        """Return who has nearly all that stays in each block, if anybody."""
        stays = ~self._is_hanging & ~known
        told = pl.DataFrame({"row": self._at[stays], "who": who.filter(stays), "mass_g": self._mass[stays]})
        shares = told.group_by("row", "who").agg(pl.col("mass_g").sum())
        is_major = pl.col("mass_g") > _MOST * pl.col("mass_g").sum().over("row")
        rows = pl.DataFrame({"row": np.arange(self._size)})
        return rows.join(shares.filter(is_major), on="row", how="left", maintain_order="left")["who"]

    def _tops(self, rows: _Numbers, end: int) -> list[int]:
        groups, where = np.unique(self._ends[rows, end], return_inverse=True)
        sizes = np.bincount(where, np.abs(self._mass[rows]))
        return [int(group) for group in groups[np.argsort(-sizes, kind="stable")[:_TOPS]]]

    def _is_hidden(self, here: _Numbers, passed: _Flags, group: int, eye: _Eye) -> bool:
        unknown = here[~self._known(eye)[here]]
        alone = {int(of) for majors in self._alone(eye) for of in majors.filter(passed).drop_nulls()}
        stays = unknown[~self._is_hanging[unknown]]
        tops = {of for rows in (unknown, stays) for end in (0, 1) for of in self._tops(rows, end)}
        rivals = [_NOBODY, *sorted((tops | alone) - {_NOBODY, group})]
        ends = [end for end in (0, 1) if (self._ends[unknown, end] == group).any()]
        return all(self._has_world(group, end, eye, rival) for end in ends for rival in rivals)

    def _alone(self, eye: _Eye) -> Sequence[pl.Series]:
        if eye not in self._eyes_alone:
            known = self._known(eye)
            self._eyes_alone[eye] = [self._majors(pl.Series(ends), known) for ends in self._ends.T]
        return self._eyes_alone[eye]

    def _known(self, eye: _Eye) -> _Flags:
        if eye not in self._eyes_known:
            agency, is_public = eye
            is_theirs: _Flags = self._agency.str.split("\n").list.contains(agency).to_numpy()
            self._eyes_known[eye] = is_theirs | (self._is_public & is_public)
        return self._eyes_known[eye]

    def _has_world(self, group: int, end: int, eye: _Eye, rival: int) -> bool:
        asked = group, end, eye, rival
        if asked not in self._found:
            self._found[asked] = self._solved(group, end, eye, rival)
        return self._found[asked]

    def _solved(self, group: int, end: int, eye: _Eye, rival: int) -> bool:
        unknown = ~self._known(eye)
        if rival != _NOBODY:
            unknown &= (self._ends != rival).all(axis=1)
        is_own = unknown & (self._ends[:, end] == group)
        counts = is_own & (self._is_hanging | ~self._is_loose[self._at])
        own = np.bincount(self._at[counts], self._mass[counts], self._size)
        change = own * self._rules.p_permille / 1_000
        level = np.abs(change).max(initial=0)
        if not level:
            return True
        room = self._room(unknown & ~is_own)
        return self._is_feasible(-change / level, np.minimum(room / level, _ROOM_MAX))

    def _room(self, is_other: _Flags) -> Floats:
        """Return how far others can move: what hangs together, and what stays in each block."""
        hangs = np.zeros(len(self._largest))
        of = self._pair[is_other & self._is_hanging]
        hangs[of] = self._largest[of]
        stays = is_other & ~self._is_hanging
        return np.concatenate([hangs, np.bincount(self._at[stays], self._mass[stays], self._size)])

    def _is_feasible(self, change: Floats, room: Floats) -> bool:
        solver, columns, rows = self._solver, *(np.arange(len(of), dtype=np.int32) for of in (room, change))
        expect_ok(solver.changeColsBounds(len(columns), columns, -room, room))
        expect_ok(solver.changeRowsBounds(len(rows), rows, change, change))
        return _ANSWERS[settled(solver, _ANSWERS)]
