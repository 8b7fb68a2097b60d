"""Blocks: what is pending of each leaf cell, and where it stands in the tables.

Pending is what stands at the cut minus what earlier blocks took: late data, corrections and
retractions are signed differences. What earlier blocks took is kept by the hub's own codes,
so that it stays right when the tables become finer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from consumers.release import loads
from consumers.release.tables import ALL, CROSS_BORDER, DIMENSIONS, EARLIER, UNMAPPED, Tables
from schemas.errors import ConfigurationError

# A place of the hub, a place in a period, and who is behind a contribution.
PLACE = ("measure", "flow", *DIMENSIONS)
LEAF = (*PLACE, "period")
BEHIND = ("group_key", "counterparty_key", "agency")
TAKEN = {
    **dict.fromkeys(LEAF, pl.String),
    "group_key": pl.Binary,
    "counterparty_key": pl.Binary,
    "agency": pl.String,
    "mass_g": pl.Int64,
    "taken_on": pl.Date,
}
BELOW = {name: of for name, of in TAKEN.items() if name != "taken_on"}
NAMES = {"company": pl.Binary, "group": pl.Binary}
# Whose companies are listed where.
_COMPANIES = {"group_key": "companies", "counterparty_key": "counterparties"}
_CONTRIBUTIONS = {*LEAF, *BEHIND, *_COMPANIES.values(), "mass_g", "is_public", "unconverted"}
KEYS = [*LEAF, *BEHIND]


def pending(
    contributions: pl.DataFrame, taken: pl.DataFrame, below: pl.DataFrame, before: pl.DataFrame
) -> pl.DataFrame:
    """Return what is pending of each leaf, by who is behind it.

    Args:
        contributions: As of the cut.
        taken: Schema `TAKEN`: what earlier blocks took.
        below: Schema `BELOW`: the least that was pending below zero since then.
        before: Schema `NAMES`: the names that earlier releases knew.

    Returns:
        Columns `LEAF`, `BEHIND`, `mass_g` (what is pending), `below_g` (the least that ever was, if
        that is below zero, else 0), `standing_g` (what the cut has),
        `taken` (list of `taken_on` and `mass_g` of earlier blocks), `unconverted`, `is_public`
        (whether the public will know it: that holds for all records of an agency, as soon as any
        of them is to be public). Rows with nothing pending are there.

    Raises:
        ConfigurationError: The contributions lack a column.
    """
    groups = _groups(names(contributions, before))
    standing = (
        _renamed(contributions, groups)
        .group_by(KEYS)
        .agg(standing_g=pl.col("mass_g").sum(), unconverted=pl.col("unconverted").sum())
    )
    public = contributions.filter("is_public")["agency"].unique()
    earlier = (
        _renamed(taken, groups)
        .group_by(KEYS)
        .agg(taken_g=pl.col("mass_g").sum(), taken=pl.struct("taken_on", "mass_g").sort_by("taken_on"))
    )
    least = _renamed(below, groups).group_by(KEYS).agg(below_g=pl.col("mass_g").sum())
    mass_g = pl.col("standing_g") - pl.col("taken_g")
    found = (
        standing.join(earlier, on=KEYS, how="full", coalesce=True, nulls_equal=True)
        .join(least, on=KEYS, how="left", nulls_equal=True)
        .with_columns(pl.col("standing_g", "taken_g", "unconverted", "below_g").fill_null(0))
        .with_columns(
            mass_g=mass_g,
            below_g=pl.min_horizontal(mass_g, "below_g", 0),
            is_public=pl.col("agency").is_in(public.implode()),
        )
    )
    return found.drop("taken_g").sort(KEYS)


def apart(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows of `pending`: what was taken back, and what made up for it since, are rows of their own."""
    was_below = pl.col("below_g") < pl.min_horizontal("mass_g", 0)
    before = rows.filter(was_below).with_columns(
        mass_g="below_g", taken=pl.lit([]).cast(rows.schema["taken"])
    )
    rest = pl.when(was_below).then(pl.col("mass_g") - pl.col("below_g")).otherwise("mass_g")
    return pl.concat([before, rows.with_columns(mass_g=rest)])


