"""A resource that cannot be read, handed out so that it is told like every other reject."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from producers.sources.source import RefusedError


@dataclass(frozen=True, slots=True)
class Refused:
    """A resource whose reading fails.

    Attributes:
        error: What reading it raises.
        digest: SHA-256 of what was refused, so that other bytes are told anew.
    """

    name: str
    size_bytes: int
    delivered_at: datetime
    error: RefusedError | OSError
    digest: bytes = b""

    def open(self) -> BinaryIO:
        """Fail."""
        raise self.error

    def sha256(self) -> bytes:
        """Return the digest of what was refused; fail where it could not even be read."""
        if isinstance(self.error, OSError):
            raise self.error
        return self.digest
