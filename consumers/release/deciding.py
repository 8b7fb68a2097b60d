"""The decision in a process of its own: a solver never holds up who asks for it, nor outlives it.

The process is spawned and never forked: a fork would copy the threads' locks of the Kafka
client and of DuckDB. Contributions and attribution go in as files, the decision comes out as files.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path

import polars as pl

from consumers.release import parts
from consumers.release.calendar import Epoch
from consumers.release.decision import Attribution, Decision
from consumers.release.tables import Tables
from schemas.errors import ConfigurationError, FatalError, WeighbridgeError

Decide = Callable[[pl.DataFrame, Attribution, Epoch, Tables, pl.DataFrame | None], Decision]

CONTRIBUTIONS, ADOPTED = "contributions.parquet", "adopted.parquet"
_DECISION = "decision"
_WAIT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be decided.

    Attributes:
        folder: With the contributions, and what owners of shared regions published, if anything.
        before: With the decision of the release before; None for the first one.
    """

    folder: Path
    before: Path | None
    epoch: Epoch
    tables: Tables


def decided(question: Question, decide: Decide, on_wait: Callable[[], None]) -> Path:
    """Return the folder with the decision.

    Args:
        question: What is to be decided.
        decide: What decides.
        on_wait: Called every second meanwhile: that takes as long as it takes.

    Raises:
        ConfigurationError: The settings do not allow one.
        FatalError: It failed; nothing of what it worked on is shown.
    """
    context = multiprocessing.get_context("spawn")
    # What went wrong is no file: where the disk is full it could not be told.
    told, telling = context.Pipe(duplex=False)
    process = context.Process(target=_decide, args=(question, decide, telling), daemon=True)
    # It lets interrupts through again when it starts, which else were in the midst of what follows.
    resource_tracker.ensure_running()
    with _without_interrupts():
        process.start()
    while process.is_alive():
        process.join(_WAIT_SECONDS)
        on_wait()
    if process.exitcode == 0:
        return question.folder / _DECISION
    if not told.poll():
        raise FatalError(
            f"the decision ended with status {process.exitcode}",
            hint="nothing was published; did the machine run out of memory?",
        )
    error = json.loads(told.recv_bytes())
    kind = ConfigurationError if error["is_usage"] else FatalError
    raise kind(error["text"], hint=error["hint"])


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Have what is started meanwhile leave Ctrl-C to us: a terminal sends it to both, and we end it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _decide(question: Question, decide: Decide, telling: Connection) -> None:
    """Decide, in the child; what fails is told by its kind, since a text may show a value."""
    os.umask(0o077)
    folder = question.folder
    try:
        adopted = pl.read_parquet(folder / ADOPTED) if (folder / ADOPTED).exists() else None
        contributions = pl.read_parquet(folder / CONTRIBUTIONS)
        decision = decide(
            contributions, parts.attribution(question.before), question.epoch, question.tables, adopted
        )
        (folder / _DECISION).mkdir()
        parts.write(decision, folder / _DECISION)
    except WeighbridgeError as error:
        is_usage = isinstance(error, ConfigurationError)
        _tell(telling, {"text": str(error), "hint": error.hint, "is_usage": is_usage})
    except Exception as error:  # noqa: BLE001  # the top of a process
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(frame.filename).name}:{frame.lineno}"
        text = f"the decision failed: {type(error).__name__} in {place}"
        hint = "nothing was published; is there room on the disk of the hub's file?"
        _tell(telling, {"text": text, "hint": hint, "is_usage": False})


def _tell(telling: Connection, error: dict[str, object]) -> None:
    telling.send_bytes(json.dumps(error).encode())
    raise SystemExit(1)
