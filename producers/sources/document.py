"""A resource that is in memory: a reply of a service, a row of a table."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes as they came."""

    name: str
    content: bytes
    delivered_at: datetime

    @property
    def size_bytes(self) -> int:
        """Its exact size."""
        return len(self.content)

    def open(self) -> BinaryIO:
        """Return the bytes."""
        return io.BytesIO(self.content)

    def sha256(self) -> bytes:
        """Return the digest of the bytes."""
        return hashlib.sha256(self.content).digest()
