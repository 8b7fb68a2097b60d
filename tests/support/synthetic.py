"""Synthetic problems of disclosure control: few large companies, many small ones, most cells thin.

Trees are balanced, sizes follow a power law, and half of what a company does happens at home:
like official tables, only sparser, so what has to be suppressed here is more than there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consumers.disclosure.problem import Dimension, Problem, Protection, Rules, Table

Branchings: TypeAlias = Sequence[Sequence[int]]
Strings: TypeAlias = NDArray[np.str_]
Numbers: TypeAlias = NDArray[np.int64]

# Branchings of the trees and number of companies, named by the number of cells:
# problem(*TWO_D_400, seed=1).
TWO_D_400: tuple[Branchings, int] = ([[4, 5], [3, 4]], 900)
TWO_D_899: tuple[Branchings, int] = ([[4, 6], [5, 5]], 2_000)
THREE_D_1040: tuple[Branchings, int] = ([[3, 3], [3, 4], [4]], 1_500)
TWO_D_10836: tuple[Branchings, int] = ([[5, 6, 3], [5, 4, 3]], 15_000)
TWO_D_101269: tuple[Branchings, int] = ([[6, 8, 7], [6, 6, 6]], 150_000)
THREE_D_104580: tuple[Branchings, int] = ([[5, 6, 3], [5, 8, 3], [4]], 150_000)

_DECIMALS = 3
_ACTIVITIES_MAX = 30


def problem(
    branchings: Branchings,
    companies: int,
    seed: int,
    *,
    rules: Rules | None = None,
    protection: Protection | None = None,
    tables: Sequence[Sequence[str]] | None = None,
    groups_are_companies: bool = False,
    negative: float = 0.0,
    unknown: float = 0.0,
    both_ends: float = 0.0,
    waived: float = 0.0,
    public: float = 0.0,
    agencies: int = 0,
) -> Problem:
    """Return a problem whose dimensions are called a, b, c ... with columns a1, a2 ... from coarse to fine.

    Args:
        branchings: For each dimension, how many children a node has on each level.
        companies: Number of companies; each has 1 to 30 records.
        seed: Of the random numbers.
        rules: The parameters; the defaults where None.
        protection: The same.
        tables: Names of the dimensions of each linked table; one table over all where None.
        groups_are_companies: Whether the records of a company are one group, not one each.
        negative: Share of records that take something back.
        unknown: Share of records whose group is not known.
        both_ends: Share of records with the group of a counterparty, a company like any other.
        waived: Share of companies that waive protection.
        public: Share of records that the public will know.
        agencies: Number of agencies; companies are dealt out to them.
    """
    random = np.random.default_rng(seed)
    company, value = _records(random, companies)
    count = len(value)
    value = np.where(random.random(count) < negative, -np.ceil(value * random.random(count)), value)
    group = company if groups_are_companies else np.arange(count)
    columns: dict[str, pl.Series] = {}
    for name, branching in zip("abcdefgh", branchings, strict=False):
        leaf = _leaves(random, company, int(np.prod(branching)))
        columns |= {key: pl.Series(codes) for key, codes in _codes(name, branching, leaf).items()}
    columns["value"] = pl.Series(value.astype(np.int64))
    columns["groups"] = _groups(random, group, unknown, both_ends)
    columns["agency"] = (
        pl.Series(np.char.add("g", (company % agencies).astype(str)))
        if agencies
        else pl.Series([None] * count, dtype=pl.String)
    )
    columns["is_waived"] = pl.Series((random.random(companies) < waived)[company])
    columns["is_public"] = pl.Series(random.random(count) < public)
    dimensions = tuple(
        Dimension(name, tuple(f"{name}{level}" for level in range(1, len(branching) + 1)))
        for name, branching in zip("abcdefgh", branchings, strict=False)
    )
    chosen = tables or [[dimension.name for dimension in dimensions]]
    return Problem(
        contributions=pl.DataFrame(columns),
        dimensions=dimensions,
        tables=tuple(Table("_".join(names), tuple(names)) for names in chosen),
        rules=rules or Rules(),
        protection=protection or Protection(),
        decimals=_DECIMALS,
    )


def _records(random: np.random.Generator, companies: int) -> tuple[Numbers, NDArray[np.float64]]:
    """Return for each record its company and its value, above 0 and whole."""
    size = 50 * random.pareto(1.1, companies) + 5
    activities = np.minimum(random.geometric(0.35, companies), _ACTIVITIES_MAX)
    company = np.repeat(np.arange(companies), activities)
    value = size[company] * random.lognormal(0, 0.8, len(company))
    return company, np.maximum(np.rint(value * 10**_DECIMALS), 1)


def _leaves(random: np.random.Generator, company: Numbers, leaves: int) -> Numbers:
    """Return a leaf for each record: that of its company, or by a half chance another."""
    weights = random.pareto(1, leaves) + 0.3
    weights /= weights.sum()
    home = random.choice(leaves, size=company.max() + 1, p=weights)
    other = random.choice(leaves, size=len(company), p=weights)
    return np.where(random.random(len(company)) < 0.5, home[company], other)


def _codes(name: str, branching: Sequence[int], leaf: Numbers) -> dict[str, Strings]:
    """Return for each level a column of codes like A2.13: one part for each level."""
    codes: dict[str, Strings] = {}
    below = int(np.prod(branching))
    node = np.full(len(leaf), name.upper())
    for level, children in enumerate(branching, start=1):
        below //= children
        child = (leaf // below % children + 1).astype(str)
        node = np.char.add(np.char.add(node, "." if level > 1 else ""), child)
        codes[f"{name}{level}"] = node
    return codes


def _groups(random: np.random.Generator, group: Numbers, unknown: float, both_ends: float) -> pl.Series:
    """Return for each record the list of its groups: one or two, null where it is not known."""
    names: NDArray[np.object_] = np.char.add("e", group.astype(str)).astype(object)
    names[random.random(len(group)) < unknown] = None
    others = np.char.add("e", random.permutation(group).astype(str))
    has_other = random.random(len(group)) < both_ends
    rows = zip(names, others, has_other, strict=True)
    return pl.Series(
        [[name, str(other)] if is_both else [name] for name, other, is_both in rows],
        dtype=pl.List(pl.String),
    )
