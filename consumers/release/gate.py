"""The gate: which leaf cells open, by what is pending in each of them alone.

A leaf opens if its block breaks no rule, in nobody's eyes. Blocks are disjoint, and the sum
of safe blocks is safe where no contribution is negative: the largest contribution of a sum
is at most the sum of the largest ones. So nothing that can be computed from opened blocks
breaks the rules, whatever the tables are that show them.

With negative contributions that fails. All that a leaf has at the time of a cut is never
negative for anybody, so of a leaf with something negative in its block the whole so far must
obey the rules too; sums of such wholes, over leaves and over periods, are then safe again. What
cancels out between leaves, and over time, is looked at in traces.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from consumers.disclosure.contributors import levels_of_parts, parts_of_groups
from consumers.disclosure.primary import levels_at
from consumers.disclosure.problem import Rules
from consumers.disclosure.system import NOT_KNOWN, Contributions, Flags
from consumers.release import loads
from consumers.release.blocks import LEAF

# Whom a block must be safe from: who knows no records, or an agency's (its number), or public ones too.
_NOBODY, _WITH_PUBLIC = pl.lit(0, pl.Int64), 1 << 32
_ENDS = ("group", "other")
# What is pending is taken after everything else.
NOW = date.max


def held(rows: pl.DataFrame, hidden: pl.DataFrame, rules: Rules) -> pl.Series:
    """Return the numbers of the leaves that stay closed, whole and with all of their family.

    Args:
        rows: Of `blocks.placed`.
        hidden: Places whose part in a last block is confidential.
        rules: The parameters.
    """
    changed = loads.doubted(loads.told(loads.split(rows)))
    unknown = rows.filter(pl.col("unconverted") > 0)["leaf"]
    shrinking = rows.filter((pl.col("mass_g") < 0).any().over("leaf"))
    found = [
        unsafe(changed, rules),
        turned(rows.filter(pl.col("mass_g") != 0)),
        unknown,
        unsafe_windows(rows, rules),
        unsafe_differences(rows, rules),
        # Nobody knows what there is so far: less of it might leave less in a sum than was safe.
        shrinking.join(hidden, on=LEAF, how="semi")["leaf"],
    ]
    return with_families(rows, pl.concat([*found, rows.filter("is_mirrored")["leaf"]]))


def with_families(rows: pl.DataFrame, closed: pl.Series) -> pl.Series:
    """Return the numbers of some leaves and of all of their families, ascending."""
    families = rows.filter(pl.col("leaf").is_in(closed.implode()))["family"].unique()
    return rows.filter(pl.col("family").is_in(families.implode()))["leaf"].unique().sort()


def unsafe_windows(rows: pl.DataFrame, rules: Rules) -> pl.Series:
    """Return the numbers of the leaves of which the net of a window that ends now breaks a rule.

    A window holds the blocks of a leaf in a period since one of its openings or since the
    beginning. Only where there is something negative in them need they be looked at.

    Args:
        rows: Of `blocks.placed`.
        rules: The parameters.
    """
    part = ["leaf", "period"]
    is_changed = (pl.col("mass_g") < 0).any().over(part) & (pl.col("taken_on") == NOW).any().over(part)
    # What others say of the same loads tells who knows them.
    found = moves(rows, [*part, *loads.COLUMNS]).with_columns(is_changed=is_changed)
    near = found.filter(pl.col("is_changed").any().over("way")).collect()
    numbered = windows(loads.doubted(loads.told(loads.split(near, ["taken_on"]))).filter("is_changed"), part)
    broken = unsafe(numbered.with_columns(leaf="window"), rules)
    return numbered.filter(pl.col("window").is_in(broken.implode()))["leaf"].unique()


def unsafe_differences(rows: pl.DataFrame, rules: Rules, *, has_newest: bool = True) -> pl.Series:
    """Return the numbers of the leaves of which another book's leaf, or all of them, tell what breaks a rule.

    Two books that tell the same loads open together. What either tells alone is their difference.

    Args:
        rows: Of `blocks.placed`.
        rules: The parameters.
        has_newest: Whether to look at what was not opened yet by itself too.
    """
    family = ["family", "period"]
    is_now, is_before = pl.col("taken_on") == NOW, pl.col("start") < pl.col("start").max().over(family)
    is_several = pl.struct("measure", "flow").n_unique().over(family) > 1
    moved = moves(rows.filter("is_owned", ~pl.col("is_mirrored")), [*family, "leaf", *loads.COLUMNS])
    found = windows(moved.filter(is_several & is_now.any().over(family)).collect(), family)
    if not has_newest:
        found = found.filter(is_before)
    changes = found.group_by("window", "leaf", *family, *loads.COLUMNS).agg(pl.col("mass_g").sum())
    told = loads.told(loads.split(changes, ["window"]))
    books = told.with_columns(leaf=-pl.struct("measure", "flow").rank("dense").cast(pl.Int64))
    told = pl.concat([told.with_columns(pl.col("leaf").cast(pl.Int64)), books.select(told.columns)])
    pairs = loads.differences(told)
    broken = unsafe(pairs, rules)
    windows_of = pairs.filter(pl.col("leaf").is_in(broken.implode()))["window"].unique()
    families = found.filter(pl.col("window").is_in(windows_of.implode())).select(family)
    return rows.join(families, on=family, how="semi")["leaf"].unique()


def moves(rows: pl.DataFrame, columns: Sequence[str]) -> pl.LazyFrame:
    """Return some columns, `mass_g` and `taken_on` of all that earlier blocks took, and of what is pending.

    Args:
        rows: Of `blocks.placed`.
        columns: Of them.
    """
    lazy = rows.lazy()
    now = lazy.filter(pl.col("mass_g") != 0).select(*columns, "mass_g", taken_on=pl.lit(NOW))
    taken = lazy.select(*columns, "taken").explode("taken").drop_nulls("taken")
    before = taken.select(*columns, *(pl.col("taken").struct.field(name) for name in ("mass_g", "taken_on")))
    return pl.concat([now, before])


def windows(moved: pl.DataFrame, part: Sequence[str]) -> pl.DataFrame:
    """Return what moved in each window that ends now of each part, with the number of the `window`."""
    is_last = pl.col("taken_on") == NOW
    # After its last opening there is only what is pending, and before its first one nothing.
    starts = moved.select(*part, start=pl.when(is_last).then(date.min).otherwise("taken_on")).unique()
    numbered = starts.sort(*part, "start").with_row_index("window")
    return moved.join(numbered, on=part, nulls_equal=True).filter(pl.col("taken_on") > pl.col("start"))


def unsafe(rows: pl.DataFrame, rules: Rules) -> pl.Series:
    """Return the numbers of the leaves whose contributions break a rule, ascending.

    Args:
        rows: `leaf` (a number), `group_key`, `counterparty_key` (null: not told; both may be numbers),
            `agency` (who knows it, one a line), `is_public`, `mass_g` (grams, may be negative).
        rules: The parameters.

    Both ends of a movement are looked at, each in the eyes of somebody who knows nothing more
    than what is published, of each agency, who knows its own records, of the public, who will
    know those that become public, and of each agency with those. Each of them may be a company
    too, which knows every movement that it is at either end of. Companies of groups that are not
    known are one group. A movement whose other end is not told has the same group at both.
    """
    if rows.is_empty():
        return rows["leaf"]
    seen = _movements(rows)
    broken = _broken(seen, "gross", rules)
    if (seen["net"].abs() != seen["gross"]).any():
        broken |= _broken(seen, "net", rules)
    return seen.filter(pl.Series(broken[seen["figure"].to_numpy()]))["leaf"].unique().sort()


def _broken(seen: pl.DataFrame, amount: str, rules: Rules) -> Flags:
    """Say which figures break a rule by the sizes of movements, or by what is left of them."""
    ends = [_contributions(seen, *names, amount) for names in (_ENDS, _ENDS[::-1])]
    size = int(ends[0].cell[-1]) + 1
    parts = parts_of_groups(ends[0], size)
    broken = np.zeros(size, dtype=np.bool_)
    # Who is at an end knows all that it moved, at the other one too.
    broken[parts.figure[levels_of_parts(ends, parts, size, rules) > 0]] = True
    for end, name in zip(ends, _ENDS, strict=True):
        groups = end
        if amount == "net":
            left = seen.group_by("figure", name).agg(pl.col("net").sum())
            groups = _contributions(left, name, name, "net")
        broken |= levels_at(groups, size, rules) > 0
    return broken


def _movements(rows: pl.DataFrame) -> pl.DataFrame:
    """Return what moved between two groups, for each leaf in each eye.

    Returns:
        Columns `leaf`, `figure` (number of leaf and eye), `group` and `other` (numbers of the
        groups at both ends, -1 for those that are not known), `net`, `gross` (absolute values);
        ascending by `figure`.
    """
    group, other = numbers_of_groups(rows)
    numbered = rows.select(
        "leaf",
        "agency",
        "is_public",
        "mass_g",
        group=group.fill_null(NOT_KNOWN),
        other=other.fill_null(group).fill_null(NOT_KNOWN),
    )
    found = (
        _seen(numbered.lazy())
        .group_by("leaf", "eye", *_ENDS)
        .agg(net=pl.col("mass_g").sum(), gross=pl.col("mass_g").abs().sum())
        .sort("leaf", "eye")
    )
    return found.with_columns(figure=pl.struct("leaf", "eye").rle_id().cast(pl.Int32)).collect()


def numbers_of_groups(rows: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Return the numbers of the groups at both ends: null where none is told, -1 where it is not known who.

    Those that are numbers already stay.
    """
    group, other = rows["group_key"], rows["counterparty_key"]
    if group.dtype.is_integer():
        return group, other
    key = pl.concat([group, other]).alias("key").to_frame()
    is_unknown = pl.col("key") == loads.UNKNOWN
    rank = pl.when(~is_unknown).then("key").rank("dense").cast(pl.Int32) - 1
    number = key.select(pl.when(is_unknown).then(NOT_KNOWN).otherwise(rank)).to_series()
    return number.head(rows.height), number.tail(rows.height)


