"""Attack: learn of companies from what stands beside the values: partitions, sizes, series, files, dumps."""

from __future__ import annotations

import json
import os
import re
import resource
import stat
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

import duckdb
import pytest
from prometheus_client import generate_latest

from consumers.hub.store import Store
from deploy.exchange.exchange import Exchange
from producers.run import Run
from schemas import topics
from schemas.confidentiality import HEADER_CLASSES
from schemas.errors import FatalError
from schemas.runtime import crash, logs
from schemas.runtime.logs import logger
from schemas.telemetry import METRICS, LogEvent
from tests.support import events
from tests.support.agency import ROOT, Agency, Record, committed, manifest, new_agency, write
from tests.support.hub import stored

SAID = "Quxzvw 00001 Zoe, Ltd"
COMPANIES, LOADS = 12, 40
# Of a chi-square distribution with 22 and 33 degrees of freedom, one in ten thousand lies beyond.
CHI_SQUARE_MAX = {2: 55.0, 3: 72.0}


def chi_square(pairs: Iterable[tuple[object, object]]) -> float:
    """Return how much two properties of the same things depend on each other; small where they do not."""
    found = Counter(pairs)
    rows, columns = Counter[object](), Counter[object]()
    for (row, column), count in found.items():
        rows[row] += count
        columns[column] += count
    total = sum(found.values())
    return sum(
        (found[row, column] - expected) ** 2 / expected
        for row in rows
        for column in columns
        if (expected := rows[row] * columns[column] / total)
    )


def manifest_of(number: int, company: int, name: str = "Works") -> object:
    """Return a manifest of a generator with a number."""
    native = manifest(number)
    native["generator"] |= {"epaSiteId": f"VAD{company:09d}", "name": name}
    return native


