"""A redrive as whoever asks for it sees it: the hub that runs on the file does it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consumers.deadletters.letters import Place
from consumers.hub import service
from schemas.errors import ConfigurationError

_POLL_SECONDS = 0.2
# The hub looks through all signatures of the ledger, and stores what passes whoever waits.
_PATIENCE_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True)
class Done:
    """What became of records that were asked for.

    Attributes:
        refused: How many of them the hub refused until then.
        failed: By place, why the hub refuses a record still.
    """

    refused: int
    failed: dict[Place, tuple[str, ...]]

    @property
    def passed(self) -> int:
        """How many are events of the hub now, or would be."""
        return self.refused - len(self.failed)


def redrive(
    file: Path,
    places: Sequence[Place],
    rate: int,
    *,
    is_rehearsal: bool,
    on_left: Callable[[int], None] = lambda _: None,
) -> Done:
    """Have the running hub of a file judge records again, and wait until it has stored those that pass.

    Args:
        file: The hub's.
        places: Where the records are.
        rate: How many are stored at most in a second.
        is_rehearsal: Store nothing.
        on_left: Told now and then how many are not stored yet.

    Raises:
        ConfigurationError: No hub runs on the file, or none any more.
        FatalError: It ended while it was asked. What it has not stored is refused still.
    """
    answer = _asked(file, "redrive", places=places, rate=rate, is_rehearsal=is_rehearsal)
    while not is_rehearsal:
        left = _asked(file, "redrives_left")
        on_left(left)
        if not left:
            break
        time.sleep(_POLL_SECONDS)
    failed = {Place(*place): tuple(reasons) for *place, reasons in answer["failed"]}
    return Done(answer["refused"], failed)


def _asked(file: Path, name: str, **arguments: Any) -> Any:
    try:
        return service.ask(file, name, patience_seconds=_PATIENCE_SECONDS, **arguments)
    except (FileNotFoundError, ConnectionError):
        raise ConfigurationError(
            f"no hub runs on {file}", hint="a redrive is the work of the running hub: weighbridge hub run"
        ) from None
