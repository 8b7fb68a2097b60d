"""The whole exchange of one state folder: broker and registry together, started and stopped.

Its servers are daemons: they outlive the command that started them, but never the block of
`running_exchange`. What runs is asked from the system each time, so that any process may ask.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path

from deploy.exchange import files, installation, settings
from deploy.exchange.installation import Installation
from deploy.exchange.jars import Progress
from deploy.exchange.kafka import Kafka
from deploy.exchange.registry import Registry
from deploy.exchange.security import Security
from deploy.exchange.server import Server
from deploy.exchange.state import StateFile
from schemas.errors import ConfigurationError

# Longer than a slow start or stop by another command takes.
_LOCK_TIMEOUT_SECONDS = 180.0

# Ends when its standard input does, so also when the process that holds the other end is killed.
_GUARD = """
import sys
sys.path[:] = sys.argv[2:]
sys.stdin.read()
from pathlib import Path
from deploy.exchange.exchange import Exchange
Exchange(Path(sys.argv[1])).down()
"""


class Exchange:
    """The servers of one state folder."""

    def __init__(
        self, folder: Path, *, progress: Progress = lambda _: None, security: Security | None = None
    ) -> None:
        self.folder = folder.absolute()
        state = StateFile(self.folder)
        ensure: Callable[[], Installation] = lru_cache(
            lambda: installation.ensure(settings.cache_folder(), progress=progress)
        )
        self.broker = Kafka(state, ensure, security)
        self.registry = Registry(state, ensure, security)

    @property
    def servers(self) -> tuple[Server, ...]:
        """Broker and registry."""
        return (self.broker, self.registry)

    @property
    def bootstrap_servers(self) -> str:
        """The broker's address for Kafka clients, empty before the first start."""
        return self.broker.address

    @property
    def registry_url(self) -> str:
        """The address of the registry's Confluent interface, empty before the first start."""
        return self.registry.address

    def is_running(self) -> bool:
        """Say whether both servers answer."""
        return all(server.is_alive() and server.answers() for server in self.servers)

    def up(self, *, kafka_port: int | None = None, registry_port: int | None = None) -> None:
        """Start what does not run yet and return when both servers answer.

        Args:
            kafka_port: The broker's port, 0 for any free one; None for the one it had before,
                else its usual one when that is free, else any.
            registry_port: The same for the registry.

        Raises:
            ConfigurationError: A port is taken, or the server runs on another one.
            RetriableError: A download failed, or another command holds the folder.
            FatalError: A download differs from the lock, or a server did not come up.
        """
        files.private_folder(self.folder)
        with self._lock():
            launched: list[Server] = []
            try:
                for server, port in zip(self.servers, (kafka_port, registry_port), strict=True):
                    if not server.runs_as_asked(port):
                        launched.append(server)
                        server.launch(port)
                for server in self.servers:
                    server.wait_until_it_answers()
            except BaseException:
                _stop(launched)
                raise

    def down(self) -> bool:
        """Shut both servers down, the data stays; say whether any ran.

        Raises:
            RetriableError: Another command holds the folder.
            FatalError: A process cannot be ended.
        """
        if not self.folder.exists():
            return False
        with self._lock():
            running = [server for server in self.servers if server.is_alive()]
            _stop(running)
        return bool(running)

    def kill_broker(self) -> None:
        """End the broker as a crash would."""
        self.broker.kill()

    def restart_broker(self) -> None:
        """Start the broker again where it was, after a clean shutdown if it still runs."""
        self.broker.stop()
        self.broker.launch(None)
        self.broker.wait_until_it_answers()

    def _lock(self) -> AbstractContextManager[None]:
        return files.locked(self.folder / "exchange.lock", timeout_seconds=_LOCK_TIMEOUT_SECONDS)


@contextmanager
def running_exchange(folder: Path, security: Security | None = None) -> Iterator[Exchange]:
    """Run an exchange on free ports while the block runs, and stop it whatever happens.

    The data stays in the folder. When this process is killed, a guard process stops the servers.

    Args:
        folder: Its state folder.
        security: Certificates; with them only known clients get in, and only to what they are
            granted. A folder is begun and gone on with either with or without them.

    Raises:
        ConfigurationError: An exchange already runs in the folder: it would be stopped with the block.
        RetriableError, FatalError: As `Exchange.up`.
    """
    exchange = Exchange(folder, security=security)
    if any(server.is_alive() for server in exchange.servers):
        raise ConfigurationError(
            f"an exchange already runs in {folder}",
            hint="stop it first, or name another folder",
        )
    with guarded(exchange.folder):
        exchange.up(kafka_port=exchange.broker.port, registry_port=exchange.registry.port)
        try:
            yield exchange
        finally:
            exchange.down()


@contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """Have the servers of a state folder stopped when this process is killed within the block."""
    with subprocess.Popen(  # noqa: S603  # our own interpreter and text
        [sys.executable, "-c", _GUARD, str(folder), *sys.path],
        stdin=subprocess.PIPE,
        start_new_session=True,
    ) as guard:
        yield
        # Reached when all is stopped; after any error the guard looks for what is left.
        guard.kill()


def _stop(servers: list[Server]) -> None:
    # All are asked before any is waited for.
    for server in servers:
        server.ask_to_stop()
    for server in servers:
        server.stop()
