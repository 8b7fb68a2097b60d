"""The last block of a period: everything that is still pending in it, under disclosure control.

All earlier blocks are public constants, and disjoint from this one. What a cell holds
altogether is at most as sensitive as what is left of it, as long as no contribution is
negative; so it is enough to protect what is left. With negative ones, all that the cell has
must be protected too: the same tables are decided twice, and a cell is free if it is free in
both. So is what the same companies took back and told again in a leaf, by the difference that
it may be. To withhold more never takes a proof away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from consumers.disclosure.disclosure import FREE, PRIMARY, Protected, protect
from consumers.disclosure.problem import AMOUNT_MAX, LOAD, Dimension, Problem
from consumers.disclosure.problem import Table as ProblemTable
from consumers.release import figures, loads, traces
from consumers.release.blocks import KEYS, LEAF, apart
from consumers.release.figures import NODES
from consumers.release.gate import NOW, moves, unsafe, unsafe_differences, unsafe_windows, with_families
from consumers.release.tables import ALL, CROSS_BORDER, DIMENSIONS, Table, Tables

_BOOK = "book"
_BOOKS = ["period", "measure", "flow"]
# Marks an agency that knows what it states elsewhere again here, as far as it is as large.
_AGAIN = " again"
# What somebody states of the same two companies in a place.
_STATED = ["leaf", "load", "agency"]
_STATES = {
    **dict.fromkeys(_BOOKS, pl.String),
    **{node: pl.Int8 if node.endswith("_level") else pl.String for node in NODES},
    "is_free": pl.Boolean,
    "is_primary": pl.Boolean,
}
_NO_STATES = pl.DataFrame(schema=_STATES)


@dataclass(frozen=True, slots=True, eq=False)
class LastBlocks:
    """The last blocks of an epoch.

    Attributes:
        rows: Of `blocks.placed`, what is pending, and `is_held`: whether its leaf breaks a rule by itself.
        left: Of `blocks.placed`, what cannot come in a last block and is left to the gate.
        cells: `slot`, `measure`, `flow`, level and code of each dimension, `mass_g`, `is_free`,
            `is_primary` (whether a rule is broken by the cell itself).
        hidden: Places of the hub, and period, whose part is confidential, and `sums`: the numbers of the
            figures that show it together with others; null: none does.
        protected: What was asked and found, by name.
    """

    rows: pl.DataFrame
    left: pl.DataFrame
    cells: pl.DataFrame
    hidden: pl.DataFrame
    protected: Mapping[str, Protected]


def parted(rows: pl.DataFrame, due: Iterable[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return rows of books, by names such as `2026-Q1 RECEIVED DOMESTIC`, and those of all others."""
    is_due = pl.concat_str("period", "measure", "flow", separator=" ").is_in(sorted(due))
    return rows.filter(is_due), rows.filter(~is_due)


def decided(rows: pl.DataFrame, others: pl.DataFrame, hidden: pl.DataFrame, tables: Tables) -> LastBlocks:
    """Decide the last blocks of books.

    Args:
        rows: Of `blocks.placed`, of the books whose last block is due.
        others: Those of all other books.
        hidden: Places whose part in an earlier last block is confidential.
        tables: What is published.
    """
    given, rows = rows, common(rows, others, hidden, tables)
    protected = {name: protect(problem) for name, problem in problems(given, rows, others, tables)}
    states = pl.concat([_NO_STATES, *(_states(name, found) for name, found in protected.items())])
    free = states.group_by(*_BOOKS, *NODES).agg(pl.col("is_free").all(), pl.col("is_primary").any())
    pending = rows.filter((pl.col("mass_g") != 0) | (pl.col("unconverted") > 0))
    moved = pending.filter(pl.col("mass_g") != 0)
    told = loads.doubted(loads.told(loads.split(given)))
    held = unsafe(told.filter(pl.col("leaf").is_in(moved["leaf"].implode())), tables.rules)
    return LastBlocks(
        rows=pending.with_columns(is_held=pl.col("leaf").is_in(held.implode())),
        left=given.join(rows.select("leaf").unique(), on="leaf", how="anti"),
        cells=_cells(moved, free, tables),
        hidden=_hidden(moved, free, tables),
        protected=protected,
    )