def _contributions(rows: pl.DataFrame, end: str, other: str, amount: str) -> Contributions:
    """Return what the groups at one end put into each figure."""
    nothing = np.zeros(rows.height, dtype=np.bool_)
    return Contributions(
        cell=rows["figure"].to_numpy(),
        group=rows[end].to_numpy(),
        other=rows[other].to_numpy(),
        agency=np.full(rows.height, NOT_KNOWN, dtype=np.int32),
        is_waived=nothing,
        is_public=nothing,
        value=rows["net"].to_numpy(),
        magnitude=rows[amount].abs().to_numpy(),
    )


def _seen(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return the rows once for each eye (column `eye`), without what the eye knows by itself."""
    everybody, public = rows.with_columns(eye=_NOBODY), pl.col("eye") + _WITH_PUBLIC
    known_by = rows.select("agency", eye=pl.col("agency").str.split("\n")).unique("agency").explode("eye")
    known_by = known_by.with_columns(pl.col("eye").rank("dense").cast(pl.Int64))
    eyes = rows.select("leaf", "agency").unique().join(known_by, on="agency").select("leaf", "eye").unique()
    others = rows.join(eyes, on="leaf").join(known_by, on=["agency", "eye"], how="anti")
    seen = pl.concat([everybody, others])
    has_public = rows.filter("is_public").select(pl.col("leaf").unique())
    hidden = seen.filter(~pl.col("is_public")).join(has_public, on="leaf", how="semi")
    return pl.concat([seen, hidden.with_columns(eye=public)])


def turned(rows: pl.DataFrame) -> pl.Series:
    """Return the numbers of the leaves whose sign is one group's alone, ascending.

    Args:
        rows: As of `unsafe`.
    """
    nets = rows.group_by("leaf", "group_key").agg(pl.col("mass_g").sum())
    total = nets.group_by("leaf").agg(total=pl.col("mass_g").sum())
    without = nets.join(total, on="leaf").with_columns(rest=pl.col("total") - pl.col("mass_g"))
    opposite = pl.col("total").sign() * pl.col("rest").sign() < 0
    return without.filter(opposite)["leaf"].unique().sort()
