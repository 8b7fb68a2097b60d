"""A registry that says it holds every schema, and returns another one by its id."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.serving import served


@contextmanager
def lying_registry(schema: Any) -> Iterator[str]:
    """Serve a schema, or any text, in place of every other; give the registry's address."""
    text = schema if isinstance(schema, str) else json.dumps(schema)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({"schema": text})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer({"subject": "any-value", "id": 1, "version": 1, "schema": text})

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _answer(self, answer: dict[str, Any]) -> None:
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with served(Handler) as address:
        yield address
