"""Validation that every statement passes, whichever adapter made it.

Adapters check what their own system demands; the rules here keep the ledger plausible.
All findings are collected, none stops at the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from producers.harmonise import Harmonised
from producers.reading.remembered import remembered
from producers.statement import Statement
from schemas import places
from schemas.findings import Finding, Rule, Severity
from schemas.movement import DECIMALS_MAX, FIRST_DAY, LAST_DAY, UNKNOWN_COUNTRY, WHOLE_DIGITS_MAX, Stage

# The largest ship carries less than half of it.
MASS_G_MAX = 10**12
# The numbers of an event have 31 bits.
_NUMBER_END = 1 << 31
# More routes and days than there are.
_REMEMBERED_MAX = 4096
STATEMENTS_MAX = 5_000
_CODE = re.compile(r"[A-Z0-9][A-Z0-9.*/_-]{0,31}", re.ASCII)
_INTENDED = frozenset({Stage.NOTIFIED, Stage.ANNOUNCED})
CONTENT_BYTES_MAX = 64 * 1024
# A rejected document that is larger has to be looked at in its file.
ORIGINAL_BYTES_MAX = 256 * 1024

RULES = (
    Rule(
        "date.impossible",
        Severity.ERROR,
        f"the date lies outside {FIRST_DAY.year} to {LAST_DAY.year}: correct it in the source",
        "weighbridge",
    ),
    Rule(
        "date.future",
        Severity.WARNING,
        "what has happened is dated after the document was delivered: check the date",
        "weighbridge",
    ),
    Rule("quantity.negative", Severity.ERROR, "state the quantity as a positive number", "weighbridge"),
    Rule("quantity.zero", Severity.WARNING, "a load of nothing: check it in the source", "weighbridge"),
    Rule(
        "quantity.absurd",
        Severity.ERROR,
        "more than a million tonnes in one load, or more than 38 digits: check the unit and the figure",
        "weighbridge",
    ),
    Rule(
        "text.form",
        Severity.ERROR,
        "a code, unit or operation is written like none: up to 32 capital letters, digits and . * / - _ "
        "without blanks, or somebody's name could travel in it",
        "weighbridge",
    ),
    Rule("country.unknown", Severity.ERROR, "use an ISO 3166-1 code", "ISO 3166-1"),
    Rule(
        "statement.number",
        Severity.ERROR,
        "a line, a step or a number of loads is negative or beyond all counting: correct it in the source",
        "weighbridge",
    ),
    Rule(
        "document.line.repeated",
        Severity.ERROR,
        "the document states the same line, stage and step twice: number its lines and transporters apart",
        "weighbridge",
    ),
    Rule(
        "document.recorded_at",
        Severity.ERROR,
        "the system's own instant of this version lies in the future or before 1990: check its clock",
        "weighbridge: the newest version wins, so a wrong clock would outrank every correction",
    ),
    Rule(
        "document.identity",
        Severity.ERROR,
        "the document's number holds a character that cannot be printed, or its version is negative or "
        "beyond all counting: correct them in the source",
        "weighbridge",
    ),
    Rule(
        "adapter.failed",
        Severity.ERROR,
        "the adapter failed here and read no further: report it to its makers, with a document of your own",
        "weighbridge",
    ),
    Rule(
        "document.size",
        Severity.ERROR,
        f"the document states more than {STATEMENTS_MAX} facts: split it",
        "weighbridge: its position has to fit one record",
    ),
    Rule(
        "statement.size",
        Severity.ERROR,
        f"one fact takes more than {CONTENT_BYTES_MAX // 1024} KiB: shorten its lists of codes and movements",
        "weighbridge: an event has to fit one record",
    ),
    Rule(
        "text.surrogate",
        Severity.ERROR,
        "a text holds half of a character: export the document again as UTF-8",
        "RFC 8259, section 8.2",
    ),
    Rule(
        "keys.year.missing",
        Severity.ERROR,
        "there is no pseudonym key for the year of this fact: ask the key holders of the exchange for it",
        "weighbridge",
    ),
    Rule(
        "document.superseded",
        Severity.WARNING,
        "a newer revision was published before: nothing to do",
        "weighbridge",
    ),
    Rule(
        "document.known",
        Severity.WARNING,
        "another document stands under this identity, and this one does not say that it corrects it: "
        "if it does, send it as a correction; it was passed over",
        "weighbridge",
    ),
    Rule(
        "document.unknown",
        Severity.ERROR,
        "it corrects or withdraws a document that was never published: send the original first, then redrive",
        "weighbridge",
    ),
    Rule(
        "collection.member.missing",
        Severity.ERROR,
        "a line of an earlier upload is missing: upload the complete log",
        "DEFRA, packaging summary log: SEQUENTIAL_ROW_REMOVED",
    ),
)
RULES_BY_ID = {rule.id: rule for rule in RULES}


def validate(harmonised: Harmonised, path: str) -> list[Finding]:
    """Return everything that is implausible about a statement."""
    return [RULES_BY_ID[rule].at(path) for rule in dict.fromkeys(_broken(harmonised))]


@lru_cache(_REMEMBERED_MAX)
def latest_day(delivered_at: datetime) -> date:
    """Return the day on which a delivery is in the time zone that is furthest ahead, or the next one."""
    return delivered_at.astimezone(UTC).date() + timedelta(days=1)


def is_ahead(statement: Statement, latest: date) -> bool:
    """Say whether a statement of what has happened is dated after the latest day of its delivery."""
    return statement.when.on > latest and statement.stage not in _INTENDED


def _broken(harmonised: Harmonised) -> Iterator[str]:
    statement = harmonised.statement
    if not FIRST_DAY <= statement.when.on <= LAST_DAY:
        yield "date.impossible"
    if _has_wild_number(statement):
        yield "statement.number"
    if statement.quantity is not None:
        yield from _broken_by(statement.quantity.value)
    if not _are_known(statement.origin.country, statement.destination.country, *statement.transit_countries):
        yield "country.unknown"
    if not all(map(_CODE.fullmatch, filter(None, _texts(statement)))):
        yield "text.form"
    if harmonised.mass_g is not None and harmonised.mass_g > MASS_G_MAX:
        yield "quantity.absurd"


def _broken_by(value: Decimal) -> Iterator[str]:
    if not value.is_finite():
        yield "quantity.absurd"
        return
    _, digits, exponent = value.as_tuple()
    if len(digits) + int(exponent) > WHOLE_DIGITS_MAX or -int(exponent) > DECIMALS_MAX:
        yield "quantity.absurd"
    if value < 0:
        yield "quantity.negative"
    if value == 0:
        yield "quantity.zero"


def _has_wild_number(statement: Statement) -> bool:
    numbers = (statement.line_number, statement.step, statement.load_count or 0)
    return min(numbers) < 0 or max(numbers) >= _NUMBER_END


def _texts(statement: Statement) -> list[str | None]:
    """Return what travels as it is stated, and in clear."""
    unit = None if statement.quantity is None else statement.quantity.unit
    texts = [statement.operation_code, statement.native_operation_code, unit]
    for code in statement.codes:
        texts += code
    # Each relation once, as a document may have thousands of links.
    return [*texts, *{relation for _, relation in statement.related}]


@remembered(_REMEMBERED_MAX)
def _are_known(*countries: str) -> bool:
    return all(code == UNKNOWN_COUNTRY or places.is_country(code) for code in countries)
