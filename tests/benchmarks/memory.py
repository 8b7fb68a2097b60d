"""Memory: how much the program holds while it reads a file of any size.

    python -m tests.benchmarks.memory [MEGABYTES] [--json]

For each adapter, a file of a tenth of the size and one of the whole size go through `weighbridge
adapter convert`, and the large one through `weighbridge adapter run --once`, each in a process of
its own, whose largest resident size the system tells. What grows with a file are the positions, one
for each of its documents, and the numbers of documents that were seen in it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.exchange.exchange import Exchange, running_exchange
from producers import adapter as adapters
from schemas import identity
from tests.benchmarks import documents, report
from tests.support import agency as support
from tests.support import peak
from tests.support.sealed import directory_beside

RESIDENT_MEGABYTES_MAX = 500
_MEGABYTE = 1_000_000
_SMALL_PART = 10
# How much is shown of what a program said that failed.
_SAID_BYTES_MAX = 2_000

Row = dict[str, str | float | int]


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of file.

    Attributes:
        is_cut: The end of the file is missing.
    """

    adapter: str
    is_cut: bool = False

    def __str__(self) -> str:
        """Return its name for people."""
        return f"{self.adapter}, cut at the end" if self.is_cut else self.adapter


CASES = (
    *(Case(adapter) for adapter in documents.LOADS),
    Case("us-emanifest", is_cut=True),
    Case("uk-packaging", is_cut=True),
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


def _rows(case: Case, folder: Path, keys: Path, exchange: Exchange, megabytes: int) -> Iterator[Row]:
    folder.mkdir()
    load = documents.LOADS[case.adapter]
    file = folder / f"large.{load.form}"
    settings = [part for name, value in load.values.items() for part in ("--set", f"{name}={value}")]
    convert = ["convert", case.adapter, "--keys", str(keys), *settings, str(file)]
    # Status 1 says that something was rejected: here the end that is missing.
    status = 1 if case.is_cut else 0
    for size in (megabytes // _SMALL_PART, megabytes):
        count = load.write(file, size_bytes=size * _MEGABYTE)
        if case.is_cut:
            documents.cut(file)
        yield _row(f"convert: {case}", size, count, _resident_bytes(convert, status))
    agency = adapters.create(case.adapter, load.values).default_agency
    kafka = support.new_agency(exchange, agency, case.adapter).kafka
    publish = ["run", case.adapter, str(folder), "--once", "--keys", str(keys), "--metrics-port", "0"]
    publish += ["--directory", str(directory_beside(keys, agency)), "--source-id", folder.name]
    publish += ["--bootstrap-servers", kafka.bootstrap_servers]
    publish += ["--registry-url", kafka.registry_url, *settings]
    yield _row(f"run: {case}", megabytes, count, _resident_bytes(publish, 0))
    file.unlink()


def _row(name: str, megabytes: int, count: int, resident_bytes: int) -> Row:
    return {
        "": name,
        "MB read": megabytes,
        "documents": count,
        "resident MB": round(resident_bytes / _MEGABYTE),
    }


def _resident_bytes(arguments: Sequence[str], expected_status: int) -> int:
    """Return the largest resident size of the program."""
    with tempfile.TemporaryFile() as said:
        status, resident_bytes = peak.measured(["adapter", *arguments], said)
        if status != expected_status:
            said.seek(max(0, said.tell() - _SAID_BYTES_MAX))
            sys.stderr.buffer.write(said.read())
            raise SystemExit(f"{arguments[0]} ended with {status}")
    return resident_bytes


def main() -> int:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.memory")
    parser.add_argument("megabytes", nargs="?", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    return run(chosen.megabytes).show(as_json=chosen.json)


if __name__ == "__main__":
    raise SystemExit(main())
