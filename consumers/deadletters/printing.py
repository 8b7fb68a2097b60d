"""Dead letters as people and programs read them; none has a value of a record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from consumers.deadletters.letters import Told
from consumers.deadletters.selection import named
from schemas import refused
from schemas.plain import instant
from schemas.reasons import HINTS, Reason

_LATER = "a later release of this program knows this reason: install it"


def as_json(told: Told) -> dict[str, Any]:
    """Return what a program reads of a dead letter."""
    letter = told.letter
    return {
        "place": named(told),
        "topic": told.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "agency": letter.agency,
        "reasons": [*letter.reasons],
        "told_at": instant(told.told_at),
        "redriven": letter.redriven,
    }


def show_table(chosen: Sequence[Told], rows_max: int) -> None:
    """Print how many there are by reason and agency, then where they are, newest last."""
    refused.show(
        "record",
        "agency",
        Counter((told.letter.reasons[0], signer(told)) for told in chosen),
        ("record", "told", "agency", "reasons", "redriven"),
        map(_row, chosen[-rows_max:]),
        rows_max,
        # It is copied from here into the next command.
        whole="record",
    )


def signer(told: Told) -> str:
    """Return who has signed a record."""
    return told.letter.agency or "nobody"


def remedy(reason: str) -> str:
    """Return what to do about a reason."""
    return HINTS[Reason(reason)] if reason in {*Reason} else _LATER


def _row(told: Told) -> tuple[str, ...]:
    number = "" if told.letter.redriven is None else str(told.letter.redriven)
    return named(told), instant(told.told_at), signer(told), ", ".join(told.letter.reasons), number
