"""A problem of disclosure control: the contributions, the tables made of them, and the rules.

Everything else starts here: the optimiser, and beside it the audit and the verifier, which
share this definition of the question with it and nothing of the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import polars as pl

Cost = Literal["sqrt", "value", "log"]
AttackerKind = Literal["outsider", "contributor", "agency", "public"]
ALL_ATTACKERS: tuple[AttackerKind, ...] = ("outsider", "contributor", "agency", "public")

# Told the name of a step, how much of it is done, and how much there is.
Progress: TypeAlias = Callable[[str, int, int], None]

# Columns of `Problem.contributions` beside those of the dimensions.
VALUE, GROUPS, AGENCY, IS_WAIVED, IS_PUBLIC = "value", "groups", "agency", "is_waived", "is_public"
# And one that few problems have.
LOAD = "load"
TOTAL = "Total"

# The absolute values of all contributions add up to less: a thousand times as much is an exact
# integer for a solver's fractions, and for the per mille of the rules.
AMOUNT_MAX = 2**53 // 1000
CELLS_MAX = 2_000_000


@dataclass(frozen=True, slots=True)
class Rules:
    """Parameters of the primary rules. Confidential: they help whoever attacks a table.

    Attributes:
        min_groups: Least number of enterprise groups behind a published figure; 3 or more,
            because each of two knows the other one from the total.
        p_permille: Protection level of the p% rule in tenths of a percent, 1 to 1,000.
        coalition: How many contributors may pool what they know, 1 or more.
    """

    min_groups: int = 3
    p_permille: int = 150
    coalition: int = 1


@dataclass(frozen=True, slots=True)
class Protection:
    """Against whom, and at which price.

    Attributes:
        unions: Whether sums of suppressed cells must obey the rules like cells.
        attackers: Who must not learn anything; "outsider" knows only what is published.
        cost: What a secondary suppression costs by the cell's value: "value" gives up the
            least value, "log" the fewest cells, "sqrt" little of both.
    """

    unions: bool = True
    attackers: tuple[AttackerKind, ...] = ALL_ATTACKERS
    cost: Cost = "sqrt"


@dataclass(frozen=True, slots=True)
class Dimension:
    """A hierarchy: its columns from coarse to fine; the total above the first is implied.

    A code has one parent. Codes of different levels may be equal: a node is (level, code).
    """

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """All combinations of the nodes of some dimensions; the other dimensions are summed over."""

    name: str
    dimensions: tuple[str, ...]


# Level (0 is the total) and code of a cell in each dimension of the problem; a dimension that
# its table does not have stands at (0, "Total"), so that the same figure is the same cell.
Place = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """The question that disclosure control answers.

    Attributes:
        contributions: One row for each contribution: the columns of all dimensions (texts),
            `value` (64-bit integer, in units of 10^-decimals, may be negative), `groups` (list
            of the enterprise groups behind it: one, or both ends of a movement; each is checked
            by itself, and a null in it is a group that is not known), `agency` (text or null; where
            several know the row, one a line), `is_waived`, `is_public` (whether the public will
            know the record by itself). Where rows tell of the same mass, such as both books of a
            movement, also `load` (whole number): rows of one load differ in their codes alone.
        dimensions: All dimensions.
        tables: The linked tables that are published together.
        mirrors: Pairs of cells that hold the same mass as seen from two sides: they change
            together in whatever an attacker imagines.
        decimals: Decimal places of the values.
    """

    contributions: pl.DataFrame
    dimensions: tuple[Dimension, ...]
    tables: tuple[Table, ...]
    rules: Rules = Rules()
    protection: Protection = Protection()
    mirrors: Sequence[tuple[Place, Place]] = ()
    decimals: int = 0
