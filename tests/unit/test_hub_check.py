"""The rules on columns refuse what the row model refuses, and what would spoil the tables."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from consumers.hub.check import check
from consumers.hub.events import INDEX, Events, empty
from schemas.movement import Movement
from schemas.reasons import HINTS, Reason
from tests.support import events

ALIEN = "alien"
# Field, value that breaks a rule of the row model, and the reason it is refused for.
BROKEN_IN_MODEL = [
    *((name, b"short", Reason.IDENTIFIER_LENGTH) for name in ("event_id", "statement_key", "contributor")),
    *(
        (name, b"longer than sixteen", Reason.IDENTIFIER_LENGTH)
        for name in ("counterparty", "contributor_group")
    ),
    *((name, "UNKNOWN", Reason.ENUM_UNKNOWN) for name in ("change", "stage", "side", "precision")),
    *((name, "gb", Reason.COUNTRY_FORM) for name in ("origin_country", "destination_country")),
    ("origin_country", "GBR", Reason.COUNTRY_FORM),
    ("transit_countries", ["DE", ""], Reason.COUNTRY_FORM),
    *(
        (name, -1, Reason.NUMBER_NEGATIVE)
        for name in ("revision", "edition", "line_number", "step", "mass_g")
    ),
    ("related", [{"movement_key": b"0" * 16, "relation": ALIEN}], Reason.RELATION_UNKNOWN),
    ("related", [{"movement_key": b"0", "relation": "REPLACES"}], Reason.IDENTIFIER_LENGTH),
]
# Field and value that the row model lets pass and a hub does not.
BROKEN_FOR_HUB = [
    ("occurred_on", date(1989, 12, 31), Reason.DATE_IMPLAUSIBLE),
    ("occurred_on", date(2100, 1, 1), Reason.DATE_IMPLAUSIBLE),
    ("recorded_at", datetime(1970, 1, 1, tzinfo=UTC), Reason.DATE_IMPLAUSIBLE),
    ("release_at", datetime(2200, 1, 1, tzinfo=UTC), Reason.DATE_IMPLAUSIBLE),
    ("mass_g", 10**15 + 1, Reason.MASS_IMPLAUSIBLE),
    ("other_codes", [{"scheme": "US:EPA", "code": "D001"}], Reason.CODE_SEPARATOR),
    ("other_codes", [{"scheme": "US-EPA", "code": "D001|D002"}], Reason.CODE_SEPARATOR),
]
UNBROKEN = [
    ("mass_g", None),
    ("mass_g", 0),
    ("mass_g", 10**15),
    ("contributor", None),
    ("hazardous", "UNKNOWN"),
    ("basis", "UNKNOWN"),
    ("transit_countries", []),
    ("occurred_on", date(1990, 1, 1)),
    ("occurred_on", date(2099, 12, 31)),
    ("related", [{"movement_key": b"0" * 16, "relation": "REPLACES"}]),
    ("other_codes", [{"scheme": "UN", "code": "1993: x"}]),
]


def changed(field: str, value: Any) -> dict[str, Any]:
    """Return a valid event with one field replaced, whatever by."""
    return events.movement(1) | {field: value}


def verdict(*rows: dict[str, Any]) -> dict[int, tuple[Reason, ...]]:
    """Return what rows break, with the record keys that belong to them."""
    numbered = [row | {INDEX: number} for number, row in enumerate(rows)]
    frame = pl.DataFrame(numbered, schema=empty().schema, orient="row")
    kept, broken = check(Events.of(frame), [row["movement_key"] for row in rows])

    assert sorted([*kept.rows.get_column(INDEX), *broken]) == list(range(len(rows)))
    return broken


def model_accepts(row: dict[str, Any]) -> bool:
    """Say whether the row model takes an event."""
    try:
        Movement.model_validate(row)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(("field", "value", "reason"), BROKEN_IN_MODEL)
def test_what_the_row_model_refuses_is_refused_for_one_reason(field: str, value: Any, reason: Reason) -> None:
    """Each broken rule has its reason, and the events beside are kept."""
    row = changed(field, value)

    assert not model_accepts(row)
    assert verdict(events.movement(2), row, events.movement(3)) == {1: (reason,)}


@pytest.mark.parametrize(("field", "value", "reason"), BROKEN_FOR_HUB)
def test_what_would_spoil_the_tables_is_refused(field: str, value: Any, reason: Reason) -> None:
    """A hub refuses more than the row model: dates and masses beyond belief, separators in codes."""
    row = changed(field, value)

    assert model_accepts(row)
    assert verdict(row) == {0: (reason,)}


@pytest.mark.parametrize(("field", "value"), UNBROKEN)
def test_what_the_row_model_takes_is_kept(field: str, value: Any) -> None:
    """Values at the edge of a rule are kept."""
    row = changed(field, value)

    assert model_accepts(row)
    assert verdict(row) == {}


def test_record_key_must_be_the_movement_key() -> None:
    """A record under another key, or none, would not meet the other end of its movement."""
    row = events.movement(1) | {INDEX: 0}
    frame = pl.DataFrame([row], schema=empty().schema, orient="row")

    assert check(Events.of(frame), [b"another key 1234"])[1] == {0: (Reason.KEY_MISMATCH,)}
    assert check(Events.of(frame), [None])[1] == {0: (Reason.KEY_MISMATCH,)}


def test_every_broken_rule_is_named() -> None:
    """A record that breaks several rules has all their reasons."""
    row = events.movement(1) | {"stage": "UNKNOWN", "mass_g": -1, "origin_country": "?"}

    assert set(verdict(row)[0]) == {Reason.ENUM_UNKNOWN, Reason.NUMBER_NEGATIVE, Reason.COUNTRY_FORM}


def test_every_reason_says_what_to_do() -> None:
    """The list of reasons and the list of hints are one."""
    assert set(HINTS) == set(Reason)
