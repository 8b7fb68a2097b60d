"""What a hub's file has to know of signatures, so that each is used once whatever ends the process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from consumers.hub.chains import End, Writer


@dataclass(frozen=True, slots=True)
class Custody:
    """How far the signatures are used.

    Attributes:
        next_offsets: By partition of the signatures, the first offset that is not yet used.
        used: Partition and offset of signatures behind it that are.
        ends: The ends of chains: all of them as restored, those that have moved as stored.
    """

    next_offsets: Mapping[int, int] = field(default_factory=dict)
    used: frozenset[tuple[int, int]] = frozenset()
    ends: Mapping[Writer, End] = field(default_factory=dict)
