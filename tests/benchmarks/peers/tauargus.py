"""tau-ARGUS doing what disclosure control does: primary and secondary suppression of one table.

    python tauargus.py INPUT.json

INPUT has `method` (MODULAR or OPT), `minutes`, `p_percent`, `min_groups`, `dimensions` (for each
the paths from the coarsest code to the finest), `records` (for each the finest codes) and
`values`. Prints processor seconds and the suppressed cells, [codes, status] each. Runs in an
environment of its own, and in a new working folder: the engine trips over files of earlier runs.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytauargus import protect  # type: ignore[import-not-found]  # of the peer's environment

_METHODS = {"MODULAR": "MOD(1,5,1,1,1)", "OPT": "OPT(1,{minutes})"}
_WITHHELD = {"U", "M"}
_LEAD = "@"
_DECIMALS = 3


def main() -> None:
    """Protect the table and say what was suppressed."""
    asked = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    names = [f"d{number}" for number in range(len(asked["dimensions"]))]
    columns: dict[str, list[Any]] = {
        name: list(codes) for name, codes in zip(names, zip(*asked["records"], strict=True), strict=True)
    }
    columns["amount"] = [round(value, _DECIMALS) for value in asked["values"]]
    hierarchies = {
        name: _hierarchy_file(name, paths) for name, paths in zip(names, asked["dimensions"], strict=True)
    }
    started = time.process_time()
    result = protect(
        columns,
        [names],
        "amount",
        safety_rules=f"P({asked['p_percent']},100,1)|FREQ({asked['min_groups']},0)",
        suppress=_METHODS[asked["method"]].format(minutes=asked["minutes"]),
        decimals=_DECIMALS,
        hrc=hierarchies,
        hierleadstring=_LEAD,
        workdir=str(Path.cwd() / "engine"),
    )
    seconds = time.process_time() - started
    rows = result.tables[0].rows
    cells = [[[row[name] for name in names], row["status"]] for row in rows if row["status"] in _WITHHELD]
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    sys.stdout.write(f"\n{json.dumps({'seconds': seconds, 'memory_mb': memory_mb, 'cells': cells})}\n")


def _hierarchy_file(name: str, paths: Sequence[Sequence[str]]) -> str:
    """Write the codes of a dimension, each below its parent, and return the file."""
    lines: list[str] = []
    before: tuple[str, ...] = ()
    for path in sorted(map(tuple, paths)):
        for depth, code in enumerate(path):
            if path[: depth + 1] != before[: depth + 1]:
                lines.append(f"{_LEAD * depth}{code}\n")
        before = path
    file = Path.cwd() / f"{name}.hrc"
    file.write_text("".join(lines), "utf-8")
    return str(file)


if __name__ == "__main__":
    main()
