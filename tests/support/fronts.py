"""What stands in front of a server, so that it is reached under another address or at another time."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from tests.support.serving import served


@contextmanager
def forwarded(host: str, port: int) -> Iterator[int]:
    """Let another address lead to a port of this machine; give its port."""
    with socket.create_server((host, 0)) as server:
        threading.Thread(target=_forward, args=(server, port), daemon=True).start()
        yield server.getsockname()[1]
        # A thread that waits in accept would keep a closed socket open.
        server.shutdown(socket.SHUT_RDWR)


def _forward(server: socket.socket, port: int) -> None:
    with suppress(OSError):
        while True:
            client, _ = server.accept()
            there = socket.create_connection(("127.0.0.1", port))
            for one, other in ((client, there), (there, client)):
                threading.Thread(target=_pump, args=(one, other), daemon=True).start()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while content := one.recv(65_536):
            other.sendall(content)
    # Either side has had enough, so has the other one.
    for side in (one, other):
        with suppress(OSError):
            side.shutdown(socket.SHUT_RDWR)
        side.close()


@contextmanager
def dated(url: str, seconds: int) -> Iterator[str]:
    """Stand in front of a registry, with a clock that is so far ahead; give the address."""
    place = urlsplit(url)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._pass_on(None)

        def do_POST(self) -> None:
            self._pass_on(self.rfile.read(int(self.headers["Content-Length"])))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002  # the base's
            """Return what time it is here."""
            return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)

        def _pass_on(self, body: bytes | None) -> None:
            registry = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
            kept = {name: self.headers[name] for name in ("Content-Type", "Accept") if self.headers[name]}
            registry.request(self.command, self.path, body, kept)
            answer = registry.getresponse()
            content = answer.read()
            registry.close()
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with served(Handler) as address:
        yield f"{address}{place.path}"
