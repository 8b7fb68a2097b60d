"""What a run does with any source: positions, stops, pipes and archives, on a real broker."""

from __future__ import annotations

import gzip
import io
import json
import signal
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.exchange.exchange import Exchange
from producers.sources.document import Document
from producers.sources.source import Resources, Source
from schemas import identity
from tests.support import program
from tests.support.agency import PROGRAM, ROOT, Agency, manifest, new_agency, write


@dataclass(slots=True)
class Numbered(Source):
    """Ten documents of three manifests each; the position is how many are read."""

    table: str = "a"
    started: list[str | None] = field(default_factory=list)
    at: int = 0

    @property
    def scope(self) -> str:
        """What the numbers count."""
        return self.table

    def start(self, position: str | None) -> None:
        """Go on after a number."""
        self.started.append(position)
        self.at = int(position or 0)

    def touched(self) -> Resources:
        """Yield the documents that follow."""
        for number in range(self.at, 10):
            content = json.dumps([manifest(3 * number + item) for item in range(3)]).encode()
            yield Document(f"d{number}", content, datetime.now(UTC))
            self.at = number + 1

    def position(self) -> str | None:
        """Return how many are read."""
        return str(self.at) if self.at else None


def run(agency: Agency, source: Source, stop_after: int | None = None) -> None:
    """Read a source once, or until so many commits."""
    left = stop_after
    stop = threading.Event()

    def on_step(step: str) -> None:
        nonlocal left
        if step == "committed" and left is not None:
            left -= 1
            if left == 0:
                stop.set()

    made = agency.made(ROOT, on_step=on_step, commit_events=6, stop=stop)
    made.source = source
    try:
        made.open()
        made.once()
    finally:
        made.close()


def cursors(agency: Agency) -> list[str]:
    """Return the positions that the source itself committed, in order."""
    # The source's own position has nothing behind the name of the source.
    found = [record.fields for record in agency.positions() if (record.raw.key() or b"").endswith(b"\0")]
    return [item["cursor"] for item in found if item["subject"] == "SOURCE" and item["cursor"]]


def test_a_stop_within_a_resource_leaves_it_unread(exchange: Exchange, tmp_path: Path) -> None:
    """Stopped in the middle of a document, the position is before it; the next run reads the rest."""
    agency = new_agency(exchange, "XX-SRC1")
    first, second = Numbered(), Numbered()
    # The position of the first document goes with the first commit after it.
    run(agency, first, stop_after=5)
    published, position = len(agency.published()), cursors(agency)[-1]
    run(agency, second)
    truth = agency.truth(write(tmp_path, "all.json", [manifest(number) for number in range(30)]))

    assert published % 18 != 0
    assert [position] == second.started == [str(published // 18)]
    assert cursors(agency)[-1] == "10"
    assert truth == agency.published()
    assert set(agency.published().values()) == {1}


def test_a_position_in_something_else_is_not_taken_over(exchange: Exchange) -> None:
    """After the description changed, the source starts anew; what it reads twice is published once."""
    agency = new_agency(exchange, "XX-SRC2")
    for source in (Numbered(), Numbered(), other := Numbered("b")):
        run(agency, source)

    assert other.started == [None]
    assert (180, {1}) == (len(agency.published()), set(agency.published().values()))


def piped(agency: Agency, keys: Path, given: bytes) -> dict[str, Any]:
    """Pipe bytes into the command; return its totals."""
    command = [item if item != "PLACE" else "-" for item in agency.command(Path("PLACE"), keys)]
    done = program.run(*command, "--metrics-port", "0", given=given)
    assert done.returncode == 0, done.stderr
    totals: dict[str, Any] = json.loads(done.stdout)
    return totals


def test_the_same_bytes_are_published_once(exchange: Exchange, tmp_path: Path) -> None:
    """The command ends with the pipe; the same bytes again publish nothing, others what is new in them."""
    agency = new_agency(exchange, "XX-PIPE")
    identity.create(tmp_path / "keys", range(2020, 2030))
    agency.keys = identity.load(tmp_path / "keys")
    first = json.dumps([manifest(1), manifest(2, status="Lost")]).encode()
    second = json.dumps([manifest(1), manifest(3)]).encode()
    totals = [piped(agency, tmp_path / "keys", given) for given in (first, first, second)]

    assert [(2, 6, 1), (0, 0, 0), (2, 6, 0)] == [
        (item["documents"], item["events"], item["rejected"]) for item in totals
    ]
    assert (12, 1) == (len(agency.published()), len(agency.rejects()))


def test_a_command_that_waits_for_a_pipe_can_be_stopped(exchange: Exchange, tmp_path: Path) -> None:
    """SIGTERM ends it well, though the pipe is still open; what came so far is not published."""
    agency = new_agency(exchange, "XX-PIPES")
    identity.create(tmp_path / "keys", range(2020, 2030))
    command = [item if item != "PLACE" else "-" for item in agency.command(Path("PLACE"), tmp_path / "keys")]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *command, "--metrics-port", "0"],
        cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as running:  # fmt: skip
        assert running.stdin is not None
        assert running.stderr is not None
        running.stdin.write(json.dumps(manifest(1)).encode())
        running.stdin.flush()
        assert b"positions_read" in running.stderr.readline()
        time.sleep(0.5)
        running.send_signal(signal.SIGTERM)
        status = running.wait(120)

    assert status == 0
    assert agency.published() == {}


def test_an_archive_publishes_what_its_files_would(exchange: Exchange, tmp_path: Path) -> None:
    """Members are published once and told by their own names; a bomb beside them is one reject."""
    agency = new_agency(exchange, "XX-ARC")
    inbox = tmp_path / "in"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", json.dumps([manifest(1), manifest(2)]))
        archive.writestr("b.json", json.dumps(manifest(3, status="Lost")))
    write(inbox, "x.zip", packed.getvalue())
    write(inbox, "bomb.json.gz", gzip.compress(bytes(80 << 20)))
    first, second = agency.run(inbox), agency.run(inbox)
    rejects = {record.fields["file_key"]: record.fields["findings"][0]["rule"] for record in agency.rejects()}
    plain = write(tmp_path, "a.json", [manifest(1), manifest(2)])

    assert agency.truth(plain) == agency.published()
    assert (4, 0) == (first.totals.documents, second.totals.documents)
    assert {
        agency.file_key("x.zip/b.json"): "us.status.unknown",
        agency.file_key("bomb.json.gz"): "archive.size",
    } == rejects
