"""Questions to a hub's file from another process, whether a hub runs on it or not."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from consumers.hub import queries, service
from consumers.hub.questions import Questions
from consumers.hub.releases import Releases
from consumers.hub.store import connect, make_private
from schemas.errors import ConfigurationError

# To copy a file takes as long as it takes.
_BACKUP_SECONDS = 3_600.0


def answered(
    file: Path,
    memory_limit: str,
    name: str,
    *,
    patience_seconds: float = service.ANSWER_SECONDS_MAX,
    **arguments: Any,
) -> Any:
    """Ask the hub that runs on a file, else the file itself; see `Questions` for the names.

    Raises:
        ConfigurationError: There is no such file, or the question is not one.
    """
    _require(file)
    try:
        return service.ask(file, name, patience_seconds=patience_seconds, **arguments)
    except (FileNotFoundError, ConnectionError):
        # No hub runs, or a killed one left its socket.
        releases = Releases(lambda: _written(file, memory_limit))
        with closing(
            Questions(lambda: connect(file, memory_limit=memory_limit, read_only=True))
        ) as questions:
            return (questions.handlers() | releases.handlers())[name](**arguments)


def backed_up(file: Path, memory_limit: str, out: Path) -> dict[str, Any]:
    """Write a backup of a file, whether a hub runs on it or not, and return what the backup holds.

    Raises:
        ConfigurationError: There is no such file, or there is a backup of that name.
        FatalError: There is no space for it beside the file.
        OSError: `out` cannot be written, and nothing is left of it.
    """
    if out.exists():
        raise ConfigurationError(f"{out} exists already", hint="give each backup a name of its own")
    _require(file)
    out.parent.mkdir(parents=True, exist_ok=True)
    with _alone(file):
        copy = Path(answered(file, memory_limit, "backup", patience_seconds=_BACKUP_SECONDS))
        arriving = out.with_name(f".{out.name}.arriving")
        try:
            # Whole or not at all, also where it goes to another disk.
            shutil.move(copy, arriving)
            arriving.replace(out)
        finally:
            # What does not fit there would fill both disks.
            arriving.unlink(missing_ok=True)
            shutil.rmtree(copy.parent, ignore_errors=True)
    return dict(answered(out, memory_limit, "status"))


def hub_name(file: Path, memory_limit: str) -> str:
    """Return the name under which a file was filled: a release belongs to it, not to a setting.

    Raises:
        ConfigurationError: There is no such file, or it holds nothing.
    """
    status = answered(file, memory_limit, "status")
    if not status.get("hub"):
        raise ConfigurationError(f"{file} holds nothing yet", hint="weighbridge hub run")
    return str(status["hub"])


def _require(file: Path) -> None:
    if not file.exists():
        raise ConfigurationError(f"no hub has written {file} yet", hint="weighbridge hub run --file ...")


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Wait until nobody else takes a copy away: the next one that is written removes what lies there."""
    folder = os.open(file.absolute().parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _written(file: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    make_private(file)
    connection = connect(file, memory_limit=memory_limit)
    # A file that no hub of this program has opened lacks some tables yet.
    connection.execute(queries.text("schema"))
    return connection
