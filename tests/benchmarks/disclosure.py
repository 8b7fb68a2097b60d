"""Disclosure control beside tau-ARGUS: what each gives up, what each leaves at risk, and the time.

    python -m tests.benchmarks.disclosure [--insee indiv_dt.rda] [--table TITLE ...] [--json]

Every method protects the same table in a process of its own. What it suppresses is then
attacked by the audit, over all relations of the table and from outside. `at risk` are sensitive
cells whose interval is narrower than the rules ask. The table of INSEE is public
(InseeFrLab/rtauargus, `data/indiv_dt.rda`) and not part of weighbridge: name a copy of it.
A method is asked where it can be expected to end within minutes: all insiders and tau-ARGUS
OPT up to 2,500 cells, Modular up to 11,000.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from consumers.disclosure import specification
from consumers.disclosure.audit.audit import audit
from consumers.disclosure.cells import cells_of
from consumers.disclosure.disclosure import protect
from consumers.disclosure.primary import levels
from consumers.disclosure.problem import TOTAL, VALUE, Dimension, Place, Problem, Protection
from tests.benchmarks import report
from tests.benchmarks.peers import environment
from tests.support import synthetic

_OUTSIDER = Protection(unions=False, attackers=("outsider",))
_OUTSIDERS = "outsiders"
# Each with the number of cells up to which it is asked.
_METHODS: dict[str, tuple[Protection, int]] = {
    "outsiders, least value": (replace(_OUTSIDER, cost="value"), 11_000),
    _OUTSIDERS: (_OUTSIDER, 150_000),
    "sums and insiders too": (Protection(), 2_500),
}
_PEERS = {"tau-ARGUS Modular": ("MODULAR", 11_000), "tau-ARGUS OPT": ("OPT", 2_500)}
_OPT_MINUTES = 2
_INSEE = {
    "INSEE A21 x NUTS2 x SIZE": (("A10", "A21"), ("NUTS1", "NUTS2"), ("SIZE",)),
    "INSEE A88 x NUTS3": (("A10", "A21", "A88"), ("NUTS1", "NUTS2", "NUTS3")),
}
_SYNTHETIC = {
    "2-D 400": synthetic.TWO_D_400,
    "2-D 899": synthetic.TWO_D_899,
    "3-D 1,040": synthetic.THREE_D_1040,
    "2-D 10,836": synthetic.TWO_D_10836,
    "2-D 101,269": synthetic.TWO_D_101269,
}
_SEED = 1
# Processor seconds within which a table of up to so many cells is to be protected from outsiders.
_SECONDS_MAX = ((1_500, 1.0), (15_000, 20.0), (150_000, 60.0))
_MEMORY_MB_MAX = 4_000
_PERCENT = 100

Row = dict[str, str | float | int]


def run(titles: Collection[str], insee: Path | None) -> report.Report:
    """Measure every method on every table."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        csv = None if insee is None else _csv(insee, folder)
        for title in titles:
            rows += _rows(title, csv, folder)
    return report.Report(
        "Protection of the same tables, processor time",
        rows,
        _targets(rows),
        ("% of value: of the values of all cells, totals included, in secondary suppressions",),
    )


def _rows(title: str, csv: Path | None, folder: Path) -> Iterator[Row]:
    problem = problem_of(title, csv)
    cells = cells_of(problem).system.size
    for method, (_, cells_max) in _METHODS.items():
        if cells <= cells_max:
            yield _row(title, method, _ours(title, method, csv))
    for method, (name, cells_max) in _PEERS.items():
        if cells <= cells_max:
            yield _row(title, method, _peer(problem, name, folder))


def _row(title: str, method: str, found: dict[str, Any]) -> Row:
    return {
        "": f"{title}: {method}",
        "cells": found["cells"],
        "primary": found["primary"],
        "secondary": found["secondary"],
        "% of value": found["percent"],
        "at risk": found["at_risk"],
        "seconds": found["seconds"],
        "MB": round(found["memory_mb"]),
    }


def _targets(rows: list[Row]) -> dict[str, bool]:
    ours = [row for row in rows if "tau-ARGUS" not in str(row[""])]
    at_risk = sum(int(row["at risk"]) for row in ours)
    memory = max(int(row["MB"]) for row in ours)
    targets = {
        f"nothing at risk in any of weighbridge's ({at_risk})": at_risk == 0,
        f"at most {_MEMORY_MB_MAX:,} MB ({memory:,})": memory <= _MEMORY_MB_MAX,
    }
    for row in ours:
        if str(row[""]).endswith(f": {_OUTSIDERS}"):
            limit = next(seconds for cells, seconds in _SECONDS_MAX if int(row["cells"]) <= cells)
            targets[f"{row['']}: within {limit:g} s ({row['seconds']:.1f})"] = float(row["seconds"]) <= limit
    return targets


