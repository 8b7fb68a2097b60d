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
    table = _table("record", "told", "agency", "reasons", "redriven")
    for told in chosen[-rows_max:]:
        letter = told.letter
        number = "" if letter.redriven is None else str(letter.redriven)
        row = (named(told), instant(told.told_at), signer(told), ", ".join(letter.reasons), number)
        table.add_row(*row)
    console.print(table)
    if len(chosen) > rows_max:
        console.print(f"The newest {rows_max} of {len(chosen)}: --limit shows more.")


def signer(told: Told) -> str:
    """Return who has signed a record."""
    return told.letter.agency or "nobody"


def remedy(reason: str) -> str:
    """Return what to do about a reason."""
    return HINTS[Reason(reason)] if reason in {*Reason} else _LATER


def _counts(chosen: Sequence[Told]) -> Table:
    table = _table("reason", "agency", "records")
    found = Counter((told.letter.reasons[0], signer(told)) for told in chosen)
    for (reason, agency), count in sorted(found.items()):
        table.add_row(reason, agency, str(count))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False)
    for name in columns:
        # A record is copied from here into the next command.
        table.add_column(name, overflow="fold", no_wrap=name == "record")
    return table
