"""A client of somebody's HTTP service: paced, patient, and silent about what it asks.

Addresses may hold credentials and numbers of documents, so that no address stands in an
error or a log line, the libraries' own included. A service that fails for a moment is asked
again with growing, random pauses; one that says how long to wait is left alone for as long.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from schemas.errors import Awaited, FatalError, RetriableError
from schemas.runtime.logs import logger
from schemas.telemetry import LogEvent

ANSWER_BYTES_MAX = 32 * 1024 * 1024
_TIMEOUT_SECONDS = 20.0
_ANSWER_SECONDS_MAX = 30.0
# The loop must turn now and then, or the process passes for dead.
_ATTEMPTS_MAX = 4
_PATIENCE_SECONDS = 20.0
_PAUSE_SECONDS_MAX = 8.0
# Where a service asks to wait without saying for how long, or for longer than is believed.
_WAIT_SECONDS = 30.0
_WAIT_SECONDS_MAX = 3600.0
_HINT = "is its address right, is it up?"


class WaitError(Exception):
    """The service wants to be left alone for a while."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class _PassingError(Exception):
    """An attempt failed in a way that may pass by itself; its text holds no address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service answered."""

    status: int
    content: bytes


@dataclass(slots=True)
class HttpService:
    """One service under one base address, asked by one thread."""

    base_url: str
    requests_per_second: float
    transport: httpx2.BaseTransport | None = None
    _client: httpx2.Client = field(init=False)
    _asked_at: float = 0.0

    def __post_init__(self) -> None:
        """Prepare the client; nothing is connected yet."""
        for name in ("httpx2", "httpcore2"):
            # They log addresses, at levels that anybody may have switched on.
            logging.getLogger(name).setLevel(logging.CRITICAL)
        set_on_retry_hooks([_tell])
        self._client = httpx2.Client(timeout=_TIMEOUT_SECONDS, transport=self.transport)

    def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: Any = None
    ) -> Answer:
        """Send a request and return the answer, whose status is below 500.

        Raises:
            WaitError: The service asks to wait.
            RetriableError: It does not answer, after some attempts.
            FatalError: Its answer is larger than anything it should say.
        """
        try:
            for attempt in stamina.retry_context(
                _PassingError,
                attempts=_ATTEMPTS_MAX,
                timeout=_PATIENCE_SECONDS,
                wait_max=_PAUSE_SECONDS_MAX,
            ):
                with attempt:
                    return self._asked(method, path, headers, body)
        except _PassingError as error:
            raise RetriableError(f"the service: {error}", hint=_HINT, awaited=Awaited.SOURCE) from None
        raise AssertionError  # the loop returns or raises

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _asked(self, method: str, path: str, headers: Mapping[str, str] | None, body: Any) -> Answer:
        self._pace()
        url = f"{self.base_url.rstrip('/')}/{path}"
        try:
            with self._client.stream(method, url, headers=headers, json=body) as response:
                _judge(response)
                return Answer(response.status_code, _content(response))
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
            # The cause is cut off: it knows the address.
            raise _PassingError(type(error).__name__) from None

    def _pace(self) -> None:
        left_seconds = self._asked_at + 1 / self.requests_per_second - time.monotonic()
        if left_seconds > 0:
            time.sleep(left_seconds)
        self._asked_at = time.monotonic()


def _judge(response: httpx2.Response) -> None:
    """Raise for an answer that says nothing but that it is the wrong moment."""
    status, named = response.status_code, response.headers.get("Retry-After")
    if status == httpx2.codes.TOO_MANY_REQUESTS or (
        status == httpx2.codes.SERVICE_UNAVAILABLE and named is not None
    ):
        raise WaitError(_seconds(named))
    if status == httpx2.codes.REQUEST_TIMEOUT or status >= httpx2.codes.INTERNAL_SERVER_ERROR:
        raise _PassingError(f"status {status}")


def _seconds(named: str | None) -> float:
    """Return the seconds of a Retry-After header: a number or a date (RFC 9110, section 10.2.3)."""
    text = (named or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _WAIT_SECONDS_MAX)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return _WAIT_SECONDS
    left_seconds = (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(left_seconds, 0.0), _WAIT_SECONDS_MAX)


def _content(response: httpx2.Response) -> bytes:
    content = bytearray()
    deadline = time.monotonic() + _ANSWER_SECONDS_MAX
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > ANSWER_BYTES_MAX:
            raise FatalError("an answer of the service is larger than 32 MB", hint="is its address right?")
        if time.monotonic() > deadline:
            raise _PassingError("an answer that does not end")
    return bytes(content)


def _tell(details: RetryDetails) -> None:
    logger().warning(
        LogEvent.WAITING,
        error=f"the service: {details.caused_by}",
        hint=_HINT,
        seconds=round(details.wait_for, 3),
    )
