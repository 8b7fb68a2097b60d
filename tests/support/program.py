"""The program, run in a process of its own that need not import it: see `tests.support.zygote`."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tests.support.samples import ROOT

MAIN = "deploy.cli:main"
_DEVNULL = Path(os.devnull)


@dataclass(slots=True)
class Running:
    """A process that was started; it has what tests use of `subprocess.Popen`.

    Attributes:
        stdout: What it writes, where nobody else takes that.
        returncode: How it ended, below zero by a signal; None: it runs, or nobody asked.
    """

    pid: int
    stdout: IO[bytes] | None
    stderr: IO[bytes] | None
    _status: IO[bytes]
    returncode: int | None = None

    def poll(self) -> int | None:
        """Return how it ended, None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Return how it ended.

        Raises:
            TimeoutError: It runs on.
        """
        status = self._ended(timeout)
        if status is None:
            raise TimeoutError(f"process {self.pid} runs on")
        return status

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        """Return what it writes until it ends; raises as `wait`."""
        written = [_Reading(stream) for stream in (self.stdout, self.stderr)]
        self.wait(timeout)
        out, err = (stream.all() for stream in written)
        return out, err

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as a crash would."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for it, and leave nothing open."""
        if kind is not None:
            self.kill()
        self.wait()
        for stream in (self.stdout, self.stderr):
            if stream is not None:
                stream.close()

    def _ended(self, seconds: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], seconds)[0]:
            self.returncode = int(self._status.readline())
            self._status.close()
        return self.returncode


class _Reading(threading.Thread):
    """Reads a stream to its end meanwhile."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._found = b""
        self.start()

    def run(self) -> None:
        """Read."""
        if self._stream is not None:
            self._found = self._stream.read()

    def all(self) -> bytes:
        """Return everything, after its end."""
        self.join()
        return self._found


@dataclass(slots=True)
class _Zygote:
    """The process that forks."""

    process: subprocess.Popen[bytes]
    channel: socket.socket
    lock: threading.Lock = field(default_factory=threading.Lock)

    def end(self) -> None:
        """End it, though not what it forked."""
        self.channel.close()
        self.process.wait(60)


# Threads that start their first programs together share one zygote.
_making = threading.Lock()


def _zygote() -> _Zygote:
    with _making:
        return _made()


@cache
def _made() -> _Zygote:
    ours, its = socket.socketpair()
    with its:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.zygote"],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=its.fileno(), start_new_session=True,
        )  # fmt: skip
    made = _Zygote(process, ours)
    atexit.register(made.end)
    return made


def start(
    *arguments: object,
    entry: str = MAIN,
    cwd: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    given: bytes | None = None,
    stdout: Path | None = None,
    stderr: Path | None = None,
    file_bytes: int | None = None,
) -> Running:
    """Start a function as a program.

    Args:
        arguments: Of its command line.
        entry: The function: `deploy.cli:main` is the program itself.
        cwd: Where.
        environment: All of it; None: ours.
        given: What it reads; None: nothing.
        stdout: File for what it writes; None: to be read from the result.
        stderr: Likewise.
        file_bytes: Bytes after which no file may grow, as on a full disk.
    """
    request = {
        "entry": entry,
        "title": "weighbridge",
        "arguments": [str(argument) for argument in arguments],
        "cwd": str(cwd),
        "environment": dict(os.environ if environment is None else environment),
        "file_bytes": file_bytes,
    }
    return _started(json.dumps(request).encode(), given, stdout, stderr)


def _started(request: bytes, given: bytes | None, stdout: Path | None, stderr: Path | None) -> Running:
    status, its_status = os.pipe()
    reading, its_input = _input(given)
    (out, its_out), (err, its_err) = map(_output, (stdout, stderr))
    zygote = _zygote()
    try:
        with zygote.lock:
            socket.send_fds(zygote.channel, [request], [its_input, its_out, its_err, its_status])
    finally:
        for descriptor in (its_input, its_out, its_err, its_status):
            os.close(descriptor)
    told = os.fdopen(status, "rb", buffering=0)
    pid = int(told.readline())
    if reading is not None:
        reading.start()
    return Running(pid, out, err, told)


def _input(given: bytes | None) -> tuple[threading.Thread | None, int]:
    """Return what writes the input, and the end that the program reads."""
    if given is None:
        return None, os.open(_DEVNULL, os.O_RDONLY)
    source, sink = os.pipe()

    def write() -> None:
        with os.fdopen(sink, "wb") as pipe:
            pipe.write(given)

    return threading.Thread(target=write, daemon=True), source


def _output(file: Path | None) -> tuple[IO[bytes] | None, int]:
    """Return what we read of what the program writes, and where it writes."""
    if file is not None:
        return None, os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    source, sink = os.pipe()
    return os.fdopen(source, "rb"), sink


def run(
    *arguments: object,
    timeout: float = 300,
    entry: str = MAIN,
    cwd: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    given: bytes | None = None,
    file_bytes: int | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run a function as a program to its end; parameters as of `start`."""
    process = start(
        *arguments, entry=entry, cwd=cwd, environment=environment, given=given, file_bytes=file_bytes
    )
    with process:
        out, err = process.communicate(timeout)
        assert process.returncode is not None
        return subprocess.CompletedProcess([*map(str, arguments)], process.returncode, out, err)


def run_text(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the program to its end, and return what it says as text."""
    done = run(*arguments, cwd=cwd)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