@pytest.fixture(scope="module")
def published(exchange: Exchange, tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    """Return the committed events of many companies with many loads each."""
    agency = new_agency(exchange, "XX-SIDE")
    folder = tmp_path_factory.mktemp("loads")
    loads = [manifest_of(1 + load * COMPANIES + c, c) for load in range(LOADS) for c in range(COMPANIES)]
    write(folder, "loads.json", loads)
    agency.run(folder)
    return agency.events()


def loads_of(published: list[Record]) -> set[tuple[bytes, bytes, int | None]]:
    """Return (generator, movement, partition) of each load, once: its events lie together."""
    return {
        (record.fields["contributor"], record.fields["movement_key"], record.raw.partition())
        for record in published
        if record.fields["stage"] == "DISPATCHED"
    }


def test_partitions_tell_no_company(published: list[Record]) -> None:
    """Which partition a record lies in is independent of the company that it is of."""
    loads = loads_of(published)
    pairs = [(company, partition) for company, _, partition in loads]
    partitions = len({partition for _, partition in pairs})

    assert len(pairs) == COMPANIES * LOADS
    assert len({company for company, _ in pairs}) == COMPANIES
    assert chi_square(pairs) < CHI_SQUARE_MAX[partitions - 1]


def test_partitions_by_company_would_tell(published: list[Record]) -> None:
    """The same test finds a stand-in out that keys its records by the company."""
    loads = loads_of(published)
    partitions = len({partition for *_, partition in loads})
    pairs = [(company, int.from_bytes(company[:4], "big") % partitions) for company, *_ in loads]

    assert chi_square(pairs) > CHI_SQUARE_MAX[partitions - 1]


def test_keys_and_headers_hold_hashes_and_days_only(published: list[Record]) -> None:
    """A record's key is the keyed movement; its headers are those of the list, and end at the day."""
    for record in published:
        headers = dict(record.raw.headers() or ())
        said = {name: value.decode() for name, value in headers.items() if isinstance(value, bytes)}

        assert record.raw.key() == record.fields["movement_key"]
        assert set(said) == set(HEADER_CLASSES)
        assert said["ce_id"] == record.fields["event_id"].hex()
        assert (said["ce_source"], said["ce_type"]) == ("weighbridge/XX-SIDE", "weighbridge.Movement")
        assert said["ce_time"].endswith("T00:00:00Z")


def sizes(agency: Agency) -> dict[str, list[int]]:
    """Return by topic how large an agency's records are, in order."""
    names = (
        topics.MOVEMENTS,
        topics.positions(agency.id),
        topics.sealed(agency.id),
        topics.rejects(agency.id),
    )
    source = f"weighbridge/{agency.id}".encode()
    return {
        name: [
            len(record.value() or b"")
            for record in committed(agency.kafka, name)
            if name != topics.MOVEMENTS or dict(record.headers() or ()).get("ce_source") == source
        ]
        for name in names
    }


def test_sizes_tell_no_name(exchange: Exchange, tmp_path: Path) -> None:
    """Documents that differ in the length of names alone give records of the same sizes."""
    found = []
    for number, name in enumerate(("Ab", "Abcdefghij Klmnopqrst Uvw")):
        agency = new_agency(exchange, f"XX-SIZE{number}")
        write(tmp_path / agency.id, "loads.json", [manifest_of(load, 1, name) for load in range(1, 4)])
        agency.run(tmp_path / agency.id)
        found.append(sizes(agency))
    first, second = ([*item.values()] for item in found)

    assert first[0]
    assert first == second


def test_series_are_as_many_whatever_the_companies(exchange: Exchange, tmp_path: Path) -> None:
    """One company or thirty: the metrics have the same series, with labels of the list."""
    series = []
    for number, companies in enumerate((1, 30)):
        agency = new_agency(exchange, f"XX-SERIES{number}")
        loads = [manifest_of(load, load % companies) for load in range(1, 31)]
        write(tmp_path / agency.id, "loads.json", loads)
        agency.run(tmp_path / agency.id)
        text = generate_latest(agency.metrics.registry).decode()
        series.append({re.sub(r"XX-SERIES.", "X", line).rpartition(" ")[0] for line in text.splitlines()})
    labels = {label for line in series[1] for label in re.findall(r'(\w+)="', line)}

    assert series[0] == series[1]
    assert labels <= {label for metric in METRICS for label in metric.labels} | {"le"}


def test_clients_are_named_after_agency_and_source(exchange: Exchange) -> None:
    """Transactional id, group and client of a run hold the names of agency and source, and nothing read."""
    run: Run = new_agency(exchange, "XX-NAMED").made(ROOT / "tests" / "documents" / "us_emanifest")

    writer = run._publisher._writer  # noqa: SLF001  # what is attacked is what the broker is told
    assert writer.transactional_id == "weighbridge.xx-named.inbox"  # type: ignore[union-attr]  # no rehearsal


def failing() -> None:
    """Fail with a text, while failing with the same."""
    secret = SAID
    try:
        int(secret)
    except ValueError as error:
        raise RuntimeError(secret) from error


def test_log_lines_of_errors_tell_kinds_and_places() -> None:
    """An exception in a log line, and the one that led to it, are told without texts and variables."""
    file = StringIO()
    logs.configure(file)
    try:
        failing()
    except RuntimeError:
        logger().warning(LogEvent.WAITING, exc_info=True)
    (line,) = file.getvalue().splitlines()
    logs.configure()

    assert SAID not in line
    assert ["RuntimeError", "ValueError"] == [
        item for item in json.loads(line)["exception"] if item[0] != " "
    ]


CRASHING = """
import sys, threading
from schemas.runtime import crash
crash.guard()
from tests.attacks.test_side_channels import failing
class Dying:
    def __del__(self): failing()
{what}
"""


@pytest.mark.parametrize(
    "what",
    ["failing()", "t = threading.Thread(target=failing); t.start(); t.join()", "Dying()",
     "import warnings; from tests.attacks.test_side_channels import SAID; warnings.warn(SAID)",
     "import logging; from tests.attacks.test_side_channels import SAID; logging.getLogger('x').error(SAID)"],
    ids=["main", "thread", "destructor", "warning", "library log"],
)  # fmt: skip
def test_what_nobody_expected_is_told_without_its_text(what: str) -> None:
    """An exception that ends a process or thread shows its kind and places, never its text."""
    code = CRASHING.format(what=what)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    open_one = subprocess.run(
        [sys.executable, "-c", code.replace("crash.guard()", "")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert SAID not in done.stdout + done.stderr
    assert SAID in open_one.stderr


def test_the_program_tells_no_text_of_an_error() -> None:
    """A command that fails as nobody expected ends with status 1, and tells kinds and places alone."""
    code = (
        "import sys; from schemas import settings; from tests.attacks.test_side_channels import failing;"
        "settings.load = lambda **_: failing(); sys.argv[1:] = ['hub', 'status'];"
        "from deploy.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "RuntimeError" in done.stderr
    assert "ValueError" in done.stderr
    assert SAID not in done.stdout + done.stderr


def test_a_guarded_process_dumps_nothing() -> None:
    """A process that is aborted leaves no core, and others of its user cannot look into it."""
    code = (
        "import ctypes, resource; from schemas.runtime import crash; crash.guard();"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == f"(0, 0) {0 if sys.platform == 'linux' else -1}"
    assert resource.getrlimit(resource.RLIMIT_CORE)[1] != 0 or os.getuid() != 0


def test_a_hubs_files_are_its_owners(tmp_path: Path) -> None:
    """Whatever the umask and the modes of before, file, write-ahead log and spill folder are private."""
    before = os.umask(0)
    try:
        file = tmp_path / "hub.duckdb"
        Store(file).close()
        file.chmod(0o644)
        store = Store(file)
        stored(store, [events.movement(number) for number in range(50)])
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        store.close()
    finally:
        os.umask(before)

    assert "hub.duckdb.wal" in modes
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


def test_errors_of_the_database_keep_their_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What DuckDB quotes of a row it cannot store is not in the hub's error, nor in what led to it."""
    store = Store(tmp_path / "hub.duckdb")

    def fail(*_: object) -> None:
        raise duckdb.ConversionException(SAID)

    monkeypatch.setattr(store, "_append_events", fail)
    with pytest.raises(FatalError) as raised:
        stored(store, [events.movement(1)])
    store.close()

    assert SAID not in "".join(traceback.format_exception(raised.value))


def test_told_errors_come_to_an_end() -> None:
    """Errors that refer to each other in a ring are told once."""
    first, second = ValueError(SAID), TypeError(SAID)
    first.__cause__, second.__cause__ = second, first

    assert ["ValueError", "TypeError"] == crash.told(first)
