"""How far long work is, as a bar on a terminal; nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TimeRemainingColumn


@contextmanager
def shown(what: str) -> Iterator[Callable[[int, int], None]]:
    """Yield what moves the bar: it takes how much is done, and how much there is.

    The bar ends when all is done, or with the block. Meanwhile what goes to stderr stands above it.
    """
    columns = (what, BarColumn(), TaskProgressColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    is_hidden = not sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), disable=is_hidden) as bar:
        task = bar.add_task("", visible=False)

        def show(done: int, all_of_it: int) -> None:
            bar.update(task, completed=done, total=all_of_it, visible=all_of_it > 0)
            if done >= all_of_it:
                bar.stop()

        yield show
