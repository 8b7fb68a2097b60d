"""The e-Manifest source: asks the service of the US EPA what was updated, and fetches that.

Windows on the service's own date of update follow one another and overlap, since an update
may show later than it is dated; a manifest that is found twice is recognised by its bytes.
The position is the end of the last window of which everything is published, so a killed
process reads the window at hand again.

A deleted manifest vanishes from every search. The process therefore remembers which
manifests may still be deleted, and asks for those again that have been silent for long. Their
numbers are confidential, so they stand in no position: after a restart those are found again
that were updated in the last `look_back_days` and still exist. A manifest that is deleted
while no process runs, or that was announced longer ago, stays announced.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Literal, TypeVar

from pydantic import AwareDatetime, Field, model_validator

from producers.sources.description import Description
from producers.sources.document import Document
from producers.sources.emanifest_service import NOT_FOUND, EmanifestService
from producers.sources.http_service import WaitError
from producers.sources.refused import Refused
from producers.sources.source import RefusedError, Resource, Resources, Source
from schemas.runtime.logs import logger
from schemas.telemetry import LogEvent

T = TypeVar("T")

# In these the service lets a manifest be deleted; a pending one was never published, or was
# announced before.
_DELETABLE = ("Pending", "Scheduled", "ReadyForSignature", "MtnValidationFailed")
# The same, as far as a search knows them.
_SEARCHABLE = ("Pending", "Scheduled", "ReadyForSignature")
_REMEMBERED_MAX = 100_000
_ASKED_AGAIN_MAX = 500
_BATCH_RESOURCES = 50
_BATCH_BYTES = 8 * 1024 * 1024
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class EmanifestDescription(Description):
    """Where the service is, what is asked of it, and how often.

    Attributes:
        url: Base address, which `auth/` and `emanifest/` follow.
        area: Services for industry, or for states.
        since: Where the first window starts.
    """

    kind: Literal["emanifest"]
    url: Annotated[str, Field(pattern=r"^(https://|http://(127\.0\.0\.1|localhost)[:/])[^?#\s]+$")]
    area: Literal["emanifest", "state/emanifest"] = "emanifest"
    state_code: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    site_id: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,20}$")] | None = None
    since: AwareDatetime
    interval_seconds: Annotated[int, Field(ge=1)] = 300
    window_hours: Annotated[int, Field(ge=1)] = 24
    overlap_minutes: Annotated[int, Field(ge=0)] = 15
    lag_seconds: Annotated[int, Field(ge=0)] = 60
    requests_per_second: Annotated[float, Field(gt=0, le=1000)] = 4.0
    ask_again_hours: Annotated[float, Field(gt=0)] = 24.0
    look_back_days: Annotated[int, Field(ge=0)] = 90

    @model_validator(mode="after")
    def _has_one_area(self) -> EmanifestDescription:
        if (self.state_code is None) == (self.site_id is None):
            message = "give either state_code or site_id"
            raise ValueError(message)
        return self


@dataclass(slots=True)
class Emanifest(Source):
    """The service, asked again and again.

    Attributes:
        now: The clock.
    """

    description: EmanifestDescription
    service: EmanifestService
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _read_until: datetime = field(init=False)
    _position: str | None = None
    _is_looked_back: bool = False
    # Numbers that may be deleted yet, with the instant they were asked for, oldest first.
    _asked_at: dict[str, datetime] = field(default_factory=dict)

    @property
    def scope(self) -> str:
        """The service, and whose manifests of it."""
        given = self.description
        return "\0".join(("emanifest", given.url, given.area, given.state_code or "", given.site_id or ""))

    def start(self, position: str | None) -> None:
        """Go on after the last window that is published; the first starts where the description says."""
        self._position = position
        self._read_until = datetime.fromisoformat(position) if position else self.description.since
        # Whoever reads everything from the beginning has nothing to look back to.
        self._is_looked_back = position is None

    def touched(self) -> Resources:
        """Yield the manifests of each window that is due, then those that were silent for long."""
        if not self._is_looked_back:
            yield from self._looked_back()
        while (end := self._window_end()) is not None:
            start = self._read_until - timedelta(minutes=self.description.overlap_minutes)
            yield from self._fetched((yield from self._found(start, end)))
            self._read_until, self._position = end, end.isoformat()
        yield from self._fetched(self._silent())

    def position(self) -> str | None:
        """Return the end of the last window that is read whole."""
        return self._position

    def close(self) -> None:
        """Close the connections."""
        self.service.http.close()

    def _window_end(self) -> datetime | None:
        """Return where the window ends that is due, None where the next one is too short yet."""
        horizon = self.now().replace(microsecond=0) - timedelta(seconds=self.description.lag_seconds)
        if horizon - self._read_until < timedelta(seconds=self.description.interval_seconds):
            return None
        return min(self._read_until + timedelta(hours=self.description.window_hours), horizon)

    def _looked_back(self) -> Resources:
        """Remember which manifests may be deleted yet; they are asked for at the end of the first look."""
        start = self._read_until - timedelta(days=self.description.look_back_days)
        for status in _SEARCHABLE:
            for number in (yield from self._found(start, self._read_until, status)):
                self._remember(number, _LONG_AGO)
        self._is_looked_back = True

    def _found(
        self, start: datetime, end: datetime, status: str | None = None
    ) -> Generator[None, None, list[str]]:
        criteria = {
            "dateType": "UpdatedDate",
            "startDate": _stamp(start),
            "endDate": _stamp(end),
            "stateCode": self.description.state_code,
            "siteId": self.description.site_id,
            "status": status,
        }
        given = {name: value for name, value in criteria.items() if value is not None}
        return (yield from self._patiently(partial(self.service.search, given)))

    def _fetched(self, numbers: Iterable[str]) -> Resources:
        """Fetch manifests and hand them out in batches, so that not each is a transaction."""
        batch: list[Resource] = []
        for number in numbers:
            batch.append((yield from self._patiently(partial(self._resource, number))))
            if len(batch) >= _BATCH_RESOURCES or sum(item.size_bytes for item in batch) > _BATCH_BYTES:
                yield from batch
                batch.clear()
        yield from batch

    def _resource(self, number: str) -> Resource:
        asked_at = self.now()
        found: tuple[bytes, str] | RefusedError | None
        try:
            found = self.service.manifest(number)
        except RefusedError as error:
            found = error
        self._asked_at.pop(number, None)
        if isinstance(found, RefusedError):
            return Refused(number, 0, asked_at, found, number.encode())
        if found is None:
            return Document(number, _deleted(number, asked_at), asked_at)
        content, status = found
        if status in _DELETABLE:
            self._remember(number, asked_at)
        return Document(number, content, asked_at)

    def _remember(self, number: str, asked_at: datetime) -> None:
        self._asked_at[number] = asked_at
        if len(self._asked_at) > _REMEMBERED_MAX:
            del self._asked_at[next(iter(self._asked_at))]

    def _silent(self) -> list[str]:
        """Return numbers that were silent for long, oldest first; the rest waits for a later look."""
        limit = self.now() - timedelta(hours=self.description.ask_again_hours)
        due = (number for number, asked_at in self._asked_at.items() if asked_at <= limit)
        return [number for number, _ in zip(due, range(_ASKED_AGAIN_MAX), strict=False)]

    def _patiently(self, call: Callable[[], T]) -> Generator[None, None, T]:
        """Call the service, as long as it asks to wait again and again; None whenever the loop may turn."""
        while True:
            yield None
            try:
                return call()
            except WaitError as wait:
                logger().warning(
                    LogEvent.WAITING,
                    error="the service: too many requests",
                    hint="lower requests_per_second",
                    seconds=wait.seconds,
                )
                until = time.monotonic() + wait.seconds
                while (left_seconds := until - time.monotonic()) > 0:
                    yield None
                    time.sleep(min(left_seconds, 1.0))


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.0+00:00"


def _deleted(number: str, asked_at: datetime) -> bytes:
    """Return the envelope by which the adapter cancels what was published of a manifest."""
    updated = asked_at.astimezone(UTC).isoformat(timespec="milliseconds")
    envelope = {"manifestTrackingNumber": number, "updatedDate": updated, "body": {"code": NOT_FOUND}}
    return json.dumps(envelope).encode()
