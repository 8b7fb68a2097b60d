"""An agency's inbox: files that come one after another, and what they say when nothing goes wrong."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from producers import adapter as adapters
from producers.convert import Converted, converted, event_json
from tests.chaos.simulated import Reported
from tests.support.agency import Agency, identity_of


@dataclass
class Inbox:
    """The inbox of one source.

    Attributes:
        source_id: The source's, in this story.
        folder: What the adapter reads.
    """

    agency: Agency
    source_id: str
    reported: Reported
    folder: Path
    _delivered: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def files(self) -> list[Path]:
        """All files in the order in which they come."""
        return sorted(path for path in self.reported.folder.rglob("*") if path.is_file())

    @property
    def is_delivered(self) -> bool:
        """Whether all files have come."""
        return self._delivered == len(self.files)

    def deliver(self) -> bool:
        """Put the next file there, whole at once and with its date; say whether there was one."""
        with self._lock:
            left = self.files[self._delivered :]
            if not left:
                return False
            place = self.folder / left[0].relative_to(self.reported.folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            part = place.with_name(f"{place.name}.part")
            shutil.copy2(left[0], part)
            part.rename(place)
            self._delivered += 1
            return True

    def deliver_all(self) -> None:
        """Put all files there that are left."""
        while self.deliver():
            pass

    @cached_property
    def events(self) -> Counter[tuple[Any, ...]]:
        """Return the events of all files, as no broker and no disturbance would have them."""
        return Counter(
            identity_of(event_json(event)) for item in self._read() for event in item.outcome.events
        )

    @cached_property
    def refused(self) -> Counter[tuple[bytes, str]]:
        """Return file and place of each document that is refused."""
        return Counter(
            (self.agency.file_key(self._name(item)), item.outcome.path)
            for item in self._read()
            if item.outcome.is_rejected
        )

    def _read(self) -> Iterator[Converted]:
        chosen = adapters.create(self.agency.adapter, self.agency.values)
        return converted(chosen, self.agency.id, self.agency.keys, self.files)

    def _name(self, item: Converted) -> str:
        return Path(item.file).relative_to(self.reported.folder).as_posix()