def names(contributions: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Return which company was ever told to belong to which group, in the schema `NAMES`.

    Args:
        contributions: As of a cut.
        before: The same of earlier releases.

    Raises:
        ConfigurationError: The contributions lack a column.
    """
    if missing := _CONTRIBUTIONS - set(contributions.columns):
        raise ConfigurationError(
            f"the contributions have no column {min(missing)}", hint="ask the hub of this release for them"
        )
    now = (contributions.select(company=of, group=key) for key, of in _COMPANIES.items())
    return (
        pl.concat([before, *(pairs.explode("company") for pairs in now)]).drop_nulls().unique().sort(*NAMES)
    )


def _groups(names: pl.DataFrame) -> pl.DataFrame:
    """Return the `group` that each `name` stands for: groups that ever had a company in common are one.

    A company whose group is told later, or whose group gets another name, moved nothing. Else all
    that it moved would seem to go from one name to the other, and hide what others moved.
    """
    every = pl.concat([names["company"], names["group"]])
    number = every.rank("dense").to_numpy() - 1
    ends = number[: names.height], number[names.height :]
    links = coo_array((np.ones(names.height), ends), shape=(every.n_unique(), every.n_unique()))
    _, part = connected_components(links, directed=False)
    of_names = pl.DataFrame({"name": every, "part": part[number]}).unique()
    of_parts = (
        pl.DataFrame({"part": part[ends[1]], "group": names["group"]}).group_by("part").agg(pl.max("group"))
    )
    return of_names.join(of_parts, on="part").select("name", "group")


def _renamed(rows: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """Return rows by the groups of `_groups`."""
    for key in _COMPANIES:
        rows = rows.join(groups, left_on=key, right_on="name", how="left", maintain_order="left")
        rows = rows.with_columns(pl.coalesce("group", key).alias(key)).drop("group")
    return rows


def placed(rows: pl.DataFrame, tables: Tables, periods: Sequence[str]) -> pl.DataFrame:
    """Return the rows that a release looks at, with their places in the tables.

    Args:
        rows: Of `pending`.
        tables: What is published.
        periods: Those shown by themselves, ascending; later ones are not looked at yet.

    Returns:
        Besides the columns of `rows`: for each dimension `<name>_0` to `<name>_<depth>`; `slot`
        (the period as shown), `unit` (the period as gated: older ones by year, as companies have
        other pseudonyms in another year), `leaf` and `family` (numbers), what `loads.numbered` adds,
        `is_owned` (whether this
        hub decides for the region), `is_mirrored` (whether another hub tells it: what comes from
        its countries stands in its export book, and two hubs never tell the same mass). What
        mirrors an owned cell in the tables of another hub is there, not owned.
    """
    settings = tables.settings
    found = rows.filter(
        pl.col("measure").is_in(settings.measures),
        pl.col("flow").is_in(settings.flows),
        pl.col("period") <= periods[-1],
    )
    found = with_paths(found, tables)
    is_old = pl.col("period") < periods[0]
    found = found.with_columns(
        slot=pl.when(is_old).then(pl.lit(EARLIER)).otherwise("period"),
        unit=pl.when(is_old)
        .then(pl.format("{} {}", pl.lit(EARLIER), pl.col("period").str.head(4)))
        .otherwise("period"),
        country=pl.col("region").str.head(2),
    )
    found = found.filter(pl.col("country").is_in(tables.countries) | _is_mirror(tables))
    is_from_foreign = (pl.col("flow") == CROSS_BORDER[1]) & pl.col("partner").is_in(list(tables.foreign))
    return _numbered(
        found.with_columns(
            is_owned=pl.col("country").is_in(list(tables.owned)),
            is_mirrored=is_from_foreign & pl.col("country").is_in(list(tables.owned)),
        ),
        tables,
    )


def with_paths(rows: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """Add the path of each dimension to rows with the hub's own codes."""
    found = rows.lazy()
    for name in DIMENSIONS:
        found = _with_path(found, tables, name)
    return found.collect()


def _with_path(rows: pl.LazyFrame, tables: Tables, name: str) -> pl.LazyFrame:
    """Add the path of a dimension; a code that is in no list counts to what it may be part of at most."""
    tree = tables.trees[name]
    found = rows.join(tree.paths.lazy(), on=name, how="left", maintain_order="left")
    code = {"material": pl.lit(UNMAPPED), "operation": pl.lit(UNMAPPED)}.get(name, pl.col(name))
    return found.with_columns(
        pl.col(f"{name}_0").fill_null(ALL), *(pl.col(column).fill_null(code) for column in tree.columns)
    )


def _is_mirror(tables: Tables) -> pl.Expr:
    is_other_side = pl.col("flow").is_in(CROSS_BORDER) & pl.col("partner").is_in(tables.countries)
    return is_other_side & pl.col("country").is_in(list(tables.foreign)) & tables.has_partner


def _numbered(rows: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    leaves = [tables.trees[name].leaf for name in DIMENSIONS]
    measure = [] if tables.settings.is_one_mass else ["measure"]
    is_cross = pl.col("flow").is_in(CROSS_BORDER) & tables.has_partner
    is_export = pl.col("flow") == CROSS_BORDER[0]
    origin = pl.when(is_export).then("country").otherwise("partner")
    destination = pl.when(is_export).then("partner").otherwise("country")
    # The books of two countries on what went from one to the other are one family, whatever their parts.
    # So are measures of what stays inside: a load is dispatched in one part, and received in another.
    is_several = tables.settings.is_one_mass and len(tables.settings.measures) > 1
    is_inside = pl.lit(is_several) & (pl.col("flow") == "DOMESTIC")
    ends = (
        pl.when(is_cross)
        .then(pl.format("{} to {}", origin, destination))
        .when(is_inside)
        .then(pl.format("{} {} {}", "flow", "country", leaves[1]))
        .otherwise(pl.format("{} {} {}", "flow", leaves[0], leaves[1]))
    )
    return loads.numbered(rows, tables).with_columns(
        leaf=pl.struct("measure", "flow", "unit", "is_mirrored", *leaves).rank("dense"),
        family=pl.struct(ends.alias("ends"), "unit", "is_mirrored", *leaves[2:], *measure).rank("dense"),
    )
