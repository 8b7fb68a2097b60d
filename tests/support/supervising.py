"""A supervisor as services know it: a socket of datagrams on which they say how they are."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

# From Linux's socket.h: process, user and group of whoever sent.
_CREDENTIALS = struct.Struct("3i")
_MESSAGE_BYTES_MAX = 4_096


@dataclass(slots=True)
class Supervising:
    """What listens.

    Attributes:
        senders: Which processes said anything.
    """

    socket: socket.socket
    senders: set[int] = field(default_factory=set)
    _said: list[str] = field(default_factory=list)

    def said(self) -> list[str]:
        """Return the lines that were said so far."""
        self.socket.settimeout(0)
        with suppress(BlockingIOError):
            while True:
                message, ancillary, _, _ = self.socket.recvmsg(
                    _MESSAGE_BYTES_MAX, socket.CMSG_SPACE(_CREDENTIALS.size)
                )
                self._said += message.decode().splitlines()
                self.senders |= {_CREDENTIALS.unpack(data)[0] for _, _, data in ancillary}
        return [*self._said]

    def hears(self, beginning: str, times: int = 1, seconds: float = 60.0) -> str:
        """Return the last line that begins so, once there are so many."""
        deadline = time.monotonic() + seconds
        while len(found := [line for line in self.said() if line.startswith(beginning)]) < times:
            assert time.monotonic() < deadline, f"no {beginning} among {self.said()}"
            time.sleep(0.05)
        return found[-1]


@contextmanager
def supervising(address: str) -> Iterator[Supervising]:
    """Listen at an address as NOTIFY_SOCKET gives it: a path, or a name behind an at sign."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        listening.bind(address.replace("@", "\0", 1))
        yield Supervising(listening)
