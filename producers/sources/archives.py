"""Archives in a folder: each member is a resource of its own, such as `batch.zip/inner.csv`.

Members are unpacked one at a time into a temporary file without a name, so what a member is
called touches no disk. Bounds on members, sizes, ratio and nesting hold before and while
something is unpacked: an archive that exceeds one is one reject, and its rest is not read.
A member that is broken or encrypted is a reject of its own and hides no neighbour.
"""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import PurePosixPath
from stat import S_ISLNK
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, cast

from producers.sources.refused import Refused
from producers.sources.source import RefusedError, Resource, Resources

MEMBERS_MAX = 10_000
MEMBER_BYTES_MAX = 1 << 30
ARCHIVE_BYTES_MAX = 8 << 30
# Tables that repeat themselves shrink to a hundredth; what deflate can do at most is 1/1032.
RATIO_MAX = 200
# So much is no harm whatever the ratio is.
RATIO_FREE_BYTES = 64 << 20
# An archive within an archive, and no further.
DEPTH_MAX = 2

_CHUNK_BYTES = 256 * 1024
# A header that wants more at once is made to fill the memory; the list of a zip file with
# MEMBERS_MAX members has about this size.
_READ_BYTES_MAX = 2 << 20
_MEMORY_BYTES = 16 << 20
# What takes longer to unpack than a transaction should stay open.
_LARGE_BYTES = 8 << 20
# Others take memory as a file says, or are hardly used.
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_TAR_BLOCK_BYTES = 512


class _ExceededError(RefusedError):
    """A bound is exceeded: the whole archive ends here."""


@dataclass(frozen=True, slots=True)
class Member:
    """One unpacked member; its stream ends when the next resource is asked for."""

    name: str
    size_bytes: int
    delivered_at: datetime
    stream: BinaryIO
    digest: bytes

    def open(self) -> BinaryIO:
        """Return the unpacked bytes."""
        return self.stream

    def sha256(self) -> bytes:
        """Return the digest of the unpacked bytes."""
        return self.digest


@dataclass(slots=True)
class _Budget:
    """What one archive, with all archives in it, has used of its bounds."""

    packed_bytes: int
    members: int = 0
    bytes: int = 0

    def count(self) -> None:
        self.members += 1
        if self.members > MEMBERS_MAX:
            raise _ExceededError("archive.members")

    def take(self, size_bytes: int) -> None:
        self.check(size_bytes)
        self.bytes += size_bytes

    def check(self, size_bytes: int) -> None:
        total = self.bytes + size_bytes
        is_bomb = total > RATIO_FREE_BYTES and total > RATIO_MAX * self.packed_bytes
        if is_bomb or total > ARCHIVE_BYTES_MAX:
            raise _ExceededError("archive.size")


@dataclass(frozen=True, slots=True)
class _Packed:
    """One member that is still packed; its size is -1 where the archive does not say it."""

    name: str
    size_bytes: int
    open: Callable[[], IO[bytes]]


class _Bounded:
    """A stream that refuses to be read in one large piece, as libraries do with what a header says."""

    def __init__(self, stream: BinaryIO | gzip.GzipFile) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size if 0 <= size <= _READ_BYTES_MAX else _READ_BYTES_MAX + 1)
        if len(data) > _READ_BYTES_MAX:
            raise _ExceededError("archive.size")
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        if offset > ARCHIVE_BYTES_MAX:
            raise _ExceededError("archive.size")
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def seekable(self) -> bool:
        return True


def is_archive(name: str) -> bool:
    """Say whether a file is an archive, by its name."""
    return name.lower().endswith((".zip", ".tar", ".tgz", ".gz"))


def is_unfinished(name: str) -> bool:
    """Say whether a file or member is hidden or somebody's unfinished work, by its name."""
    return name.endswith((".part", ".tmp")) or any(part.startswith(".") for part in name.split("/"))


def members(archive: Resource) -> Resources:
    """Yield the members of an archive and of archives in it, in their order there.

    Raises:
        OSError: The archive cannot be read, or a member cannot be kept for the moment.
    """
    unpacking = _Unpacking(archive, _Budget(archive.size_bytes))
    try:
        with archive.open() as stream:
            yield from unpacking.walked(stream, archive.name, 1)
    except RefusedError as error:
        yield None
        yield unpacking.refused(archive.name, archive.size_bytes, error)


