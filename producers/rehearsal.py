"""A rehearsal: everything that publication does, but for sending it."""

from __future__ import annotations

from schemas.headers import Headers
from schemas.runtime.transaction import BY_KEY, Report


class Rehearsal:
    """Stands in for the transactional writer; shuts nobody out and sends nothing."""

    is_open = False

    def fence(self) -> None:
        """Leave the writer that may be at work alone."""

    def send(
        self,
        topic: str,
        key: bytes,
        value: bytes | None,
        headers: Headers,
        *,
        partition: int = BY_KEY,
        report: Report | None = None,
    ) -> None:
        """Drop a record."""

    def flush(self) -> None:
        """Have nothing to wait for."""

    def commit(self) -> None:
        """Have nothing to commit."""

    def look(self, topic: str) -> None:
        """Have nobody to wait for."""

    def close(self) -> None:
        """Have nothing to close."""
