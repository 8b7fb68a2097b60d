"""A running hub's local socket: named questions, answered while the loop goes on.

DuckDB lets one process into a file, so every command that needs the file of a running hub
asks here. One question is one line of JSON, one answer another. The socket stands next to
the file and is its owner's alone.
"""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from schemas.errors import ConfigurationError, FatalError, RetriableError, WeighbridgeError

_PATH_BYTES_MAX = 107
_QUESTION_BYTES_MAX = 1_000_000
ANSWER_SECONDS_MAX = 120.0

Handler = Callable[..., Any]


def socket_path(file: Path) -> Path:
    """Return where the hub of a file listens."""
    return file.with_name(f"{file.name}.sock")


class Service:
    """The listening side; the handlers run in threads and must not use the writer's connection."""

    def __init__(self, file: Path, handlers: Mapping[str, Handler]) -> None:
        path = socket_path(file.absolute())
        if len(str(path).encode()) > _PATH_BYTES_MAX:
            raise ConfigurationError(
                f"{path} is too long for a socket",
                hint=f"put the file where this has {_PATH_BYTES_MAX} bytes",
            )
        # Whoever holds the file's lock is the only one to listen: what is left is of a dead hub.
        path.unlink(missing_ok=True)
        self._path = path
        self._server = _Server(str(path), handlers)
        path.chmod(0o600)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        if self._thread.is_alive():
            # Waits for ever for a server that was never started.
            self._server.shutdown()
        self._server.server_close()
        self._path.unlink(missing_ok=True)


def ask(file: Path, name: str, *, patience_seconds: float = ANSWER_SECONDS_MAX, **arguments: Any) -> Any:
    """Ask the running hub of a file.

    Raises:
        ConnectionError, FileNotFoundError: No hub runs on it.
        WeighbridgeError: The hub's own refusal, with its hint.
    """
    question = json.dumps({"name": name, "arguments": arguments}).encode() + b"\n"
    try:
        line = _exchanged(file, question, patience_seconds)
    except TimeoutError as error:
        raise RetriableError(
            f"the hub did not answer within {patience_seconds:.0f} s", hint="ask for less, or later"
        ) from error
    if not line:
        raise FatalError("the hub stopped before it answered", hint="weighbridge hub status")
    answer = json.loads(line)
    if "error" in answer:
        kind = ConfigurationError if answer["is_usage"] else FatalError
        raise kind(answer["error"], hint=answer["hint"])
    return answer["result"]


def _exchanged(file: Path, question: bytes, patience_seconds: float) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(patience_seconds)
        connection.connect(str(socket_path(file.absolute())))
        connection.sendall(question)
        with connection.makefile("rb") as stream:
            return stream.readline()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, path: str, handlers: Mapping[str, Handler]) -> None:
        self.handlers = handlers
        super().__init__(path, _Question)


class _Question(socketserver.StreamRequestHandler):
    timeout = 10.0
    server: _Server

    def handle(self) -> None:
        """Answer one line."""
        try:
            question = json.loads(self.rfile.readline(_QUESTION_BYTES_MAX))
            handler = self.server.handlers[question["name"]]
            answer = {"result": handler(**question["arguments"])}
        except WeighbridgeError as error:
            is_usage = isinstance(error, ConfigurationError)
            answer = {"error": str(error), "hint": error.hint, "is_usage": is_usage}
        except (ValueError, KeyError, TypeError):
            answer = {"error": "not a question that this hub knows", "hint": "", "is_usage": True}
        except Exception as error:  # noqa: BLE001  # the top of a thread: whoever asked is told, the loop goes on
            answer = {"error": f"the hub failed: {type(error).__name__}", "hint": "", "is_usage": False}
        try:
            self.wfile.write(json.dumps(answer).encode() + b"\n")
        except OSError:
            # Whoever asked has gone.
            return
