"""The chains of all writers: whether a signature is missing, repeated, or not the one that belongs.

A writer's signatures lie in several partitions and arrive in any order, so those that come
early are kept until the ones before them are there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.signing import START, Signature

# Agency, and the writer as its signatures name it.
Writer = tuple[str, bytes]


class Link(NamedTuple):
    """One signature of a chain: what it names as previous, and what the next one has to."""

    previous: bytes
    link: bytes


@dataclass(slots=True)
class End:
    """How far a chain is whole.

    Attributes:
        sequence: Number of the next signature.
        previous: What it has to name.
        ahead: By number, what is there already behind a signature that is not.
    """

    sequence: int = 0
    previous: bytes = START
    ahead: dict[int, Link] = field(default_factory=dict)


@dataclass(slots=True)
class Chains:
    """The end of each chain.

    Attributes:
        changed: Writers whose ends have moved; whoever stores them empties it.
    """

    ends: dict[Writer, End] = field(default_factory=dict)
    changed: set[Writer] = field(default_factory=set)

    def is_repeated(self, signature: Signature) -> bool:
        """Say whether the chain has a signature of this number already."""
        end = self.ends.get((signature.agency, signature.writer))
        return end is not None and (signature.sequence < end.sequence or signature.sequence in end.ahead)

    def take(self, signature: Signature) -> bool:
        """Add a signature to its chain, and say whether all that is linked by it fits together."""
        writer = signature.agency, signature.writer
        end = self.ends.setdefault(writer, End())
        end.ahead[signature.sequence] = Link(signature.previous, signature.link)
        self.changed.add(writer)
        return _linked(end)

    def incomplete(self) -> dict[Writer, int]:
        """Return by writer the number of a signature that others are ahead of."""
        return {writer: end.sequence for writer, end in self.ends.items() if end.ahead}

    def give_up(self, missing: Mapping[Writer, int], pending: Mapping[Writer, int]) -> Iterator[str]:
        """Go on behind signatures that never came, and yield the agencies of those chains.

        Args:
            missing: By writer, the number that `incomplete` told of, long enough ago.
            pending: By writer, the lowest number that is there and not taken yet.
        """
        for writer, sequence in missing.items():
            end = self.ends[writer]
            if end.sequence != sequence or not end.ahead:
                continue
            first = min(end.ahead)
            if pending.get(writer, first) < first:
                continue
            end.sequence, end.previous = first, end.ahead[first].previous
            _linked(end)
            self.changed.add(writer)
            yield writer[0]


def _linked(end: End) -> bool:
    """Move an end over the signatures that follow it."""
    is_whole = True
    while (link := end.ahead.pop(end.sequence, None)) is not None:
        is_whole &= link.previous == end.previous
        end.sequence += 1
        end.previous = link.link
    return is_whole
