"""Rules that a decoded record must keep, evaluated on whole columns.

They refuse what the row model `schemas.movement.Movement` refuses, and besides what would
spoil the tables: another record key, dates and masses beyond belief, separators in codes.
A test holds the two equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta

import polars as pl

from consumers.hub.events import INDEX, Events, row_types
from consumers.hub.terms import COLUMNS
from schemas.movement import FIRST_DAY, LAST_DAY, QUANTITY, Change, Precision, Relation, Side, Stage
from schemas.reasons import Reason

# A thousand million tonnes: nine thousand such sums still fit into 64 bits.
MASS_G_MAX = 10**15

_IDENTIFIERS = (
    "event_id",
    "statement_key",
    "movement_key",
    "contributor",
    "contributor_group",
    "counterparty",
)
_ENUMS = {"change": Change, "stage": Stage, "side": Side, "precision": Precision}
_COUNTRIES = ("origin_country", "destination_country")
_NUMBERS = ("revision", "edition", "line_number", "step", "mass_g")
_INSTANTS = ("recorded_at", "occurred_at", "release_at")
_COUNTRY = "^[A-Z]{2}$"
_AGENCY = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,12}")
_KEY = "_key"
_BYTES = 16


# A day of one zone begins on another one elsewhere, and a record may stay confidential for a year.
_FIRST_INSTANT = datetime.combine(FIRST_DAY - timedelta(days=1), time(), UTC)
_LAST_INSTANT = datetime.combine(LAST_DAY + timedelta(days=500), time(), UTC)


def _rules() -> dict[Reason, tuple[pl.Expr, ...]]:
    """Return what is refused; each expression looks at what belongs to one term, or to none."""
    related, codes, transit = pl.col("related"), pl.col("other_codes"), pl.col("transit_countries")
    element = pl.element()
    relations = element.struct.field("relation").is_in(list(Relation))
    key_fits = element.struct.field("movement_key").bin.size() == _BYTES
    separated = element.struct.field("scheme").str.contains("[:|]") | element.struct.field(
        "code"
    ).str.contains("|", literal=True)
    return {
        Reason.KEY_MISMATCH: (pl.col(_KEY).ne_missing(pl.col("movement_key")),),
        Reason.IDENTIFIER_LENGTH: (
            *(pl.col(name).bin.size() != _BYTES for name in _IDENTIFIERS),
            related.list.eval(~key_fits).list.any(),
        ),
        Reason.ENUM_UNKNOWN: tuple(~pl.col(name).is_in(list(symbols)) for name, symbols in _ENUMS.items()),
        Reason.COUNTRY_FORM: (
            *(~pl.col(name).str.contains(_COUNTRY) for name in _COUNTRIES),
            transit.list.eval(~element.str.contains(_COUNTRY)).list.any(),
        ),
        Reason.RELATION_UNKNOWN: (related.list.eval(~relations).list.any(),),
        Reason.QUANTITY_FORM: (~pl.col("quantity").str.contains(QUANTITY),),
        Reason.NUMBER_NEGATIVE: tuple(pl.col(name) < 0 for name in _NUMBERS),
        Reason.MASS_IMPLAUSIBLE: (pl.col("mass_g") > MASS_G_MAX,),
        Reason.DATE_IMPLAUSIBLE: (
            ~pl.col("occurred_on").is_between(FIRST_DAY, LAST_DAY),
            *(~pl.col(name).is_between(_FIRST_INSTANT, _LAST_INSTANT) for name in _INSTANTS),
        ),
        Reason.CODE_SEPARATOR: (codes.list.eval(separated).list.any(),),
    }


def _any(found: Iterable[pl.Expr]) -> pl.Expr:
    return pl.any_horizontal(pl.lit(value=False), *(rule.fill_null(value=False) for rule in found))


_BROKEN = [_any(rules).alias(reason) for reason, rules in _rules().items()]
_RULES = [rule for rules in _rules().values() for rule in rules]
_TERM_RULES = {
    name: _any(rule for rule in _RULES if {*rule.meta.root_names()} <= {*columns})
    for name, columns in COLUMNS.items()
}
_ROW_RULES = _any(rule for rule in _RULES if {*rule.meta.root_names()} <= {_KEY, *row_types()})


def check(events: Events, keys: Sequence[bytes | None]) -> tuple[Events, dict[int, tuple[Reason, ...]]]:
    """Return the events that keep every rule, and by place in the batch what the others break.

    Args:
        events: Decoded ones.
        keys: Record keys of the whole batch.
    """
    record_keys = pl.Series(_KEY, keys, dtype=pl.Binary).gather(events.rows.get_column(INDEX))
    is_bad = events.rows.with_columns(record_keys).select(_ROW_RULES).to_series()
    for name, rules in _TERM_RULES.items():
        is_bad |= events.stated(name, events.terms[name].select(rules).to_series())
    if not is_bad.any():
        return events, {}
    bad = events.kept(is_bad).whole()
    broken = bad.with_columns(record_keys.filter(is_bad)).select(_BROKEN)
    return events.kept(~is_bad), {
        place: tuple(Reason(name) for name, is_broken in row.items() if is_broken)
        for place, row in zip(bad.get_column(INDEX), broken.iter_rows(named=True), strict=True)
    }


def foreign(events: Events, signers: Sequence[str | None]) -> tuple[Events, list[int]]:
    """Return the events that name the agency which signed them, and the places in the batch of the others.

    Args:
        events: Decoded ones.
        signers: Of the whole batch, None where nobody has signed.
    """
    found = pl.Series(signers, dtype=pl.String).gather(events.rows.get_column(INDEX))
    is_own = events.stated("kind", events.terms["kind"].get_column("agency")).eq_missing(found)
    if is_own.all():
        return events, []
    return events.kept(is_own), events.rows.filter(~is_own).get_column(INDEX).to_list()


def agencies(events: Events, places: Sequence[int]) -> dict[int, str]:
    """Return by place in the batch which agency sent a record, where it has the form of one."""
    found = events.kept(events.rows.get_column(INDEX).is_in(list(places))).whole().select(INDEX, "agency")
    return {place: agency for place, agency in found.iter_rows() if _AGENCY.fullmatch(agency)}
