"""The source protocol: what stands between an agency's system and the adapter's loop.

A source hands out resources, one after another, and is asked again and again. It keeps
little in memory; what it must know after a crash it says as its position, a short text
that is committed in one transaction with what was read up to it. What is known of each
resource, by its keyed name and the digest of its bytes, is the loop's business.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from datetime import datetime
from typing import BinaryIO, ClassVar, Protocol


class RefusedError(Exception):
    """A resource cannot be read; the rule of `producers.reading.file_rules` that it breaks says why."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Resource(Protocol):
    """A file, a reply or a row: bytes that hold one document or many.

    `open` and `sha256` raise FileNotFoundError where it is gone by now, OSError where it
    cannot be read for the moment, and RefusedError where it never can.
    """

    @property
    def name(self) -> str:
        """What it is called in its source, always the same; leaves the process as a keyed hash only."""

    @property
    def size_bytes(self) -> int:
        """Its size, as far as is known before it is read."""

    @property
    def delivered_at(self) -> datetime:
        """When the agency's system wrote it, UTC; orders documents that have no order of their own."""

    def open(self) -> BinaryIO:
        """Return its bytes as a seekable stream, which the caller closes; asked for at most once."""

    def sha256(self) -> bytes:
        """Return the digest of its bytes."""


Resources = Generator[Resource | None, None, None]


class Source(Protocol):
    """Where documents come from; one thread asks it, and a new one is made after each failure.

    Whatever it lets through but OSError ends the run: RetriableError where waiting helps.

    Attributes:
        takes_out: True where what was published is taken out: what is still there is read again.
    """

    takes_out: ClassVar[bool] = False

    @property
    def scope(self) -> str:
        """What a position is a position in, such as a table; a position in another scope is not taken over.

        It may be confidential, and leaves the process as a keyed digest only.
        """
        return ""

    def start(self, position: str | None) -> None:  # noqa: ARG002  # without a position there is nothing to go on from
        """Go on from a committed position, None where there is none; called once, before anything else."""
        return

    def touched(self) -> Resources:
        """Yield what is new or looks different since the last call, until there is nothing more for now.

        A resource is read when the next one is asked for; the iterator may be closed before.
        None stands where the source is about to wait for others: what was read is committed
        then, as no transaction may stay open meanwhile.
        """

    def again(self, resource: Resource) -> None:  # noqa: ARG002  # as it says
        """Yield a resource at the next call too: it could not be read.

        What is in memory can always be read, so only sources of files need this.
        """
        return

    def refused(self, resource: Resource) -> None:  # noqa: ARG002  # as it says
        """Hear that a document of the resource at hand is refused: it must stay where it is.

        Only sources that take out what was published need this.
        """
        return

    def position(self) -> str | None:
        """Return how far everything is read, at most 1 kB that hold nothing confidential.

        Asked before each commit, and committed with it. None where the source has no position.
        """
        return None

    def committed(self) -> Iterable[Resource]:
        """Hear that what was read is published for good; return resources that never come again."""
        return ()

    def close(self) -> None:
        """Leave nothing open."""
        return
