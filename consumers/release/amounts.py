"""Amounts: what each two groups told in the same blocks, which of it hangs together, and who knows it."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consumers.disclosure.solver import Floats

Flags: TypeAlias = NDArray[np.bool_]
Numbers: TypeAlias = NDArray[np.int64]

# A company that is not known is at an end of many amounts, and knows none of them.
NOBODY = -1


class Eye(NamedTuple):
    """Who knows the records of an agency (empty: of none), and whether public ones too."""

    agency: str
    is_public: bool


NO_EYE = Eye("", is_public=False)


class Shown(NamedTuple):
    """How blocks are published.

    Attributes:
        figures: `spot` and `figure`, by number: in which figures each block counts.
        loose: Spots where what stays is no matter: it is decided with all tables.
    """

    figures: pl.DataFrame
    loose: pl.Series


def passes(spots: pl.Series) -> pl.Expr:
    """Say whether a `key` passes any of some spots."""
    return pl.col("key").list.set_intersection(spots.implode()).list.len() > 0


class Amounts:
    """What was told, by number.

    Attributes:
        keys: `key`, and `row`, its number: the blocks that an amount counts in.
        row: Of each amount, ascending.
        ends: The groups at both ends, shape (n, 2).
        mass: Grams, shape (n,), signed.
        is_hanging: Whether it hangs together with others of its pair.
        pair: Number of that; 0 where it stays.
        pairs: The pairs, by number.
        figures: `spot` and `figure`, by number: in which figures each block counts.
        counts: Whether the world has to be told of what a group has of it: not what stays where it is no
            matter.
        eyes: Who knows any of it.
    """

    def __init__(self, staying: pl.DataFrame, hanging: pl.DataFrame, shown: Shown) -> None:
        """Number them.

        Args:
            staying: `key`, the groups at both ends, `agency`, `is_public`, `mass_g`, and who may know it for
                what they know of elsewhere (`all_agency`, `all_public`).
            hanging: The same, and `pair`.
            shown: How blocks are published.
        """
        stays = staying.with_columns(pair=pl.lit(None, pl.UInt32))
        told = pl.concat([stays, hanging.select(stays.columns)])
        self.figures = shown.figures
        name = pl.col("key").cast(pl.List(pl.String)).list.join(" ")
        self.keys = told.select("key").unique().sort(name).with_row_index("row")
        told = told.join(self.keys, on="key").drop("key").sort("row", pl.all())
        self.row = told["row"].to_numpy().astype(np.int64)
        group = told["group_key"].fill_null(NOBODY)
        self.ends = np.column_stack([group, told["counterparty_key"].fill_null(group)]).astype(np.int64)
        self.mass = told["mass_g"].to_numpy().astype(np.float64)
        self.is_hanging = told["pair"].is_not_null().to_numpy()
        number = told.select(pl.col("pair").rank("dense") - 1).to_series().fill_null(0)
        self.pair, self.pairs = number.to_numpy().astype(np.int64), told["pair"].drop_nulls().unique().sort()
        is_loose = self.keys.select(passes(shown.loose)).to_series().to_numpy()
        self.counts = self.is_hanging | ~is_loose[self.row]
        self._knowers = _Knowers(told["agency"], told["is_public"])
        self._all_knowers = _Knowers(told["all_agency"], told["all_public"])
        self.eyes = self._all_knowers.eyes()

    def by_row(self, amounts: Floats) -> Floats:
        """Return the sum of some amounts in each row."""
        found: Floats = np.bincount(self.row, amounts, self.keys.height).astype(np.float64)
        return found

    def known(self, eye: Eye) -> Flags:
        """Say which amounts somebody knows."""
        return self._knowers.known(eye)

    def fixed(self, eye: Eye) -> Flags:
        """Say which amounts do not change for somebody, who may know them for what is known of others."""
        return self._all_knowers.known(eye)

    def of(self, groups: tuple[int, ...]) -> Flags:
        """Say which amounts have any of some groups at an end."""
        is_theirs: Flags = np.isin(self.ends, groups)
        return is_theirs[:, 0] | is_theirs[:, 1]

    def at(self, group: int, end: int) -> Flags:
        """Say which amounts are a group's, at one end: with all that hangs together with any of them."""
        is_there: Flags = self.ends[:, end] == group
        pairs = np.zeros(len(self.pairs), dtype=np.bool_)
        pairs[self.pair[is_there & self.is_hanging]] = True
        is_there[self.is_hanging] = pairs[self.pair[self.is_hanging]]
        return is_there


class _Knowers:
    """Who knows each of some amounts."""

    def __init__(self, agency: pl.Series, is_public: pl.Series) -> None:
        self._agencies, self._is_public = agency.str.split("\n"), is_public.to_numpy()
        self._known: dict[Eye, Flags] = {}

    def eyes(self) -> list[Eye]:
        names = ["", *self._agencies.explode().unique().drop_nulls().sort()]
        publics = sorted({False, bool(self._is_public.any())})
        return [Eye(name, is_public) for is_public in publics for name in names]

    def known(self, eye: Eye) -> Flags:
        if eye not in self._known:
            is_theirs: Flags = self._agencies.list.contains(eye.agency).to_numpy() & bool(eye.agency)
            self._known[eye] = is_theirs | (self._is_public & eye.is_public)
        return self._known[eye]
