"""What was found, for people at a terminal, for people who read a file, and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.doctor.check import Result, Status
from deploy.doctor.effective import Setting
from deploy.doctor.installation import Installation
from deploy.residual_risks import RESIDUAL_RISKS

_STYLES = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "bold red", Status.SKIPPED: "dim"}


def as_json(
    installation: Installation, settings: Iterable[Setting], results: Iterable[Result]
) -> dict[str, Any]:
    """Return everything, for programs: keys may be added, none is taken away or changes its meaning."""
    found = [*results]
    return {
        "role": installation.role.value,
        "name": installation.name,
        "status": str(_status(found)),
        "settings": [setting._asdict() for setting in settings],
        "checks": [
            {
                "name": result.name,
                "status": result.status.value,
                "findings": [finding._asdict() for finding in result.findings],
            }
            for result in found
        ],
        "residual_risks": [risk._asdict() for risk in RESIDUAL_RISKS],
    }


def show(console: Console, settings: Iterable[Setting], results: Iterable[Result]) -> None:
    """Print tables to a terminal, lines elsewhere."""
    found = [*results]
    if console.is_terminal:
        console.print(_table_of_settings(settings))
        console.print(_table_of_results(found))
    else:
        for setting in settings:
            console.print(f"setting {setting.name} = {setting.value} ({setting.origin})")
        for line in _lines(found):
            console.print(line)
    console.print(_verdict(found))


def has_failed(results: Iterable[Result]) -> bool:
    """Say whether anything does not work."""
    return any(result.status is Status.FAIL for result in results)


def _status(results: list[Result]) -> Status:
    found = {result.status for result in results}
    return next((status for status in (Status.FAIL, Status.WARN) if status in found), Status.OK)


def _lines(results: Iterable[Result]) -> Iterable[str]:
    for result in results:
        for finding in result.findings:
            yield f"{finding.status} {result.name}: {finding.text}"
            if finding.remedy:
                yield f"  try: {finding.remedy}"


def _table_of_settings(settings: Iterable[Setting]) -> Table:
    table = Table("setting", "value", "from", box=SIMPLE_HEAD, pad_edge=False)
    for setting in settings:
        # As text: a value in brackets is no markup.
        table.add_row(*map(Text, setting))
    return table


def _table_of_results(results: Iterable[Result]) -> Table:
    table = Table("check", "", "found, and what to do", box=SIMPLE_HEAD, pad_edge=False)
    for result in results:
        for number, finding in enumerate(result.findings):
            told = Text(finding.text)
            if finding.remedy:
                told.append(f"\n→ {finding.remedy}", style="italic")
            name = "" if number else result.name
            table.add_row(name, Text(finding.status, style=_STYLES[finding.status]), told)
    return table


def _verdict(results: Iterable[Result]) -> str:
    counts = Counter(result.status for result in results)
    told = ", ".join(f"{counts[status]} {status}" for status in Status if counts[status])
    return f"{told}. {len(RESIDUAL_RISKS)} risks remain where all is well: see --json or deploy/THREATS.md."
