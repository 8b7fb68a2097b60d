"""Primary rules: which cells of a table would betray a contributor by themselves.

A cell that passes is not yet safe: totals, other tables and earlier or later releases may
allow to compute what is withheld. That takes secondary suppression, which is not done here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

_PERCENT = 100


@dataclass(frozen=True, slots=True)
class PrimaryRules:
    """Parameters of the primary rules. Confidential: they help whoever attacks a table.

    Attributes:
        min_groups: Least number of enterprise groups behind a cell; 3 or more, because each
            of two knows the other one from the total.
        p_percent: Protection level of the p% rule, 1 to 100.
    """

    min_groups: int
    p_percent: int


def is_sensitive(total_g: int, first_g: int, second_g: int, groups: int, rules: PrimaryRules) -> bool:
    """Say whether a cell must not be published.

    Args:
        total_g: Cell total in grams, not negative.
        first_g: Largest contribution of an enterprise group, in grams.
        second_g: Second largest contribution, in grams.
        groups: Number of enterprise groups that contribute more than nothing.
        rules: The parameters.

    Source: Handbook on Statistical Disclosure Control (Hundepool et al.), section 4.2:
    minimum frequency, and the p% rule, by which the second largest contributor, who knows
    its own part, must not come closer to the largest than p percent.
    """
    others_g = total_g - first_g - second_g
    return groups < rules.min_groups or _PERCENT * others_g < rules.p_percent * first_g


def cells(contributions: pl.DataFrame, dimensions: Sequence[str], rules: PrimaryRules) -> pl.DataFrame:
    """Return one row for each cell: dimensions, `mass_g` and `is_sensitive`.

    Args:
        contributions: One row for each cell and group: the dimensions, `group_key` (bytes,
            null where the group is not known), `mass_g` (grams, 64-bit), `unconverted`
            (statements whose mass is not known).
        dimensions: Columns that make up a cell.
        rules: The parameters.

    A cell with a contribution of an unknown group, or of unknown mass, is sensitive: the
    rules cannot be shown to hold.
    """
    largest = pl.col("mass_g").sort(descending=True)
    found = (
        contributions.group_by(dimensions)
        .agg(
            pl.col("mass_g").sum(),
            largest.first().alias("first_g"),
            largest.slice(1, 1).first().fill_null(0).alias("second_g"),
            (pl.col("mass_g") > 0).sum().alias("groups"),
            (pl.col("group_key").is_null() | (pl.col("unconverted") > 0)).any().alias("is_incomplete"),
        )
        .sort(dimensions)
    )
    sensitive = [
        row["is_incomplete"]
        or is_sensitive(row["mass_g"], row["first_g"], row["second_g"], row["groups"], rules)
        for row in found.iter_rows(named=True)
    ]
    return found.select(*dimensions, "mass_g", pl.Series("is_sensitive", sensitive, dtype=pl.Boolean))
