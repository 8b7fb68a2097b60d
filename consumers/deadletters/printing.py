"""Dead letters as people and programs read them; none has a value of a record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from consumers.deadletters.letters import Told
from consumers.deadletters.selection import named
from schemas.plain import instant
from schemas.reasons import HINTS, Reason

_LATER = "a later release of this program knows this reason: install it"
_NOBODY = "?"


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
    console = Console(highlight=False)
    if not chosen:
        console.print("No such record is refused.")
        return
    console.print(_counts(chosen))
    table = Table("record", "agency", "told", "reasons", box=SIMPLE_HEAD, padding=0, pad_edge=False)
    for told in chosen[-rows_max:]:
        reasons = ", ".join(told.letter.reasons)
        state = "" if told.letter.redriven is None else f" (redriven: {told.letter.redriven})"
        table.add_row(named(told), told.letter.agency or _NOBODY, instant(told.told_at), f"{reasons}{state}")
    console.print(table)
    if len(chosen) > rows_max:
        console.print(f"The newest {rows_max} of {len(chosen)}: --limit shows more.")


def remedy(reason: str) -> str:
    """Return what to do about a reason."""
    return HINTS[Reason(reason)] if reason in {*Reason} else _LATER


def _counts(chosen: Sequence[Told]) -> Table:
    table = Table("reason", "agency", "records", box=SIMPLE_HEAD, padding=0, pad_edge=False)
    found = Counter((told.letter.reasons[0], told.letter.agency or _NOBODY) for told in chosen)
    for (reason, agency), count in sorted(found.items()):
        table.add_row(reason, agency, str(count))
    return table