@dataclass(frozen=True, slots=True)
class _Unpacking:
    archive: Resource
    budget: _Budget

    def walked(self, stream: BinaryIO, name: str, depth: int) -> Resources:
        packed = _opened(stream, name, self.budget)
        while (member := _next(packed)) is not None:
            if is_unfinished(member.name):
                continue
            place = f"{name}/{member.name}"
            try:
                yield from self._unpacked(member, place, depth)
            except _ExceededError:
                raise
            except RefusedError as error:
                yield None
                yield self.refused(place, max(member.size_bytes, 0), error)

    def refused(self, name: str, size_bytes: int, error: RefusedError) -> Refused:
        return Refused(name, size_bytes, self.archive.delivered_at, error, self.archive.sha256())

    def _unpacked(self, member: _Packed, place: str, depth: int) -> Resources:
        if not 0 <= member.size_bytes <= _LARGE_BYTES:
            yield None
        if is_archive(place) and depth == DEPTH_MAX:
            raise _ExceededError("archive.nested")
        with SpooledTemporaryFile(_MEMORY_BYTES) as spool:
            unpacked = cast("BinaryIO", spool)
            size_bytes, digest = self._copy(member, unpacked)
            if is_archive(place):
                yield from self.walked(unpacked, place, depth + 1)
            else:
                # Members stand in the order of the archive, which has one date for all.
                delivered_at = self.archive.delivered_at + timedelta(microseconds=self.budget.members)
                yield Member(place, size_bytes, delivered_at, unpacked, digest)

    def _copy(self, member: _Packed, spool: BinaryIO) -> tuple[int, bytes]:
        """Unpack a member and return its size and SHA-256."""
        digest = hashlib.sha256()
        size_bytes = 0
        with _judged(), member.open() as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                size_bytes += len(chunk)
                self.budget.take(len(chunk))
                if size_bytes > MEMBER_BYTES_MAX:
                    raise _ExceededError("archive.size")
                digest.update(chunk)
                spool.write(chunk)
        spool.seek(0)
        return size_bytes, digest.digest()


@contextmanager
def _judged() -> Iterator[None]:
    """Make one error of everything that a library raises about bytes that are no archive."""
    try:
        yield
    except RefusedError:
        raise
    except gzip.BadGzipFile:
        raise RefusedError("archive.broken") from None
    except OSError:
        raise
    except Exception:  # noqa: BLE001  # the libraries fail in a dozen ways on what anybody may send
        raise RefusedError("archive.broken") from None


def _next(packed: Iterator[_Packed]) -> _Packed | None:
    with _judged():
        return next(packed, None)


def _opened(stream: BinaryIO, name: str, budget: _Budget) -> Iterator[_Packed]:
    lower = name.lower()
    if lower.endswith(".zip"):
        return _zipped(stream, budget)
    if lower.endswith(".tar"):
        return _tarred(stream, budget)
    unzipped = gzip.GzipFile(fileobj=stream, mode="rb")
    if lower.endswith((".tar.gz", ".tgz")):
        return _tarred(unzipped, budget)
    return iter([_Packed(PurePosixPath(name).stem, -1, lambda: cast("IO[bytes]", unzipped))])


def _zipped(stream: BinaryIO, budget: _Budget) -> Iterator[_Packed]:
    with zipfile.ZipFile(cast("BinaryIO", _Bounded(stream))) as archive:
        # What it says of itself, before anything is unpacked.
        budget.check(sum(entry.file_size for entry in archive.infolist()))
        if len(archive.infolist()) > MEMBERS_MAX:
            raise _ExceededError("archive.members")
        for entry in archive.infolist():
            budget.count()
            if not entry.is_dir() and not S_ISLNK(entry.external_attr >> 16):
                yield _Packed(entry.filename, entry.file_size, partial(_zip_member, archive, entry))


def _zip_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> IO[bytes]:
    if entry.flag_bits & _ENCRYPTED:
        raise RefusedError("archive.encrypted")
    if entry.compress_type not in _ZIP_METHODS:
        raise RefusedError("archive.method")
    return archive.open(entry)


def _tarred(stream: BinaryIO | gzip.GzipFile, budget: _Budget) -> Iterator[_Packed]:
    bounded = cast("BinaryIO", _Bounded(stream))
    with tarfile.open(fileobj=bounded, mode="r:") as archive:
        for entry in archive:
            budget.count()
            if entry.isreg():
                yield _Packed(entry.name, entry.size, partial(_tar_member, archive, entry))
        # The library takes a damaged header for the end.
        bounded.seek(archive.offset)
        end = bounded.read(_TAR_BLOCK_BYTES)
        if len(end) < _TAR_BLOCK_BYTES or end.strip(b"\0"):
            raise RefusedError("archive.broken")
        # The checksum of a compressed stream stands at its very end.
        while rest := bounded.read(_CHUNK_BYTES):
            budget.take(len(rest))


def _tar_member(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    stream = archive.extractfile(entry)
    assert stream is not None  # it is a regular file
    return stream
