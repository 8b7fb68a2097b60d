"""Memory: how much the program holds while it reads a file of any size.

    python -m tests.benchmarks.memory [MEGABYTES] [--json]

Each file goes through `weighbridge adapter convert` and `weighbridge adapter run --once`, in
a process of its own, whose largest resident size the system tells. What grows with a file
are the positions, one for each of its documents, and for complete sets the ids seen.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.exchange.exchange import Exchange, running_exchange
from schemas import identity
from tests.benchmarks import documents, report
from tests.benchmarks.adapter_path import AGENCIES
from tests.support import agency as support

RESIDENT_MEGABYTES_MAX = 500
_MEGABYTE = 1_000_000
# What ru_maxrss counts: kilobytes, but bytes on macOS.
_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024
# How much is shown of what a program said that failed.
_SAID_BYTES_MAX = 2_000
_PROGRAM = [sys.executable, "-c", "from deploy.cli import main; main()", "adapter"]

Row = dict[str, str | float | int]


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of file.

    Attributes:
        is_cut: The end of the file is missing.
    """

    name: str
    adapter: str
    is_cut: bool = False


CASES = (
    Case("array of manifests", "us-emanifest"),
    Case("rows of one upload", "uk-packaging"),
    Case("array of manifests, cut at the end", "us-emanifest", is_cut=True),
    Case("rows of one upload, cut at the end", "uk-packaging", is_cut=True),
)


def run(megabytes: int) -> report.Report:
    """Measure every case once."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name, running_exchange(Path(name) / "exchange") as exchange:
        keys = Path(name) / "keys"
        identity.create(keys, range(2020, 2031))
        for number, case in enumerate(CASES):
            folder = Path(name) / str(number)
            rows += _rows(case, folder, keys, exchange, megabytes)
    largest = max(int(row["resident MB"]) for row in rows)
    target = f"less than {RESIDENT_MEGABYTES_MAX} MB resident for {megabytes} MB read ({largest})"
    return report.Report(
        "Memory, largest resident size of the process", rows, {target: largest < RESIDENT_MEGABYTES_MAX}
    )


def _rows(case: Case, folder: Path, keys: Path, exchange: Exchange, megabytes: int) -> list[Row]:
    folder.mkdir()
    file = folder / "large.json"
    count = documents.write(case.adapter, file, size_bytes=megabytes * _MEGABYTE)
    if case.is_cut:
        documents.cut(file)
    kafka = support.new_agency(exchange, AGENCIES[case.adapter], case.adapter).kafka
    convert = ["convert", case.adapter, "--keys", str(keys), str(file)]
    publish = ["run", case.adapter, str(folder), "--once", "--keys", str(keys), "--metrics-port", "0"]
    publish += ["--source-id", folder.name, "--bootstrap-servers", kafka.bootstrap_servers]
    publish += ["--registry-url", kafka.registry_url]
    found = {
        # Status 1 says that something was rejected: here the end that is missing.
        "convert": _resident_bytes(convert, 1 if case.is_cut else 0),
        "run": _resident_bytes(publish, 0),
    }
    file.unlink()
    return [
        {"": f"{step}: {case.name}", "documents": count, "resident MB": round(size / _MEGABYTE)}
        for step, size in found.items()
    ]


def _resident_bytes(arguments: Sequence[str], expected_status: int) -> int:
    """Return the largest resident size of the program."""
    command = [*_PROGRAM, *arguments]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, cwd=report.ROOT, stdout=subprocess.DEVNULL, stderr=said) as process,
    ):
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != expected_status:
            said.seek(max(0, said.tell() - _SAID_BYTES_MAX))
            sys.stderr.buffer.write(said.read())
            raise SystemExit(f"{arguments[0]} ended with {process.returncode}")
    return used.ru_maxrss * _UNIT_BYTES


def main() -> int:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.memory")
    parser.add_argument("megabytes", nargs="?", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    return run(chosen.megabytes).show(as_json=chosen.json)


if __name__ == "__main__":
    raise SystemExit(main())
