"""The decision of a release: what an epoch publishes, and what it takes from what is pending.

Pure: frames in, frames out; the same input gives the same output. Every contribution enters
one published block. A block is a leaf cell's pending contributions, opened by the gate, or
what is left of a period at its end, protected by disclosure control. Figures are sums of
blocks of one epoch; what a cell holds altogether is the sum of its figures over all epochs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from consumers.release.calendar import Epoch
from consumers.release.tables import Tables

# A leaf place, a period and who is behind it; `contributions` and `taken` have one row for each.
PLACE = ("measure", "flow", "region", "partner", "material", "operation")
LEAF = (*PLACE, "period")
BEHIND = ("group_key", "counterparty_key", "agency")

OBSERVATIONS = {
    "table": pl.String,
    **dict.fromkeys(("period", "measure", "flow", "region", "partner", "material", "operation"), pl.String),
    "mass_g": pl.Int64,
    "conf_status": pl.String,
    "is_final": pl.Boolean,
}
TAKEN = {
    **dict.fromkeys(LEAF, pl.String),
    "group_key": pl.Binary,
    "counterparty_key": pl.Binary,
    "agency": pl.String,
    "mass_g": pl.Int64,
}
WATCHED = {**dict.fromkeys(PLACE, pl.String), "last_on": pl.Date}
HIDDEN = dict.fromkeys(LEAF, pl.String)


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """What earlier releases took, and what they kept to themselves. Confidential.

    Attributes:
        taken: Schema `TAKEN`: contributions in published blocks, summed over all blocks.
        watched: Schema `WATCHED`: places where something was withheld, and the last day of the
            last epoch in which it was.
        hidden: Schema `HIDDEN`: leaf cells whose part in a final block is confidential.
        final: Periods whose final block is published, ascending.
    """

    taken: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=TAKEN))
    watched: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=WATCHED))
    hidden: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=HIDDEN))
    final: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """What an epoch publishes.

    Attributes:
        observations: Schema `OBSERVATIONS`: every cell of every table in cell order, the same
            cells whatever the data are. A figure is the mass that this epoch adds. Public.
        attribution: What to hand to the next decision.
        block: Schema `TAKEN`: the contributions that this epoch publishes. Confidential.
        certificates: By name of a final problem (such as `2026-Q1 DISPATCHED EXPORT`), its certificate
            as UTF-8 JSON. Confidential.
    """

    observations: pl.DataFrame
    attribution: Attribution
    block: pl.DataFrame
    certificates: Mapping[str, bytes]


def decide(
    contributions: pl.DataFrame,
    attribution: Attribution,
    epoch: Epoch,
    tables: Tables,
    adopted: pl.DataFrame | None = None,
) -> Decision:
    """Return what an epoch publishes.

    Args:
        contributions: As of the cut, all periods, one row for each leaf, group, counterparty's
            group and agency: `PLACE`, `period` (such as 2026-Q1), `group_key`, `counterparty_key`
            (bytes, null where not known), `agency`, `is_public` (whether the public will know
            such records by itself some day), `mass_g` (grams), `unconverted` (statements without
            a mass).
        attribution: Of the release before this one; `Attribution()` for the first one.
        epoch: The slot of publication.
        tables: What to publish, and under which rules.
        adopted: `LEAF`, `mass_g`: what the owners of regions that this hub shows and does not own
            published for them in this epoch.

    Raises:
        ConfigurationError: The contributions lack a column.
    """
    raise NotImplementedError
