"""What is known of the files and other resources of a source: read to the end, in part, or not at all.

A file is known by its name and by everything that decides what reading it says, so that a
file is read again when its bytes, the adapter, the code lists, the keys or the table of groups have changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from producers.adapter import Adapter
from producers.groups import NO_GROUPS, Groups
from producers.positions import Position, Positions
from producers.sources.source import Resource
from schemas import codes
from schemas.identity import Keys

# More documents than any file holds.
_ALL = 1 << 62


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one source, as its positions hold them."""

    positions: Positions
    keys: Keys
    adapter: Adapter
    values: Mapping[str, str]
    groups: Groups = NO_GROUPS

    def key(self, resource: Resource) -> bytes:
        """Return what stands for a file in topics: its name may tell a company."""
        return self.keys.document_key("file", resource.name)

    def digest(self, content: bytes) -> bytes:
        """Return what tells whether reading a file again could say anything new."""
        values = (f"{name}={value}" for name, value in sorted(self.values.items()))
        years = (str(year) for year in sorted(self.keys.pseudonym))
        parts = (self.adapter.version, codes.VERSION, *values, *years)
        return self.keys.content_digest(content + "\0".join(parts).encode() + self.groups.digest)

    def is_read(self, resource: Resource, digest: bytes) -> bool:
        """Say whether a file was read to its end."""
        known = self.positions.get(self.key(resource))
        return known is not None and known.digest == digest and known.cursor is None

    def documents_told(self, resource: Resource, digest: bytes) -> int:
        """Return how many documents of a file were committed: their rejects are told."""
        known = self.positions.get(self.key(resource))
        if known is None or known.digest != digest:
            return 0
        return _ALL if known.cursor is None else int(known.cursor)

    def remembered(self, resource: Resource, digest: bytes, documents: int | None = None) -> bytes:
        """Put the position of a file, read to its end or so many documents far; return its Avro body."""
        cursor = None if documents is None else str(documents)
        return self.positions.put(self.key(resource), Position("FILE", 0, 0, digest, cursor=cursor))

    def forgotten(self, resource: Resource) -> bytes:
        """Know nothing of a file any more; return its key."""
        key = self.key(resource)
        self.positions.forget(key)
        return key
