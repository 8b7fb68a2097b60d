"""What the demonstration shows at its end: published, withheld, rejected, what to try next."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from deploy.demo.demo import Results
from schemas import codes

# Of each country, and of each adapter: enough to see all of them on one screen or two.
_CELLS_MAX = 3
_RULES_MAX = 2
_GRAMS_PER_TONNE = 1_000_000
_ALL = "ALL"
_WHERE = {
    "DOMESTIC": "{region}",
    "EXPORT": "{region}, sent abroad",
    "IMPORT": "{region}, from abroad",
}
_FIGURES = ("files", "documents", "events", "rejected", "warnings")


def show(results: Results, folder: Path, console: Console) -> None:
    """Print the summary."""
    console.print()
    console.print(_deliveries(results))
    console.print(_published(results))
    _withheld(results, console)
    _both_sides(results, console)
    _rejected(results, console)
    _next(folder, console)


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=0, pad_edge=False)


def _deliveries(results: Results) -> Table:
    table = _table("What the agencies published")
    for name in ("agency", "documents", "adapter"):
        table.add_column(name, no_wrap=True)
    for name in ("files", "read", "events", "rejected", "warnings"):
        table.add_column(name, justify="right")
    for (agency, title, adapter), totals in results.published.items():
        figures = (sum(map(attrgetter(name), totals)) for name in _FIGURES)
        table.add_row(agency, title, adapter, *map(str, figures))
    return table


def _published(results: Results) -> Table:
    free = [cell for cell in results.observations if cell["mass_g"]]
    # Totals over countries and materials stand in the file.
    totals = {row["parent"] for row in codes.rows("materials")}
    shown = [cell for cell in free if cell["region"] != _ALL and cell["material"] not in totals]
    table = _table(f"What the hub published: {len(free)} masses, the largest of each country")
    for name in ("period", "measure", "where", "material"):
        table.add_column(name)
    table.add_column("tonnes", justify="right")
    for cell in _largest(shown):
        table.add_row(
            cell["period"],
            cell["measure"],
            _WHERE[cell["flow"]].format(**cell),
            cell["material"],
            f"{cell['mass_g'] / _GRAMS_PER_TONNE:,.3f}",
        )
    return table


def _largest(free: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    by_country = sorted(free, key=lambda cell: (_country(cell), -cell["mass_g"]))
    for _, cells in groupby(by_country, _country):
        yield from list(cells)[:_CELLS_MAX]


def _country(cell: dict[str, Any]) -> str:
    country: str = cell["region"].partition("-")[0]
    return country


def _withheld(results: Results, console: Console) -> None:
    by_measure = Counter(
        cell["measure"] for cell in results.observations if cell["conf_status"] == "CONFIDENTIAL"
    )
    detail = ", ".join(f"{count} {measure}" for measure, count in sorted(by_measure.items()))
    empty = sum(cell["mass_g"] == 0 for cell in results.observations)
    console.print(
        f"[bold]Withheld[/]: {by_measure.total()} cells ({detail}). Too few companies stand behind such a "
        "cell, or one of them could work out another, or a company or a mass in it is not known, or it "
        "would let one of these be worked out from totals. They are published as confidential, without a "
        f"value. {empty} more cells hold nothing: each release has the same cells, whatever happens.\n"
    )


def _both_sides(results: Results, console: Console) -> None:
    """Tell how far the books of two agencies are apart: in per cent, and in no mass of anybody."""
    if not results.pairs:
        return
    count = len(results.pairs)
    agencies = sorted({agency for *both, _ in results.pairs for agency in both})
    gap = max(abs(permille) for *_, permille in results.pairs) / 10
    shipments = "1 shipment is" if count == 1 else f"{count} shipments are"
    console.print(
        f"[bold]Seen from both sides[/]: {shipments} in the books of {' and '.join(agencies)}. What was sent "
        f"and what arrived differ by {'' if count == 1 else 'up to '}{gap:.1f} %: counted once in each book, "
        "never added. The hub's own staff sees this (the view pairs); it is never published.\n"
    )


def _rejected(results: Results, console: Console) -> None:
    table = _table("What was rejected, and stopped nothing else")
    for name in ("agency", "adapter", "first rule that is broken"):
        table.add_column(name)
    table.add_column("rejected", justify="right")
    by_adapter: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for (agency, adapter, rule), count in results.rejected.items():
        by_adapter[agency, adapter].append((count, rule))
    for (agency, adapter), rules in sorted(by_adapter.items()):
        for count, rule in sorted(rules, key=lambda item: (-item[0], item[1]))[:_RULES_MAX]:
            table.add_row(agency, adapter, rule, str(count))
    console.print(table)
    more = sum(len(rules[_RULES_MAX:]) for rules in by_adapter.values())
    if more:
        console.print(f"and {more} more rules: adapter convert tells all of them, and what to do.\n")


def _next(folder: Path, console: Console) -> None:
    console.print(
        "[bold]Try next[/] (nothing is running any more; the hub's file and the aggregates are kept)"
    )
    query = "SELECT agency, stage, count(*) AS events FROM latest GROUP BY ALL ORDER BY ALL"
    program, documents = _program(), "deploy/demo/documents"
    for command in (
        f"{program} hub status --file {folder}/hub.duckdb",
        f'{program} hub sql --file {folder}/hub.duckdb "{query}"',
        f'{program} hub sql --file {folder}/hub.duckdb "FROM pairs"',
        f"column -s, -t < {folder}/aggregates.csv | less -S",
        f"{program} adapter convert us-emanifest {documents}/us-emanifest/02_correction.json",
        f"{program} adapter check eu-movement {documents}/eu-movement",
        f"{program} codes show LOW 160307",
        f"{program} exchange up  # it stays: {program} exchange down",
    ):
        console.print(f"  {command}", highlight=False, soft_wrap=True)


def _program() -> str:
    """Return what to type for this program: its name where the shell finds it, else its path."""
    if shutil.which("weighbridge"):
        return "weighbridge"
    path = Path(sys.executable).with_name("weighbridge")
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
