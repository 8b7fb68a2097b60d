"""What the demonstration shows at its end: published, withheld, rejected, what to try next."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from deploy.demo.demo import Results

_ROWS_MAX = 16
_GRAMS_PER_TONNE = 1_000_000


def show(results: Results, folder: Path, console: Console) -> None:
    """Print the summary."""
    console.print()
    console.print(_deliveries(results))
    console.print(_published(results))
    _withheld(results, console)
    console.print(_rejected(results))
    _next(folder, console)


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=0, pad_edge=False)


def _deliveries(results: Results) -> Table:
    table = _table("What the agencies published")
    for name in ("agency", "documents", "adapter"):
        table.add_column(name, no_wrap=True)
    for name in ("files", "read", "events", "rejected", "warnings"):
        table.add_column(name, justify="right")
    for delivery, totals in results.published:
        figures = (totals.files, totals.documents, totals.events, totals.rejected, totals.warnings)
        table.add_row(delivery.agency, delivery.title, delivery.adapter, *map(str, figures))
    return table


def _published(results: Results) -> Table:
    free = [cell for cell in results.observations if cell["conf_status"] == "FREE"]
    shown = sorted(free, key=lambda cell: -cell["mass_g"])[:_ROWS_MAX]
    title = f"What the hub published: {len(free)} cells with a value, the largest {len(shown)} of them"
    table = _table(title)
    for name in ("period", "measure", "flow", "region, partner", "material, operation"):
        table.add_column(name)
    table.add_column("tonnes", justify="right")
    for cell in shown:
        table.add_row(
            cell["period"],
            cell["measure"],
            cell["flow"],
            f"{cell['region']}, {cell['partner']}",
            cell["material"]
            if cell["operation"] == "UNMAPPED"
            else f"{cell['material']}, {cell['operation']}",
            f"{cell['mass_g'] / _GRAMS_PER_TONNE:,.3f}",
        )
    return table


def _withheld(results: Results, console: Console) -> None:
    by_measure = Counter(
        cell["measure"] for cell in results.observations if cell["conf_status"] == "CONFIDENTIAL"
    )
    detail = ", ".join(f"{count} {measure}" for measure, count in sorted(by_measure.items()))
    console.print(
        f"[bold]Withheld[/]: {by_measure.total()} cells ({detail}). Too few companies stand behind such a "
        "cell, or one of them could work out another, or a company or a mass in it is not known. "
        "They are published as confidential, without a value.\n"
    )


def _rejected(results: Results) -> Table:
    titles = {delivery.source_id: delivery.title for delivery, _ in results.published}
    table = _table("What was rejected, and stopped nothing else")
    for name in ("agency", "documents", "rule"):
        table.add_column(name)
    table.add_column("rejected", justify="right")
    for (agency, source_id, rule), count in sorted(results.rejected.items()):
        table.add_row(agency, titles[source_id], rule, str(count))
    return table


def _next(folder: Path, console: Console) -> None:
    console.print(
        "[bold]Try next[/] (nothing is running any more; the hub's file and the aggregates are kept)"
    )
    query = "SELECT agency, stage, count(*) AS events FROM latest GROUP BY ALL ORDER BY ALL"
    program = _program()
    for command in (
        f"{program} hub status --file {folder}/hub.duckdb",
        f'{program} hub sql --file {folder}/hub.duckdb "{query}"',
        f"column -s, -t < {folder}/aggregates.csv | less -S",
        f"{program} adapter convert us-emanifest deploy/demo/documents/us-emanifest/02_correction.json",
        f"{program} exchange up",
    ):
        console.print(f"  {command}", highlight=False, soft_wrap=True)


def _program() -> str:
    """Return what to type for this program: its name where the shell finds it, else its path."""
    if shutil.which("weighbridge"):
        return "weighbridge"
    path = Path(sys.executable).with_name("weighbridge")
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
