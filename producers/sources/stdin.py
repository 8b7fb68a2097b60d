"""The stdin source: what is piped in, published once for the same bytes.

The pipe is one resource; piping the same bytes in again publishes nothing, and goes on where
an interrupted run was.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from io import FileIO
from select import select
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from producers.sources.source import Resources, Source

NAME = "stdin"
_MEMORY_BYTES = 16 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024
_PATIENCE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Piped:
    stream: BinaryIO
    size_bytes: int
    delivered_at: datetime
    digest: bytes
    name: str = NAME

    def open(self) -> BinaryIO:
        return self.stream

    def sha256(self) -> bytes:
        return self.digest


@dataclass(slots=True)
class Stdin(Source):
    """A pipe that is read to its end, once.

    Attributes:
        pipe: Without a buffer, as waiting for it would miss what is in one.
    """

    pipe: FileIO
    _is_read: bool = False

    def touched(self) -> Resources:
        """Wait for the end of the pipe and yield all of it; a second call yields nothing."""
        if self._is_read:
            return
        # A pipe cannot be read twice, and complete sets are.
        with SpooledTemporaryFile(_MEMORY_BYTES) as file:
            spool = cast("BinaryIO", file)
            digest = hashlib.sha256()
            while (chunk := self._chunk()) != b"":
                if chunk is None:
                    yield None
                else:
                    digest.update(chunk)
                    spool.write(chunk)
            size_bytes = spool.tell()
            spool.seek(0)
            self._is_read = True
            yield _Piped(spool, size_bytes, datetime.now(UTC), digest.digest())

    def _chunk(self) -> bytes | None:
        """Return what comes next, nothing at the end, None where the writer takes its time."""
        is_ready, _, _ = select([self.pipe], [], [], _PATIENCE_SECONDS)
        return self.pipe.read(_CHUNK_BYTES) if is_ready else None
