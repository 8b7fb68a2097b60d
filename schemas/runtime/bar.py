"""How far long work is, as a bar on a terminal; nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TimeRemainingColumn


@contextmanager
def steps() -> Iterator[Callable[[str, int, int], None]]:
    """Yield what moves the bar: it takes the name of a step, how much is done, and how much there is.

    The bar ends with the block. Meanwhile what goes to stderr stands above it.
    """
    columns = ("{task.description}", BarColumn(), TaskProgressColumn(), MofNCompleteColumn())
    console, is_hidden = Console(stderr=True), not sys.stderr.isatty()
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=is_hidden) as bar:
        task = bar.add_task("", visible=False)
        yield lambda step, done, all_of_it: bar.update(
            task, description=step, completed=done, total=all_of_it, visible=all_of_it > 0
        )


@contextmanager
def shown(what: str) -> Iterator[Callable[[int, int], None]]:
    """Yield what moves the bar of a single step; the bar ends when all is done, too."""
    with ExitStack() as ending:
        moved = ending.enter_context(steps())

        def show(done: int, all_of_it: int) -> None:
            moved(what, done, all_of_it)
            if done >= all_of_it:
                ending.close()

        yield show
