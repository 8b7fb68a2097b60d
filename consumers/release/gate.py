"""The gate: which leaf cells open, by what is pending in each of them alone.

A leaf opens if its block breaks no rule, in nobody's eyes. Blocks are disjoint, and the sum
of safe blocks is safe where no contribution is negative: the largest contribution of a sum
is at most the sum of the largest ones. So nothing that can be computed from opened blocks
breaks the rules, whatever the tables are that show them.

With negative contributions that fails. All that a leaf has at the time of a cut is never
negative for anybody, so of a leaf with something negative in its block the whole so far must
obey the rules too; sums of such wholes, over leaves and over periods, are then safe again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from consumers.release.blocks import BEHIND
from consumers.release.tables import Tables

# Whom a block must be safe from: everybody, or who knows an agency's records, or public ones.
_PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class GateRules:
    """Parameters of the rules. Confidential.

    Attributes:
        min_groups: Least number of enterprise groups behind a block.
        p_permille: Protection level of the p% rule in tenths of a percent.
    """

    min_groups: int
    p_permille: int

    @classmethod
    def of(cls, tables: Tables) -> GateRules:
        """Return the rules under which tables are published."""
        return cls(tables.settings.min_groups, tables.p_permille)


def held(rows: pl.DataFrame, hidden: pl.DataFrame, rules: GateRules) -> pl.Series:
    """Return the numbers of the leaves that stay closed, whole and with all of their family.

    Args:
        rows: Of `blocks.placed`.
        hidden: Places whose part in a last block is confidential.
        rules: The parameters.
    """
    changed = rows.filter(pl.col("mass_g") != 0)
    unknown = rows.filter(pl.col("unconverted") > 0)["leaf"]
    shrinking = rows.filter((pl.col("mass_g") < 0).any().over("leaf"))
    found = [
        unsafe(changed, rules),
        turned(changed),
        unknown,
        unsafe_windows(rows, rules),
        # Nobody knows what there is so far: less of it might leave less in a sum than was safe.
        shrinking.join(hidden, on=hidden.columns, how="semi")["leaf"],
    ]
    closed = pl.concat(found).unique()
    families = rows.filter(pl.col("leaf").is_in(closed.implode()))["family"].unique()
    is_held = pl.col("family").is_in(families.implode()) | pl.col("is_mirrored")
    return rows.filter(is_held)["leaf"].unique().sort()


def unsafe_windows(rows: pl.DataFrame, rules: GateRules) -> pl.Series:
    """Return the numbers of the leaves of which the net of a window that ends now breaks a rule.

    A window holds the blocks of a leaf in a period since one of its openings or since the
    beginning. Only where there is something negative in them need they be looked at.

    Args:
        rows: Of `blocks.placed`.
        rules: The parameters.
    """
    part = ["leaf", "period"]
    columns = [*part, *BEHIND, "is_public"]
    now = rows.filter(pl.col("mass_g") != 0).select(*columns, "mass_g", taken_on=pl.lit(date.max))
    before = rows.explode("taken").drop_nulls("taken").select(*columns, pl.col("taken").struct.unnest())
    moves = pl.concat([now, before.select(now.columns)])
    is_last = pl.col("taken_on") == date.max
    moves = moves.filter((pl.col("mass_g") < 0).any().over(part) & is_last.any().over(part))
    # After its last opening there is only what is pending, and before its first one nothing.
    starts = moves.select(*part, start=pl.when(is_last).then(date.min).otherwise("taken_on")).unique()
    windows = moves.join(starts, on=part).filter(pl.col("taken_on") > pl.col("start"))
    numbered = windows.with_columns(window=pl.struct(*part, "start").rank("dense"))
    broken = unsafe(numbered.with_columns(leaf="window"), rules)
    return numbered.filter(pl.col("window").is_in(broken.implode()))["leaf"].unique()


def unsafe(rows: pl.DataFrame, rules: GateRules) -> pl.Series:
    """Return the numbers of the leaves whose contributions break a rule, ascending.

    Args:
        rows: `leaf` (a number), `group_key`, `counterparty_key` (null: not known), `agency`,
            `is_public`, `mass_g` (grams, may be negative).
        rules: The parameters.

    Both ends of a movement are looked at, each in the eyes of somebody who knows nothing more
    than what is published, of each agency, who knows its own records, of the public, who will
    know those that become public, and of each agency with those. Companies of groups that are
    not known are one group. A movement whose other end is not told has the same group at both.
    """
    seen = _seen(rows.lazy())
    ends = pl.concat(seen.select("leaf", "eye", "mass_g", **end) for end in _ENDS)
    groups = ends.group_by("leaf", "eye", "end", "group").agg(
        net=pl.col("mass_g").sum().abs(), gross=pl.col("mass_g").abs().sum()
    )
    broken = pl.concat([_broken(groups, rules, amount) for amount in ("net", "gross")])
    return broken.unique().sort("leaf").collect()["leaf"]


def _broken(groups: pl.LazyFrame, rules: GateRules, amount: str) -> pl.LazyFrame:
    """Return the leaves that break a rule, by what the contributions of a group leave or by their size."""
    sums = (
        groups.filter(pl.col(amount) > 0)
        .group_by("leaf", "eye", "end")
        .agg(
            groups=(pl.col("net") > 0).sum(),
            total=pl.col(amount).sum(),
            largest=pl.col(amount).max(),
            two=pl.col(amount).top_k(2).sum(),
        )
    )
    others, least = 1_000 * (pl.col("total") - pl.col("two")), rules.p_permille * pl.col("largest")
    return sums.filter((pl.col("groups") < rules.min_groups) | (others < least)).select("leaf")


_ENDS = (
    {"end": pl.lit(0, pl.Int8), "group": pl.col("group_key")},
    {"end": pl.lit(1, pl.Int8), "group": pl.coalesce("counterparty_key", "group_key")},
)


def _seen(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return the rows once for each eye (column `eye`), without what the eye knows by itself."""
    agencies = rows.select("leaf", eye="agency").unique()
    others = rows.join(agencies, on="leaf").filter(pl.col("agency") != pl.col("eye"))
    hidden = pl.concat([rows.with_columns(eye=pl.lit("")), others]).filter(~pl.col("is_public"))
    public = hidden.with_columns(eye=pl.format("{} and {}", pl.lit(_PUBLIC), "eye"))
    has_public = rows.filter("is_public").select(pl.col("leaf").unique())
    return pl.concat(
        [
            rows.with_columns(eye=pl.lit("")),
            others,
            public.join(has_public, on="leaf", how="semi"),
        ]
    )


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
