"""An agency's inbox, its documents, and what they come to when nothing goes wrong."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from producers import adapter as adapters
from producers.convert import converted
from tests.support.agency import Agency, manifest, write

_NEW = 6
_CORRECTED = 2


@dataclass(slots=True)
class Inbox:
    """Files of one agency, delivered one after another.

    Attributes:
        dice: Decides what is in them; each file draws as often, whatever happens meanwhile.
    """

    agency: Agency
    folder: Path
    dice: random.Random
    files: list[Path] = field(default_factory=list)
    _versions: Counter[int] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def deliver(self) -> None:
        """Put the next file there, whole at once."""
        with self._lock:
            name = f"{len(self.files):05}.json"
            part = write(self.folder, f"{name}.part", [*self._documents()])
            self.files.append(part.rename(self.folder / name))

    def _documents(self) -> Iterator[dict[str, Any]]:
        known = len(self._versions)
        for _ in range(_CORRECTED if known else 0):
            number = self.dice.randrange(known)
            self._versions[number] += 1
            yield manifest(number, self._versions[number])
        for number in range(known, known + _NEW):
            self._versions[number] = 0
            yield manifest(number)
        if self.dice.random() < 0.5:
            yield manifest(900_000_000 + known, status="?")

    def truth(self) -> list[tuple[Any, ...]]:
        """Return the events of what was delivered, as no broker and no disturbance would have them."""
        return [*self.agency.truth(*self.files).elements()]

    def refused(self) -> Counter[Any]:
        """Return file and place of each document that is refused."""
        chosen = adapters.create(self.agency.adapter, self.agency.values)
        return Counter(
            (self.agency.file_key(Path(item.file).name), item.outcome.path)
            for item in converted(chosen, self.agency.id, self.agency.keys, self.files)
            if item.outcome.is_rejected
        )
