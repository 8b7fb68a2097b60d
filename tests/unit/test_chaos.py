"""What chaos is made of: links that do to bytes what they say, scripts, a report that sees what is wrong."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from deploy.exchange import ports
from tests.chaos import scripted
from tests.chaos.disk import Disk
from tests.chaos.proxy import Flow, Link
from tests.chaos.report import Tally
from tests.chaos.scripted import Line
from tests.support.samples import ROOT


@pytest.fixture
def link() -> Iterator[Link]:
    """Return a link to a server that says again what it is told."""
    with socket.create_server((ports.HOST, 0)) as server:
        threading.Thread(target=_echo, args=(server,), daemon=True).start()
        made = Link("test", [server.getsockname()[1]])
        made.open()
        yield made


def _echo(server: socket.socket) -> None:
    with suppress(OSError):
        while True:
            client, _ = server.accept()
            threading.Thread(target=_repeat, args=(client,), daemon=True).start()


def _repeat(client: socket.socket) -> None:
    with suppress(OSError), client:
        while data := client.recv(100):
            client.sendall(data)


def connected(link: Link) -> socket.socket:
    """Return a client's connection."""
    made = socket.create_connection((ports.HOST, link.ports[0]), timeout=5)
    assert answer(made, b"hello") == b"hello"
    return made


def answer(client: socket.socket, said: bytes, seconds: float = 5.0) -> bytes | None:
    """Return what is answered; None: nothing in time, empty: the connection has ended."""
    client.settimeout(seconds)
    try:
        client.sendall(said)
        return client.recv(100)
    except TimeoutError:
        return None
    except OSError:
        return b""


def test_held_bytes_arrive_late(link: Link) -> None:
    """Nothing is lost on a link that only holds back."""
    with connected(link) as client:
        link.disturb(Flow.HELD)
        assert answer(client, b"one", 0.3) is None
        link.heal()
        assert client.recv(100) == b"one"


def test_slow_bytes_take_a_while(link: Link) -> None:
    """What goes through a slow link arrives, both ways late."""
    with connected(link) as client:
        link.disturb(Flow.SLOW)
        begun = time.monotonic()
        assert answer(client, b"one") == b"one"

    assert time.monotonic() - begun > 0.5


@pytest.mark.parametrize("flow", [Flow.DROPPED, Flow.HALF])
def test_a_connection_that_lost_bytes_ends_when_the_link_heals(link: Link, flow: Flow) -> None:
    """A client hears nothing as long as the link is disturbed, then it is cut off, and may connect again."""
    with connected(link) as client:
        link.disturb(flow)
        assert answer(client, b"one", 0.3) is None
        link.heal()
        assert answer(client, b"two") == b""
    connected(link).close()


def test_a_refusing_link_ends_connections_old_and_new(link: Link) -> None:
    """As long as a link refuses, nobody gets through."""
    with connected(link) as client:
        link.disturb(Flow.REFUSED)
        assert answer(client, b"one") == b""
    with socket.create_connection((ports.HOST, link.ports[0])) as other:
        assert answer(other, b"one") == b""
    link.heal()
    connected(link).close()


def test_a_process_signals_itself_at_the_chosen_occurrence(tmp_path: Path) -> None:
    """The second time it comes to a step it is killed there, and the script is gone."""
    script, done = tmp_path / "script", tmp_path / "done"
    script.write_text(Line("begun", 2, signal.SIGKILL).text)
    code = (
        "import sys; from pathlib import Path; from tests.chaos.scripted import Prompter\n"
        "step = Prompter(Path(sys.argv[1]))\n"
        "for name in ('begun', 'flushed', 'begun', 'flushed'):\n"
        "    step(name); print(name, file=open(sys.argv[2], 'a'))\n"
    )
    status = subprocess.run([sys.executable, "-c", code, script, done], cwd=ROOT, check=False).returncode

    assert status == -signal.SIGKILL
    assert done.read_text().split() == ["begun", "flushed"]
    assert not script.exists()


def test_a_script_says_what_was_written() -> None:
    """A line is read as it was written."""
    line = Line("before flush", 3, signal.SIGSTOP)

    assert scripted.Line.read(line.text) == line


def test_a_tally_tells_lost_from_doubled() -> None:
    """Each record too few is lost, each one too many doubled, and either makes a story go wrong."""
    tally = Tally()
    tally.compare("same", Counter("ab"), Counter("ba"))
    assert tally.is_well

    tally.compare("other", Counter("abc"), Counter("aac"))

    assert (tally.lost, tally.doubled, tally.is_well) == (1, 1, False)
    assert tally.complaints == ["other: 1 lost, 1 doubled of 3"]


@pytest.mark.parametrize("kind", ["stuck", "crashes", "differences"])
def test_a_sum_is_as_bad_as_its_worst_story(kind: str) -> None:
    """Whatever goes wrong in one story goes wrong in all."""
    bad, total = Tally(), Tally()
    getattr(bad, kind).append("something")
    total.add(Tally(kills=Counter(hub=2), stories=1))
    total.add(bad)

    assert not total.is_well
    assert total.summary.startswith("2 kills, 1 stories")


def test_a_small_disk_gets_full_and_empty_again(tmp_path: Path) -> None:
    """Only a disk of its own is filled; then nothing can be written, until there is room again."""
    with Disk.of(tmp_path / "disk", 2) as small:
        file = small.folder / "file"
        if not small.is_small:
            with pytest.raises(AssertionError):
                small.fill()
            return
        small.fill()
        with pytest.raises(OSError, match="No space"):
            file.write_bytes(bytes(10_000))
        small.free()
        file.write_bytes(bytes(10_000))