def common(rows: pl.DataFrame, others: pl.DataFrame, hidden: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """Return the rows of leaves that may come in a last block, of those of `blocks.placed` that are due.

    What another hub tells is none of ours, and left to the gate, which holds it. So is a
    leaf that lost so much since some opening that others' part of a window would show, in it or in
    a total, with all of its family.
    """
    ours = rows.filter(pl.col("is_owned"), ~pl.col("is_mirrored"))
    windows = unsafe_windows(ours, tables.rules)
    differences = unsafe_differences(ours, tables.rules, has_newest=False)
    broken = with_families(ours, pl.concat([windows, differences]))
    # What other books lost may stay closed.
    broken = traces.held(
        ours,
        pl.concat([broken, others["leaf"].unique()]),
        others,
        ours["leaf"].unique(),
        hidden,
        tables.rules,
    )
    return ours.filter(~pl.col("leaf").is_in(broken.implode()))


def _cells(rows: pl.DataFrame, free: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """Return the cells of all tables, each once."""
    found = _by_cell(rows, tables, pl.col("mass_g").sum())
    states = free.lazy().rename({"period": "slot"})
    return (
        found.unique([*figures.BOOKS, *NODES])
        .join(states, on=[*figures.BOOKS, *NODES], how="left")
        .select(*figures.BOOKS, *NODES, "mass_g", pl.col("is_free", "is_primary").fill_null(value=False))
        .collect()
    )


def _by_cell(rows: pl.DataFrame, tables: Tables, of: pl.Expr) -> pl.LazyFrame:
    """Return what rows add up to in each cell of each table."""
    return pl.concat(figures.by_cell(rows, table, figures.BOOKS, [of]) for table in tables.tables)


def _hidden(rows: pl.DataFrame, free: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    trees = tables.trees.values()
    leaves = free.filter("is_free", *(pl.col(f"{tree.name}_level") == tree.depth for tree in trees))
    shown = leaves.select(*_BOOKS, *(pl.col(tree.name).alias(tree.leaf) for tree in trees))
    found = rows.join(shown, on=shown.columns, how="anti")
    places = found.with_columns(place=pl.struct(LEAF).rank("dense")).unique("place")
    sums = _sums(places, free, tables)
    return places.join(sums, on="place", how="left").select(*LEAF, "sums")


def _sums(places: pl.DataFrame, free: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """Return which free figures each `place` counts in: `sums`. Those of the same places are one number."""
    states = free.lazy().filter("is_free").rename({"period": "slot"})
    cells = _by_cell(places, tables, pl.col("place").unique().sort())
    found = cells.join(states, on=[*figures.BOOKS, *NODES], how="semi").select("place")
    name = pl.col("place").cast(pl.List(pl.String)).list.join(" ")
    numbered = found.select("place", sums=name.rank("dense")).collect().explode("place")
    return numbered.group_by("place").agg(pl.col("sums").unique().sort())


def problems(
    given: pl.DataFrame, rows: pl.DataFrame, others: pl.DataFrame, tables: Tables
) -> Iterator[tuple[str, Problem]]:
    """Yield what has to be decided, by name; a cell is free where it is free in each that has it.

    Args:
        given: Of `blocks.placed`, of the books whose last block is due: what others tell of the same
            loads says who knows them.
        rows: Of `common`.
        others: Of all other books: what is taken back there may be told again here.
        tables: What is published.
    """
    told = apart(pl.concat([given, others]))
    given = given.join(_back(told), on="load", how="left").join(_again(told), on=_STATED, how="left")
    is_cross = pl.col("flow").is_in(CROSS_BORDER)
    alike = pl.when(is_cross).then(pl.lit("CROSS")).otherwise("flow")
    if not tables.settings.is_one_mass:
        alike = pl.concat_str(alike, "measure", separator=" ")
    # What is much more than was ever taken back of such loads is new, for the most part.
    back_g = traces.REST * pl.col("back_g").fill_null(0)
    is_from_elsewhere = pl.col("mass_g").sum().over("leaf", "load") < back_g
    leaves = rows.filter((pl.col("mass_g") != 0).any().over("leaf"))["leaf"].unique()
    books = given.sort(KEYS).with_columns(
        pl.concat_str("measure", "flow", separator=" ").alias(_BOOK),
        alike=alike,
        is_moved=is_from_elsewhere | (pl.col("below_g") < 0).any().over("period", alike, "load"),
        is_here=pl.col("is_owned") & ~pl.col("is_mirrored") & pl.col("leaf").is_in(leaves.implode()),
    )
    for (period, alike), found in sorted(books.group_by("period", "alike"), key=lambda one: one[0]):
        for name, problem in _problems(found, f"{ALL} {alike}", tables):
            yield f"{period} {name}", problem


def _back(rows: pl.DataFrame) -> pl.DataFrame:
    """Return how much was ever taken back of each load: `load`, `back_g`."""
    taken = moves(rows, ["load"]).filter(pl.col("mass_g") < 0)
    return taken.group_by("load").agg(back_g=-pl.col("mass_g").sum()).collect()


def _again(rows: pl.DataFrame) -> pl.DataFrame:
    """Return what goes or comes now exactly as it ever came or went elsewhere: `_STATED`, `again`.

    `again` has the agencies that state it there, one a line.
    """
    by = [*_STATED, "taken_on", (pl.col("mass_g") < 0).alias("is_loss")]
    moved = moves(rows, _STATED).group_by(by).agg(pl.col("mass_g").sum())
    elsewhere = moved.select("load", -pl.col("mass_g"), there="leaf", again="agency")
    now = moved.filter(pl.col("taken_on") == NOW).join(elsewhere, on=["load", "mass_g"])
    found = now.filter(pl.col("leaf") != pl.col("there")).group_by(_STATED)
    return found.agg(loads.lines(pl.col("again"))).collect()


def _problems(rows: pl.DataFrame, together: str, tables: Tables) -> Iterator[tuple[str, Problem]]:
    """Yield the problems of books of a period that tell about the same mass, and of all of them together."""
    books = rows.filter("is_here")[_BOOK].unique().sort().to_list()
    for amount, of in _amounts(rows):
        pieces = of.filter("is_here").sort("piece", *KEYS)
        for book in books:
            found = loads.doubted(loads.told(pieces).filter(pl.col(_BOOK) == book))
            yield f"{book} {amount}", _problem(found, tables, amount)
        if len(books) > 1:
            yield f"{together} {amount}", _problem(loads.compared(pieces, amount), tables, amount)


def _amounts(rows: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield what is decided about, in pieces: what is pending, what is left of it, and what stands."""
    yield "mass_g", _pending(rows)
    rest = rows.with_columns(mass_g=_rest())
    if not rest["mass_g"].equals(rows["mass_g"]):
        yield "rest_g", _pending(rest).rename({"mass_g": "rest_g"})
    if (rows.filter("is_here")["mass_g"] < 0).any():
        yield "standing_g", loads.split(rows, amount="standing_g")


def _rest() -> pl.Expr:
    """Return what is left of what is pending, where the same companies took some back in the leaf.

    They may have told the same again: at the other end, or to another agency. That moves nothing.
    """
    size, load = pl.col("mass_g").abs(), ["leaf", "load"]
    total = pl.col("mass_g").sum().over(load)
    is_left = pl.col("mass_g").sign() == total.sign()
    told = pl.when(is_left).then(size).otherwise(0).cum_sum().over(load)
    left = pl.min_horizontal(told, total.abs()) - pl.min_horizontal(told - size, total.abs())
    return pl.when(is_left).then(left * total.sign()).otherwise(0)


def _pending(rows: pl.DataFrame) -> pl.DataFrame:
    """Return what is pending, in pieces of the loads that books hold altogether.

    Who stated a load in an earlier block of one book knows it in the last block of another one. What
    such a block was is no secret either: it is as if everybody knew its loads, and those that come from
    elsewhere; and as if each agency knew of what comes or goes only what it states there itself.
    """
    columns = [name for name in rows.columns if name not in {"mass_g", "standing_g", "taken"}]
    pieces = loads.split(moves(rows, columns).collect(), order=["taken_on"])
    is_known = ((pl.col("taken_on") < NOW) | pl.col("is_moved")).any().over("piece")
    now = pieces.with_columns(is_public=pl.col("is_public") | is_known).filter(pl.col("taken_on") == NOW)
    return now if now["again"].is_null().all() else now.with_columns(agency=_knowing())


def _knowing() -> pl.Expr:
    """Return every agency twice: one knows besides what it states elsewhere what of it is here as well."""
    again = loads.lines(pl.col("again")).over("piece")
    knows = pl.col("agency") + pl.when(again != "").then("\n" + again).otherwise(pl.lit(""))
    return loads.twice(pl.col("agency"), knows, _AGAIN)


def _problem(rows: pl.DataFrame, tables: Tables, amount: str) -> Problem:
    """Return the problem of one book, or of several, in which pieces that both have are loads."""
    names = [_BOOK] * (rows[_BOOK].n_unique() > 1) + [name for name in DIMENSIONS if tables.trees[name].depth]
    dimensions = tuple(Dimension(name, _columns(name, tables)) for name in names)
    holder, other = (pl.col(name).bin.encode("hex") for name in ("group_key", "counterparty_key"))
    is_unknown = pl.col("counterparty_key") == loads.UNKNOWN
    there = pl.when(is_unknown).then(None).otherwise(pl.coalesce(other, holder))
    unit = _unit(int(rows[amount].abs().sum()))
    shown = tuple(_table(table, names) for table in tables.tables)
    # Where no table has all dimensions, tables share loads as books do.
    has_overlaps = _BOOK in names or all(len(table.dimensions) < len(names) for table in shown)
    told = {LOAD: pl.col("piece").cast(pl.Int64)} if has_overlaps else {}
    contributions = rows.select(
        *(column for dimension in dimensions for column in dimension.columns),
        value=(pl.col(amount) + unit // 2) // unit,
        groups=pl.concat_list(holder, there),
        agency=pl.col("agency"),
        is_waived=pl.lit(value=False),
        is_public=pl.col("is_public"),
        **told,
    )
    return Problem(
        contributions=contributions,
        dimensions=dimensions,
        tables=shown,
        rules=tables.rules,
    )


def _columns(name: str, tables: Tables) -> tuple[str, ...]:
    return (_BOOK,) if name == _BOOK else tables.trees[name].columns


def _unit(total_g: int) -> int:
    """Return grams as long as their sum is small enough for the solver, else more."""
    unit = 1
    while total_g // unit >= AMOUNT_MAX:
        unit *= 10
    return unit


def _table(table: Table, names: Iterable[str]) -> ProblemTable:
    # A table that goes less far than others is decided as far as they go, and shown as far as it goes.
    return ProblemTable(table.name, tuple(name for name in names if name == _BOOK or table.depths[name]))


def _states(name: str, protected: Protected) -> pl.DataFrame:
    """Return the schema `_STATES`: which cells of the books of a problem are free."""
    period, *book = name.split(" ")[:-1]
    status = pl.Series(protected.status.tolist(), dtype=pl.String)
    found = protected.cells.places.with_columns(is_free=status == FREE, is_primary=status == PRIMARY)
    if _BOOK not in found.columns:
        found = found.with_columns(pl.lit(" ".join(book)).alias(_BOOK), pl.lit(1).alias(f"{_BOOK}_level"))
    parts = pl.col(_BOOK).str.split(" ").list
    absent = {node: 0 if node.endswith("_level") else ALL for node in NODES if node not in found.columns}
    found = found.filter(pl.col(f"{_BOOK}_level") == 1).with_columns(
        pl.lit(value).alias(node) for node, value in absent.items()
    )
    return found.select(
        pl.lit(period).alias("period"),
        parts.get(0).alias("measure"),
        parts.get(1).alias("flow"),
        *(column for name in DIMENSIONS for column in (pl.col(f"{name}_level"), _code(name))),
        "is_free",
        "is_primary",
    ).cast(pl.Schema(_STATES))


def _code(name: str) -> pl.Expr:
    return pl.when(pl.col(f"{name}_level") == 0).then(pl.lit(ALL)).otherwise(name).alias(name)