def problem_of(title: str, csv: Path | None) -> Problem:
    """Return the problem of a title; that of INSEE is made of a file."""
    if title in _SYNTHETIC:
        return synthetic.problem(*_SYNTHETIC[title], seed=_SEED)
    assert csv is not None
    lines = ["[data]", f'file = "{csv}"', 'value = "TURNOVER"', "[rules]", "min_groups = 3", "p_percent = 15"]
    for columns in _INSEE[title]:
        lines += ["[[dimension]]", f'name = "by_{columns[0]}"', f"columns = {list(columns)}"]
    file = csv.with_suffix(".toml")
    file.write_text("\n".join(lines).replace("'", '"'), "utf-8")
    return specification.read(file)


def _csv(insee: Path, folder: Path) -> Path:
    """Turn the table of INSEE into CSV."""
    csv = folder / "insee.csv"
    script = environment.FOLDER / "rda.py"
    subprocess.run([environment.python("tauargus"), script, insee.resolve(), csv], check=True)
    return csv


def _ours(title: str, method: str, csv: Path | None) -> dict[str, Any]:
    """Protect a table in a new process, and attack what it decided."""
    found = report.apart(_protected, title, method, csv)
    return found | _attacked(problem_of(title, csv), found.pop("suppressed"))


def _protected(title: str, method: str, csv: Path | None) -> dict[str, Any]:
    """Protect a table, and return what was decided and what it took."""
    problem = replace(problem_of(title, csv), protection=_METHODS[method][0])
    started = report.used_seconds()
    protected = protect(problem)
    seconds = report.used_seconds() - started
    places = protected.cells.listed()
    withheld = [place for place, status in zip(places, protected.status, strict=True) if status != "free"]
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    return {"suppressed": withheld, "seconds": seconds, "memory_mb": memory_mb}


def _peer(problem: Problem, method: str, folder: Path) -> dict[str, Any]:
    """Let a peer protect the same table, and attack what it decided."""
    codes = [_Codes(problem.contributions, dimension) for dimension in problem.dimensions]
    asked = {
        "method": method,
        "minutes": _OPT_MINUTES,
        "p_percent": problem.rules.p_permille // 10,
        "min_groups": problem.rules.min_groups,
        "dimensions": [item.paths for item in codes],
        "records": list(zip(*(item.finest for item in codes), strict=True)),
        "values": (problem.contributions[VALUE] / 10**problem.decimals).to_list(),
    }
    with tempfile.TemporaryDirectory(dir=folder) as name:
        file = Path(name) / "input.json"
        file.write_text(json.dumps(asked), "utf-8")
        command = [environment.python("tauargus"), environment.FOLDER / "tauargus.py", file]
        found: dict[str, Any] = report.measured(command, {"TMPDIR": name}, folder=Path(name))
    places = [
        tuple(item.node(code) for item, code in zip(codes, cell, strict=True))
        for cell, _ in found.pop("cells")
    ]
    return found | _attacked(problem, places)


class _Codes:
    """Codes as the peer wants them: unique over all levels of a hierarchy, and equally long.

    Attributes:
        paths: Different paths of codes, from the coarsest to the finest.
        finest: Code of the finest level of each record.
    """

    def __init__(self, records: pl.DataFrame, dimension: Dimension) -> None:
        rows = records.select(dimension.columns).rows()
        self._codes: dict[tuple[int, str], str] = {}
        self.paths = sorted({tuple(map(self._code, enumerate(row, 1))) for row in sorted(set(rows))})
        self.finest = [self._code((len(row), row[-1])) for row in rows]
        self._nodes = {code: node for node, code in self._codes.items()}

    def node(self, code: str) -> tuple[int, str]:
        """Return level and code of a node; what is not one of the codes is the total."""
        return self._nodes.get(code, (0, TOTAL))

    def _code(self, node: tuple[int, str]) -> str:
        return self._codes.setdefault(node, f"{len(self._codes):06}")


def _attacked(problem: Problem, suppressed: list[Place]) -> dict[str, Any]:
    """Attack a pattern from outside, and say what it gives up."""
    outside = replace(problem, protection=_OUTSIDER)
    found = audit(outside, suppressed)
    cells = cells_of(problem)
    withheld = set(suppressed)
    is_secondary = (levels(cells.system, problem.rules) == 0) & [
        place in withheld for place in cells.listed()
    ]
    value = cells.system.value
    return {
        "cells": found.cells,
        "primary": found.sensitive,
        "secondary": int(is_secondary.sum()),
        "percent": _PERCENT * float(value[is_secondary].sum() / value.sum()),
        "at_risk": len({finding.place for finding in found.at_risk}),
    }


def main() -> int:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.disclosure")
    parser.add_argument("--insee", type=Path, help="indiv_dt.rda of InseeFrLab/rtauargus")
    parser.add_argument("--table", action="append", choices=[*_INSEE, *_SYNTHETIC], help="default: all")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    titles = chosen.table or [*(_INSEE if chosen.insee else {}), *_SYNTHETIC]
    return run(titles, chosen.insee).show(as_json=chosen.json)


if __name__ == "__main__":
    raise SystemExit(main())
