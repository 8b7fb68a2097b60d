"""TCP ports of this machine's loopback address.

Free ports are drawn from below the range that systems give to outgoing connections: a client
that keeps trying to reach a stopped broker could otherwise be given the broker's own port and
connect to itself, and the broker could not come back.
"""

from __future__ import annotations

import os
import secrets
import socket

from schemas.errors import RetriableError

HOST = "127.0.0.1"
# Apart from each other, so that two servers about to start are never given the same port.
BROKER = range(14_000, 17_000)
CERTIFICATES = range(17_000, 20_000)
CONTROLLER = range(20_000, 26_000)
REGISTRY = range(26_000, 32_000)
_DRAWS_MAX = 100


def is_free(port: int) -> bool:
    """Say whether nothing listens on a port."""
    with socket.socket() as probe:
        if os.name == "posix":
            # Connections that ended a moment ago do not keep a server from listening again.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def is_open(port: int) -> bool:
    """Say whether something accepts connections on a port."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def choose(among: range, *, preferred: int = 0) -> int:
    """Return the preferred port when it is free, else a free one of a range."""
    if preferred and is_free(preferred):
        return preferred
    for _ in range(_DRAWS_MAX):
        port = secrets.choice(among)
        if is_free(port):
            return port
    raise RetriableError(
        f"found no free port from {among.start} to {among.stop - 1}",
        hint="name free ports with --kafka-port and --registry-port",
    )
