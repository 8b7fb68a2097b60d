"""A small service that behaves like e-Manifest, its bad moments included, in the test's own process."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.serving import served

API_ID = "id-555-canary"
API_KEY = "key/555 canary"
NOT_FOUND = {"code": "E_ManifestTrackingNumberNotFound ", "message": "was not found", "errorId": "1"}

Reply = tuple[int, Any, dict[str, str]]


@dataclass(slots=True)
class Service:
    """What the service knows and how it feels.

    Attributes:
        manifests: Documents by number.
        troubles: Replies, or delays in seconds, that the next requests for data meet, first to last.
        on_search: Called after each search, before its reply is sent.
        searches: What was searched for.
        tokens_live: How many requests a token is good for, whatever its date of expiry says.
    """

    manifests: dict[str, Any] = field(default_factory=dict)
    troubles: list[Reply | float] = field(default_factory=list)
    on_search: Callable[[], None] = lambda: None
    tokens_live: int = 1_000_000
    token_seconds: float = 1200
    asked: Counter[str] = field(default_factory=Counter)
    searches: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _left: dict[str, int] = field(default_factory=dict)

    def put(self, document: Any) -> None:
        """Take a manifest, or a new version of it, as updated when it says."""
        self.manifests[document["manifestTrackingNumber"]] = document

    def reply(self, method: str, path: str, token: str, body: Any) -> Reply:
        """Return what the service answers."""
        with self._lock:
            if path.startswith("/auth/"):
                return self._log_in(path)
            self._left[token] = self._left.get(token, 0) - 1
            if self._left[token] < 0:
                return 401, {"code": "E_SecurityApiTokenExpired"}, {}
            if self.troubles:
                trouble = self.troubles.pop(0)
                if not isinstance(trouble, float):
                    return trouble
                time.sleep(trouble)
            if (method, path) == ("POST", "/emanifest/search"):
                return self._found(body)
            return self._manifest(path.rpartition("/")[2])

    def _log_in(self, path: str) -> Reply:
        self.asked["auth"] += 1
        if path != "/auth/id-555-canary/key%2F555%20canary":
            return 401, {"code": "E_SecurityApiInvalidCredentials", "message": path}, {}
        token = f"token-{self.asked['auth']}-canary"
        self._left[token] = self.tokens_live
        expires_at = datetime.now(UTC) + timedelta(seconds=self.token_seconds)
        return 200, {"token": token, "expiration": expires_at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")}, {}

    def _found(self, body: Any) -> Reply:
        self.searches.append(body)
        if body["dateType"] != "UpdatedDate" or body["stateCode"] != "VA":
            return 400, {"code": "E_InvalidStateCode"}, {}
        start, end = (datetime.fromisoformat(body[name]) for name in ("startDate", "endDate"))
        found = [
            number
            for number, document in self.manifests.items()
            if start <= datetime.fromisoformat(document["updatedDate"]) <= end
            and body.get("status") in {None, document["status"]}
        ]
        self.on_search()
        return 200, found, {}

    def _manifest(self, number: str) -> Reply:
        self.asked[number] += 1
        if number not in self.manifests:
            return 404, NOT_FOUND, {}
        return 200, self.manifests[number], {}


@contextmanager
def serving(service: Service) -> Iterator[Service]:
    """Serve on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body are sent apart, and each would wait for the other's receipt.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, body: Any) -> None:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, said, headers = service.reply(self.command, self.path, token, body)
            content = json.dumps(said).encode()
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(content))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with served(Handler) as service.url:
        yield service
