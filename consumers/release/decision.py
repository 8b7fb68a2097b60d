"""The decision of a release: what an epoch publishes, and what it takes from what is pending.

Pure: frames in, frames out; the same input gives the same output. Every contribution enters
one published block. A block is a leaf cell's pending contributions, opened by the gate, or
what is left of a period at its end, protected by disclosure control. Figures are sums of
blocks of one epoch; what a cell holds altogether is the sum of its figures over all epochs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import product
from typing import Any

import polars as pl

from consumers.disclosure import outputs
from consumers.release import blocks, figures, final, gate, periods, traces
from consumers.release.blocks import BELOW, KEYS, LEAF, NAMES, PLACE, TAKEN
from consumers.release.calendar import Epoch
from consumers.release.tables import Tables

WATCHED = {**dict.fromkeys(PLACE, pl.String), "last_on": pl.Date}
HIDDEN: dict[str, Any] = {**dict.fromkeys(LEAF, pl.String), "sums": pl.List(pl.UInt32), "taken_on": pl.Date}
_DAY = timedelta(days=1)
_TRAILING_YEAR = timedelta(days=366)


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """What earlier releases took, and what they kept to themselves. Confidential.

    Attributes:
        taken: Schema `TAKEN`: contributions in published blocks, and the last day of their epoch.
        below: Schema `BELOW`: how much was taken back, at the most, of what is not published yet.
        watched: Schema `WATCHED`: places where something was withheld, and the last day of the
            last epoch in which it was.
        hidden: Schema `HIDDEN`: leaf cells whose part in a last block is confidential, which figures of
            it show sums with them (numbers; null: none does), and when that came.
        names: Schema `NAMES`: which companies were told to belong to which groups.
        final: Last blocks that are published, such as `2026-Q1 RECEIVED DOMESTIC`, ascending.
    """

    taken: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=TAKEN))
    below: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=BELOW))
    watched: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=WATCHED))
    hidden: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=HIDDEN))
    names: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=NAMES))
    final: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """What an epoch publishes.

    Attributes:
        observations: Schema `figures.OBSERVATIONS`: every cell of every table in cell order, the
            same cells whatever the data are. A figure is the mass that this epoch adds. Public.
        attribution: What to hand to the next decision.
        block: Schema `TAKEN`: the contributions that this epoch takes. Confidential.
        certificates: By name of a problem of a last block and of a file, such as `2026-Q1 RECEIVED
            DOMESTIC mass_g/certificate.json`, what its verifier reads. Confidential.
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
        contributions: As of the cut, all periods, one row for each place, group, counterparty's
            group and agency: `PLACE`, `period` (such as 2026-Q1), `group_key`, `counterparty_key`
            (bytes, null where not known), `companies` and `counterparties` (lists of the companies
            of these groups), `agency`, `is_public` (whether the public will know
            such records by itself some day), `mass_g` (grams), `unconverted` (statements without
            a mass).
        attribution: Of the release before this one; `Attribution()` for the first one.
        epoch: The slot of publication.
        tables: What to publish, and under which rules.
        adopted: Schema `figures.OBSERVATIONS` and `hub`: what other hubs published in this epoch.
            What this hub shows of a region that another one owns is what that one published.

    Raises:
        ConfigurationError: The contributions lack a column.
    """
    shown = periods.of_epoch(epoch, tables.settings)
    pending = blocks.pending(contributions, attribution.taken, attribution.below, attribution.names)
    rows = blocks.placed(pending, tables, shown.shown)
    due = _due(shown.due, attribution, tables)
    ending, others = final.parted(rows, due)
    last = final.decided(ending, others, attribution.hidden, tables)
    coming = ending.join(last.left, on="leaf", how="anti")
    gated = _gated(pl.concat([others, last.left]), coming, attribution, tables)
    taken = pl.concat([gated.filter(~pl.col("is_held")), last.rows]).filter(pl.col("mass_g") != 0)
    hidden = last.hidden.with_columns(taken_on=pl.lit(epoch.end - _DAY))
    block = taken.with_columns(taken_on=pl.lit(epoch.end - _DAY)).select(*TAKEN).sort(KEYS)
    withheld = pl.concat([gated, last.rows]).filter("is_held")
    return Decision(
        observations=figures.observations(
            tables,
            shown.slots,
            figures.leaves(gated, last.rows, tables, shown.slots, adopted),
            blocks.with_paths(attribution.watched, tables),
            last.cells,
        ),
        attribution=Attribution(
            taken=pl.concat([attribution.taken, block]),
            below=_below(rows, taken),
            watched=_watched(attribution.watched, withheld, epoch),
            hidden=pl.concat([attribution.hidden, hidden]).sort(*LEAF, "taken_on"),
            names=blocks.names(contributions, attribution.names),
            final=tuple(sorted({*attribution.final, *due})),
        ),
        block=block,
        certificates={
            f"{name}/{file}": content
            for name, protected in last.protected.items()
            for file, content in outputs.contents(protected).items()
        },
    )


def _due(quarters: Iterable[str], attribution: Attribution, tables: Tables) -> list[str]:
    """Return the names of the last blocks that are published now."""
    books = product(quarters, tables.settings.measures, tables.settings.flows)
    return [name for name in map(" ".join, books) if name not in attribution.final]


def _gated(rows: pl.DataFrame, last: pl.DataFrame, attribution: Attribution, tables: Tables) -> pl.DataFrame:
    """Return the rows of leaves with something pending, and whether they stay closed (`is_held`)."""
    held = gate.held(rows, attribution.hidden, tables.rules)
    held = traces.held(rows, held, last, last["leaf"].unique(), attribution.hidden, tables.rules)
    is_pending = (pl.col("mass_g") != 0) | (pl.col("unconverted") > 0)
    return rows.filter(is_pending).with_columns(is_held=pl.col("leaf").is_in(held.implode()))


def _below(rows: pl.DataFrame, taken: pl.DataFrame) -> pl.DataFrame:
    """Return what was taken back of leaves that do not open now."""
    closed = rows.filter(pl.col("below_g") < 0, ~pl.col("leaf").is_in(taken["leaf"].unique().implode()))
    return closed.select(*KEYS, mass_g="below_g").sort(KEYS)


def _watched(watched: pl.DataFrame, held: pl.DataFrame, epoch: Epoch) -> pl.DataFrame:
    """Return where something was withheld in the trailing year, now as well."""
    now = held.select(*PLACE, pl.lit(epoch.end - _DAY).alias("last_on"))
    found = pl.concat([watched, now]).group_by(PLACE).agg(pl.col("last_on").max())
    return found.filter(pl.col("last_on") > epoch.end - _TRAILING_YEAR).sort(PLACE)
