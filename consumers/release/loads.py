"""Loads: what several books tell of the same mass, and who knows it for that reason.

A hub hands over rows, and not which loads they are made of. Rows of two books are of the same loads
as far as they name the same companies at both ends, and the same places, material, operation and
period: first what one agency states in several books, then what is left of any. Where a book does not
name the other end, what is left then is laid side by side, so that at least the sums are right.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from consumers.release.tables import CROSS_BORDER, DIMENSIONS, Tables

# Stands at the other end where another book says that it is not known who is there: not the one at the first.
UNKNOWN = b""
# Two books tell of the same load, also where one of them says up to so many times as much as the other:
# of the same companies, and of rows that are only laid side by side.
ALIKE, _ALIKE_BESIDE = 1.2, 1.0
_ENDS = ("group_key", "counterparty_key")
_BOOK = ("measure", "flow")
# Marks an agency that knows of other books only what is sure to be in its own.
_ITSELF = " itself"
# What `split` needs of rows beside their amount.
COLUMNS = (*_BOOK, "way", "load", "is_untold", *_ENDS, "agency", "is_public")
_PIECE = ("way", "pass", "load", "of", "is_negative", "end")
# What is laid over each other: what one agency states of two companies, what any do, and what is left.
_OWN, _OF_COMPANIES, _BESIDE = 0, 1, 2


def numbered(rows: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """Number ways and loads.

    Args:
        rows: Of the hub, with `country` and the path of each dimension.
        tables: What is published.

    Returns:
        The rows with `way` (what may hold the same loads, whichever book tells it), `load` (the same
        companies on that way) and `is_untold` (whether a book of the way never names the other end).
    """
    leaves = [tables.trees[name].leaf for name in DIMENSIONS[2:]]
    apart = [] if tables.settings.is_one_mass else ["measure"]
    is_cross, is_export = pl.col("flow").is_in(CROSS_BORDER), pl.col("flow") == CROSS_BORDER[0]
    ends = [
        pl.when(is_cross).then(pl.lit("CROSS")).otherwise("flow").alias("kind"),
        pl.when(is_export).then("country").otherwise("partner").alias("origin"),
        pl.when(is_export).then("partner").otherwise("country").alias("destination"),
    ]
    ends_of = pl.concat_list(pl.col(name).bin.encode("hex").fill_null("") for name in _ENDS)
    found = rows.with_columns(way=pl.struct(*ends, "period", *leaves, *apart).rank("dense"))
    is_untold = pl.col(_ENDS[1]).is_null().all().over("way", *_BOOK)
    return found.with_columns(load=ends_of.list.sort().list.join(" "), is_untold=is_untold.any().over("way"))


def split(
    rows: pl.DataFrame, within: Sequence[str] = (), amount: str = "mass_g", order: Sequence[str] = ()
) -> pl.DataFrame:
    """Return rows cut into pieces, each of which one row of each book has, or of some books only.

    Args:
        rows: Of `numbered`, with `measure`, `flow`, both groups, `agency`, `is_public` and the amount.
        within: Columns that keep rows apart.
        amount: The column; may be negative.
        order: Columns by which rows of a book are laid: the first ones meet the first of other books.

    Returns:
        For each row and piece the columns of the row, with `piece` (a number), the amount of the
        piece, `agency` (all who know it, one a line), `stated_by` (that of the row), `is_public`,
        `is_told`: False where a row has less than those of other books, and is taken to be as large,
        `is_sure`: False where books have different amounts of loads, which then may be different ones,
        `all_agency`: who states any of these loads, if it is not sure whose is which; null: it is, and
        `is_rest`: whether it is left of loads of which some agency states any in several books itself.
    """
    given = rows.filter(pl.col(amount) != 0).with_columns(is_rest=_is_own(within))
    own = given.filter("is_rest").with_columns(of="agency", **_pass(_OWN))
    own, left = _told_alone(_overlaid(own, within, amount, order), within)
    others = pl.concat([given.filter(~pl.col("is_rest")), left.select(given.columns)]).with_columns(
        pl.col("is_rest").any().over(*within, "way", "load"),
        of=pl.lit(None, pl.String),
        **_pass(_OF_COMPANIES),
    )
    common, alone = _told_alone(_overlaid(others, within, amount, order), within)
    untold = alone.filter("is_untold").select(others.columns)
    untold = untold.with_columns(load=pl.lit(""), is_rest=pl.lit(value=False), **_pass(_BESIDE))
    beside = _overlaid(untold, within, amount, order)
    passes = own.with_columns(is_rest=pl.lit(value=False)), common, alone.filter(~pl.col("is_untold")), beside
    found = pl.concat(of.select(common.columns) for of in passes)
    piece = [*within, *_PIECE]
    return found.with_columns(
        piece=pl.struct(piece).rank("dense"),
        agency=lines(pl.col("agency")).over(piece),
        stated_by="agency",
        is_public=pl.col("is_public").any().over(piece),
    ).drop("pass", "of", "end", "is_negative")


def doubted(pieces: pl.DataFrame) -> pl.DataFrame:
    """Return the pieces with every agency twice in `agency`, if it is not sure what another book has.

    One knows what the other book has of the loads that it states, as if they were the same, and all of
    it where it is not sure whose is which, and one does not. Neither may learn anything.
    """
    if pieces["is_sure"].all():
        return pieces
    sure = pl.when("is_sure").then("agency").otherwise("stated_by")
    return pieces.with_columns(agency=twice(pl.coalesce("all_agency", "agency"), sure, _ITSELF))


def compared(pieces: pl.DataFrame, amount: str = "mass_g") -> pl.DataFrame:
    """Return the pieces, oriented, as what books differ in is looked at.

    What is left of loads that agencies state in several books themselves is taken to be others in each
    book. Every agency is there twice in `agency`, if it is not sure whose some loads are: one knows all
    of those that it states any of, and one knows nothing of them, or of what is left its own.
    """
    pieces = oriented(pieces, amount).filter(pl.col("is_told") | ~pl.col("is_rest"))
    is_guessed = pl.col("all_agency").is_not_null() & ~pl.col("is_rest")
    if not pieces.select((is_guessed | pl.col("is_rest")).any()).item():
        return pieces
    book = pl.when("is_rest").then(pl.struct(_BOOK)).alias("book")
    itself = pl.when("is_rest").then("stated_by").otherwise("agency")
    both = twice(pl.coalesce("all_agency", "agency"), itself, _ITSELF)
    return pieces.with_columns(
        piece=pl.struct("piece", book).rank("dense"),
        agency=pl.when(is_guessed).then("all_agency").otherwise(both),
    )


def told(pieces: pl.DataFrame) -> pl.DataFrame:
    """Return the pieces that rows say themselves: they add up to the rows."""
    return pieces.filter("is_told")


def oriented(pieces: pl.DataFrame, amount: str = "mass_g") -> pl.DataFrame:
    """Return the pieces with their ends as the first book names them, or as `UNKNOWN`.

    Who holds the waste is named first, and that is the sender in one book and the receiver in
    another. What only one book tells is turned round if most is that it tells like others.
    """
    one, other = map(pl.col, _ENDS)
    size, is_shared = pl.col(amount).abs(), pl.len().over("piece") > 1
    pieces = pieces.sort("piece", *_BOOK).with_columns(
        of_first=one.first().over("piece"),
        of_last=pl.coalesce(other.first(), one.last(), pl.lit(UNKNOWN)).over("piece"),
    )
    votes = pl.when(one.eq_missing(pl.col("of_first"))).then(size).otherwise(-size).filter(is_shared)
    is_turned = votes.sum().over(_BOOK) < 0
    return pieces.with_columns(
        pl.when(is_shared)
        .then("of_first")
        .when(is_turned)
        .then(pl.coalesce(other, one))
        .otherwise(one)
        .alias(_ENDS[0]),
        pl.when(is_shared).then("of_last").when(is_turned).then(one).otherwise(other).alias(_ENDS[1]),
    ).drop("of_first", "of_last")


def differences(pieces: pl.DataFrame) -> pl.DataFrame:
    """Return what figures that share pieces have each alone, by pairs of them.

    Args:
        pieces: Of `split`, with `window` and `leaf`, a number of each figure.

    Returns:
        The pieces with the number of the pair as `leaf`; those of the second figure have the other sign.
    """
    of = ["window", "piece"]
    pieces = compared(pieces)
    ends = pieces.select(*of, "leaf")
    pairs = ends.join(ends.rename({"leaf": "other"}), on=of).filter(pl.col("leaf") != pl.col("other"))
    pairs = pairs.select("window", "leaf", "other").unique()
    alone = pieces.join(pairs, on=["window", "leaf"]).join(
        ends.rename({"leaf": "other"}), on=[*of, "other"], how="anti"
    )
    # Whose that is of rows that were only laid side by side is not known: it may be one company's.
    alone = alone.with_columns(pl.when(~pl.col("is_untold")).then(name).alias(name) for name in _ENDS)
    sign = (pl.col("other") - pl.col("leaf")).sign()
    pair = pl.struct(
        "window", pl.min_horizontal("leaf", "other"), pl.max_horizontal("leaf", "other").alias("most")
    )
    return alone.with_columns(pl.col("mass_g") * sign, leaf=pair.rank("dense")).drop("other")


def lines(agencies: pl.Expr) -> pl.Expr:
    """Return all of some agencies in one text, one a line; null is none."""
    return agencies.unique().sort().str.join("\n")


def twice(one: pl.Expr, other: pl.Expr, mark: str) -> pl.Expr:
    """Return who knows something, one a line, if every agency is there twice, the other time marked."""
    return one + "\n" + other.str.replace_all(r"(?m)$", mark)


def _pass(number: int) -> dict[str, pl.Expr]:
    return {"pass": pl.lit(number)}


def _is_own(within: Sequence[str]) -> pl.Expr:
    """Say whether an agency states loads of two companies in several books, and others do, too."""
    load = [*within, "way", "load"]
    is_several = pl.struct(_BOOK).n_unique().over(*load, "agency") > 1
    return is_several & (pl.col("agency").n_unique().over(load) > 1)


def _told_alone(pieces: pl.DataFrame, within: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the pieces that several books tell, and those of one alone."""
    found = pieces.with_columns(is_alone=pl.struct(_BOOK).n_unique().over(*within, *_PIECE) == 1)
    return found.filter(~pl.col("is_alone")).drop("is_alone"), found.filter("is_alone").drop("is_alone")


