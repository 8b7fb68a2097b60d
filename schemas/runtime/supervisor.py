"""What the supervisor of a process is told, by systemd's protocol: one datagram for each message.

It names its socket in NOTIFY_SOCKET; where nothing does, nothing is told. Ready means that the
loop turns. A loop that waits for a broker turns as well: a start that waited for one would be
ended after a while, and tried again, for as long as the broker is away.
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field

# So often a loop is said to turn. It turns every few seconds; supervisors wait for minutes.
_PAUSE_SECONDS = 3.0
# PID 1 reads at once, or is itself in trouble: then a word is lost and the loop goes on.
_PATIENCE_SECONDS = 1.0


@dataclass(slots=True)
class Supervisor:
    """The supervisor of this process, if it has one that listens."""

    _address: str = field(default_factory=lambda: os.environ.get("NOTIFY_SOCKET", ""))
    _is_ready: bool = False
    _turned_at: float = -_PAUSE_SECONDS
    _status: str = ""

    def turned(self) -> None:
        """Say that the loop turns: that the process is ready the first time, then now and then."""
        now = time.monotonic()
        if now - self._turned_at < _PAUSE_SECONDS:
            return
        self._turned_at = now
        self._tell("WATCHDOG=1" if self._is_ready else "READY=1\nWATCHDOG=1")
        self._is_ready = True

    def shows(self, status: str) -> None:
        """Say in a line what the process does, where that is something else than before."""
        # A second line would be a message of its own.
        status = " ".join(status.split())
        if status != self._status:
            self._status = status
            self._tell(f"STATUS={status}")

    def stops(self) -> None:
        """Say that the process was told to end, and does."""
        self._tell("STOPPING=1\nSTATUS=stops, after what is at hand")

    def _tell(self, message: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told, suppress(OSError):
            told.settimeout(_PATIENCE_SECONDS)
            # An at sign stands for the zero byte that names of the abstract kind begin with.
            told.sendto(message.encode(), self._address.replace("@", "\0", 1))
