"""A rehearsal: everything that publication does, but for sending it."""

from __future__ import annotations

from schemas.headers import Headers


class Rehearsal:
    """Stands in for the transactional writer; shuts nobody out and sends nothing."""

    is_open = False

    def fence(self) -> None:
        """Leave the writer that may be at work alone."""

    def send(self, topic: str, key: bytes, value: bytes | None, headers: Headers) -> None:
        """Drop a record."""

    def commit(self) -> None:
        """Have nothing to commit."""

    def close(self) -> None:
        """Have nothing to close."""
