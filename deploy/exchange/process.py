"""Background processes that outlive the command which started them.

A process is known by its number and by its moment of birth, because a system gives the number
of a dead process to a new one: nothing that was not started here is ever signalled.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.exchange import waiting

# The shell leaves at once and the server is adopted by the system, so that its end leaves no
# zombie behind, whoever started it.
_DETACH = 'umask 077; log=$1; shift; exec "$@" </dev/null >"$log" 2>&1 & echo $!'

# A server sees this and nothing of the user's environment: a variable of some other Java or
# Quarkus program would change its behaviour.
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PATH": os.defpath}

_PROC = Path("/proc")
_STATE_FIELD = 0
_THREADS_FIELD = 17
_BIRTH_FIELD = 19
_DEAD_STATES = "ZX"


@dataclass(frozen=True)
class Process:
    """One process; `birth` tells it from a later one with the same number."""

    pid: int
    birth: str


def spawn(command: Sequence[str], *, folder: Path, log: Path) -> Process:
    """Start a command in the background, in a session of its own, with its output in a log file."""
    shell = ["/bin/sh", "-c", _DETACH, "weighbridge", str(log), *command]
    started = subprocess.run(  # noqa: S603  # the command is ours, its parts are passed as arguments
        shell,
        cwd=folder,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
        check=True,
    )
    pid = int(started.stdout)
    return Process(pid, birth_of(pid) or "unknown")


def is_alive(process: Process) -> bool:
    """Say whether this very process still runs."""
    return birth_of(process.pid) == process.birth


def terminate(process: Process) -> None:
    """Ask a process to end."""
    _signal(process, signal.SIGTERM)


def kill(process: Process) -> None:
    """End a process at once, as a crash would."""
    _signal(process, signal.SIGKILL)


def has_ended(process: Process, *, timeout_seconds: float) -> bool:
    """Wait for a process to end; say whether it did within the time."""
    return waiting.until(lambda: not is_alive(process), timeout_seconds=timeout_seconds)


def birth_of(pid: int) -> str | None:
    """Return what tells a living process from others with its number; None when there is none."""
    return _birth_from_proc(pid) if (_PROC / "self" / "stat").exists() else _birth_from_ps(pid)


def _signal(process: Process, number: signal.Signals) -> None:
    if is_alive(process):
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)


def _birth_from_proc(pid: int) -> str | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The second field is the program's name in brackets and may itself hold spaces and brackets.
    fields = text.rpartition(")")[2].split()
    # A killed process is marked as dead with its first thread, while others still hold its ports.
    if fields[_STATE_FIELD] in _DEAD_STATES and int(fields[_THREADS_FIELD]) <= 1:
        return None
    return f"{_boot()} {fields[_BIRTH_FIELD]}"


def _boot() -> str:
    # Ticks count from the boot, so a number and a tick may return after the next one.
    with suppress(OSError):
        return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""


def _birth_from_ps(pid: int) -> str | None:
    listed = subprocess.run(  # noqa: S603  # a number is the only argument
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)],
        env=ENVIRONMENT,
        capture_output=True,
        check=False,
        text=True,
    )
    state, _, birth = listed.stdout.strip().partition(" ")
    return birth.strip() if birth and state[0] not in _DEAD_STATES else None