def _overlaid(rows: pl.DataFrame, within: Sequence[str], amount: str, order: Sequence[str]) -> pl.DataFrame:
    """Lay the rows of each book end to end, and cut them where a row of any book ends."""
    part = [*within, *_PIECE[:-1]]
    book = [*part, *_BOOK]
    laid = (
        rows.with_columns(is_negative=pl.col(amount) < 0)
        # Rows of the same companies in several places meet in the same order each time.
        .sort(*book, *order, *_ENDS, "agency", "leaf", amount)
        .with_columns(told=pl.col(amount).abs().cum_sum().over(book))
        .with_columns(total=pl.col("told").max().over(book), most=pl.col("told").max().over(part))
        .with_columns(start=pl.col("told") - pl.col(amount).abs())
    )
    # Its last row is taken to go on where the book says a little less than others.
    alike = pl.when(pl.col("pass") != _BESIDE).then(ALIKE).otherwise(_ALIKE_BESIDE)
    goes_on = (pl.col("told") == pl.col("total")) & (pl.col("most") <= alike * pl.col("total"))
    # What a book has both ways is more loads than what another one of the same companies has one way.
    ways = pl.struct(_ENDS).n_unique().over(book)
    goes_on &= (ways.max().over(part) == ways.min().over(part)) | (pl.col("pass") == _BESIDE)
    laid = laid.with_columns(last=pl.when(goes_on).then("most").otherwise("told"))
    laid = _with_doubts(laid, part, amount, alike)
    cuts = laid.select(*part, end="told").unique().sort(*part, "end")
    cuts = cuts.with_columns(size=pl.col("end") - pl.col("end").shift(1, fill_value=0).over(part))
    return (
        laid.join(cuts, on=part, nulls_equal=True)
        .filter(pl.col("end") > pl.col("start"), pl.col("end") <= pl.col("last"))
        .with_columns(
            (pl.when("is_negative").then(-pl.col("size")).otherwise("size")).alias(amount),
            is_told=pl.col("end") <= pl.col("told"),
        )
        .drop("told", "total", "most", "start", "last", "size")
    )


def _with_doubts(laid: pl.DataFrame, part: Sequence[str], amount: str, alike: pl.Expr) -> pl.DataFrame:
    """Return rows with `all_agency` and `is_sure`: whether books tell alike of loads, agency by agency."""
    book, of = [*part, *_BOOK], [*part, "rank"]
    ranked = laid.with_columns(
        share=pl.col(amount).abs().sum().over(*book, "agency"), rank=pl.col("agency").rank("dense").over(book)
    )
    share, books = pl.col("share"), pl.struct(_BOOK).n_unique()
    is_alike = share.max().over(of) <= alike * share.min().over(of)
    is_same = (is_alike & (books.over(of) == books.over(part))).all().over(part)
    is_several = (books.over(part) > 1) & (pl.col("pass") != _OWN)
    is_sure = ~is_several | is_same & ~pl.col("is_rest").any().over(part)
    is_guessed = ~is_sure & (pl.col("rank") > 1).any().over(part)
    all_agency = pl.when(is_guessed).then(lines(pl.col("agency")).over(part))
    return ranked.with_columns(is_sure=is_sure, all_agency=all_agency).drop("share", "rank")
