"""What is refused, as a table for people: how many by reason and by whose they are, then which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table


def show(  # noqa: PLR0917  # two tables
    what: str,
    whose: str,
    counts: Counter[tuple[str, str]],
    columns: Sequence[str],
    rows: Iterable[tuple[str, ...]],
    rows_max: int,
    *,
    whole: str = "",
) -> None:
    """Print both tables, or that there is nothing.

    Args:
        what: What is refused, such as `record`.
        whose: Heading of whose they are.
        counts: How many there are, by reason and by whose they are.
        columns: Headings of the rows.
        rows: The newest of them, at most `rows_max`, newest last.
        rows_max: How many are shown.
        whole: The column that is never folded.
    """
    console = Console(highlight=False)
    if not counts:
        console.print(f"No such {what} is refused.")
        return
    summary = _table("reason", whose, f"{what}s")
    for (reason, name), count in sorted(counts.items()):
        summary.add_row(reason, name, str(count))
    console.print(summary)
    table = _table(*columns, whole=whole)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    if counts.total() > rows_max:
        console.print(f"The newest {rows_max} of {counts.total()}: --limit shows more.")


def _table(*columns: str, whole: str = "") -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold", no_wrap=name == whole)
    return table
