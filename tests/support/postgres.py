"""One throw-away PostgreSQL server for all tests of a run, from the distribution's packages."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import stamina

from tests.support.ports import free_port

_START_SECONDS = 120
_INSTALL = "no PostgreSQL server: install one, such as with `apt-get install postgresql`"
_SETTINGS = ("fsync=off", "max_prepared_transactions=10", "max_connections=50")


@dataclass(frozen=True, slots=True)
class Database:
    """One empty database for one test."""

    port: int
    name: str

    @property
    def url(self) -> str:
        """The address as a source takes it."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{self.name}"

    def connect(self, *, user: str = "postgres", autocommit: bool = True) -> psycopg.Connection:
        """Connect; each statement stands for itself unless told otherwise."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, dbname=self.name, user=user, autocommit=autocommit
        )


@dataclass(slots=True)
class Server:
    """The running server."""

    port: int
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def database(self) -> Database:
        """Create a database."""
        name = f"test{next(self._numbers)}"
        with Database(self.port, "postgres").connect() as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return Database(self.port, name)


def binaries() -> Path | None:
    """Return the folder of the server's programs: that of the path, else the newest installed."""
    named = shutil.which("initdb")
    found = [Path(named).parent] if named else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in found if (folder / "postgres").exists()), None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Run a server on a free port; it ends with the tests."""
    folder = binaries()
    if folder is None:
        pytest.skip(_INSTALL)
    with tempfile.TemporaryDirectory(prefix="weighbridge-postgres-", ignore_cleanup_errors=True) as name:
        user = _unprivileged(Path(name))
        port, data = free_port(), f"{name}/data"
        made = [str(folder / "initdb"), *("-D", data, "-U", "postgres", "-A", "trust")]
        _run([*made, "-E", "UTF8", "--no-locale", "-N"], user)
        options = [item for setting in _SETTINGS for item in ("-c", setting)]
        started = [str(folder / "postgres"), *("-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", name)]
        with subprocess.Popen([*started, *options], user=user, cwd=name, stderr=subprocess.DEVNULL) as server:
            _await(port)
            yield Server(port)
            # The fast end: it does not wait for clients.
            server.send_signal(signal.SIGINT)


@pytest.fixture
def database(postgres: Server) -> Database:
    """Return an empty database."""
    return postgres.database()


def _unprivileged(folder: Path) -> str | None:
    """Give the folder to a user that the server may run as: it refuses root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in known else "nobody"
    shutil.chown(folder, user)
    return user


def _run(command: list[str], user: str | None) -> None:
    done = subprocess.run(command, user=user, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@stamina.retry(on=psycopg.OperationalError, attempts=None, timeout=_START_SECONDS, wait_max=0.5)
def _await(port: int) -> None:
    Database(port, "postgres").connect().close()
