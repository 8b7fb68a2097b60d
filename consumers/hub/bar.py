"""How far a hub is, as a bar on a terminal; elsewhere the log tells it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TimeRemainingColumn

from consumers.hub.progress import Show


@contextmanager
def catching_up() -> Iterator[Show]:
    """Yield what shows the bar, until all is done or the block ends."""
    columns = (
        *("Reading the ledger", BarColumn(), TaskProgressColumn(), MofNCompleteColumn()),
        TimeRemainingColumn(),
    )
    is_hidden = not sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), disable=is_hidden) as bar:
        task = bar.add_task("", visible=False)

        def show(done: int, records: int) -> None:
            bar.update(task, completed=done, total=records, visible=records > 0)
            if done >= records:
                bar.stop()

        yield show
