"""One server of the exchange: how it is started, watched and ended.

What differs between broker and registry stands in their own modules. A server's port stays the
same from its first start on, so that clients find it again after a restart.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from deploy.exchange import archive, files, ports, process, waiting
from deploy.exchange.installation import Installation
from deploy.exchange.state import ServerState, StateFile
from schemas.errors import ConfigurationError, FatalError, WeighbridgeError

START_TIMEOUT_SECONDS = 90.0
STOP_TIMEOUT_SECONDS = 30.0
_KILL_TIMEOUT_SECONDS = 10.0
_LOG_LINES = 15
_LOG_TAIL_BYTES = 16_384
_PORT_SIGNS = ("Address already in use", "BindException", "already in use")


class Server(ABC):
    """A server with one state folder; all its methods are for one owner at a time."""

    name: ClassVar[str]
    title: ClassVar[str]
    usual_port: ClassVar[int]
    free_ports: ClassVar[range]

    def __init__(self, state: StateFile, installation: Callable[[], Installation]) -> None:
        self._state = state
        self._installation = installation

    @abstractmethod
    def answers(self) -> bool:
        """Say whether the server does its work; blocks for a few seconds at most."""

    @abstractmethod
    def _address(self, port: int) -> str:
        """Return where clients find the server."""

    @abstractmethod
    def _version(self, installation: Installation) -> str:
        """Return the version that is started."""

    @abstractmethod
    def _arguments(self, installation: Installation, port: int) -> Sequence[str]:
        """Write the server's configuration and return the arguments of Java that start it."""

    @property
    def folder(self) -> Path:
        """The state folder, in which the server runs: paths in its configuration are relative to it."""
        return self._state.folder

    @property
    def log(self) -> Path:
        """The log of the last start."""
        return self.folder / "logs" / f"{self.name}.log"

    @property
    def state(self) -> ServerState | None:
        """What is known about the server; None before its first start."""
        return self._state.read(self.name)

    @property
    def port(self) -> int:
        """The server's port, 0 before its first start."""
        return self.state.port if self.state else 0

    @property
    def address(self) -> str:
        """Where clients find the server, empty before its first start."""
        return self.state.address if self.state else ""

    def is_alive(self) -> bool:
        """Say whether the server's process runs."""
        known = self.state
        return known is not None and known.process is not None and process.is_alive(known.process)

    def runs_as_asked(self, port: int | None) -> bool:
        """Say whether the server runs, on the port that is asked for.

        Raises:
            ConfigurationError: It runs on another one.
        """
        if not self.is_alive():
            return False
        if port and port != self.port:
            raise ConfigurationError(
                f"the {self.title} runs on port {self.port} already",
                hint="weighbridge exchange down, then start it on the other port",
            )
        return True

    def launch(self, port: int | None) -> None:
        """Start the server in the background without waiting until it answers.

        Args:
            port: Where to listen, 0 for any free port; None for the one of the last start, else
                the usual one when that is free, else any.

        Raises:
            ConfigurationError: The port is taken.
            FatalError: Its data folder could not be made.
        """
        wanted = self.port if port is None else port
        if wanted and not ports.is_free(wanted):
            raise ConfigurationError(
                f"port {wanted} of the {self.title} is taken",
                hint=f"stop what listens there, or choose another port with --{self.name}-port; "
                "0 takes a free one",
            )
        installation = self._installation()
        preferred = self.usual_port if port is None else 0
        chosen = wanted or ports.choose(self.free_ports, preferred=preferred)
        self._prepare_log()
        arguments = self._arguments(installation, chosen)
        archives = installation.archives
        new = archives.to_write(self.name)
        flags = archives.writing_flags(new) if new else archives.flags(self.name)
        command = installation.java.command(*flags, *arguments)
        started = process.spawn(command, folder=self.folder, log=self.log)
        version, address = self._version(installation), self._address(chosen)
        self._state.record(self.name, ServerState(version, chosen, address, started, str(new or "")))

    def wait_until_it_answers(self) -> None:
        """Wait for a launched server.

        Raises:
            ConfigurationError: Its port was taken in the meantime.
            FatalError: It ended while starting, or did not answer in time.
        """
        is_in_time = waiting.until(
            lambda: not self.is_alive() or self.answers(), timeout_seconds=START_TIMEOUT_SECONDS
        )
        if not self.is_alive():
            raise self._died()
        if not is_in_time:
            raise FatalError(
                f"the {self.title} did not answer within {START_TIMEOUT_SECONDS:.0f} s; "
                f"its log {self.log} ends with\n{self._log_tail()}",
                hint="give the machine more time, or stop what else keeps it busy",
            )

    def ask_to_stop(self) -> None:
        """Begin a clean shutdown without waiting for it."""
        known = self.state
        if known and known.process:
            process.terminate(known.process)

    def stop(self) -> None:
        """Shut the server down; it is killed when it takes too long, and recovers at its next start.

        Raises:
            FatalError: Its process cannot be ended.
        """
        self.ask_to_stop()
        known = self.state
        if known is None or known.process is None:
            return
        if process.has_ended(known.process, timeout_seconds=STOP_TIMEOUT_SECONDS) and known.archive:
            archive.keep(Path(known.archive))
        self.kill()

    def kill(self) -> None:
        """End the server at once, as a crash of the machine would; nothing is saved or said goodbye to."""
        known = self.state
        if known is None or known.process is None:
            return
        process.kill(known.process)
        if not process.has_ended(known.process, timeout_seconds=_KILL_TIMEOUT_SECONDS):
            raise FatalError(
                f"process {known.process.pid} of the {self.title} does not end",
                hint="it waits for a disk or a file system that does not answer: see to that first",
            )
        self._state.record(self.name, ServerState(known.version, known.port, known.address))

    def _private_folder_flags(self) -> tuple[str, ...]:
        """Return options of Java that keep unpacked libraries, crash reports and the like in our folder."""
        temporary = files.private_folder(self.folder / "tmp")
        return (
            f"-Djava.io.tmpdir={temporary}",
            f"-Duser.home={temporary}",
            f"-XX:ErrorFile={self.log.parent}/{self.name}-crash-%p.log",
        )

    def _prepare_log(self) -> None:
        files.private_folder(self.log.parent)
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".previous.log"))

    def _died(self) -> WeighbridgeError:
        tail = self._log_tail()
        message = f"the {self.title} ended while starting; its log {self.log} ends with\n{tail}"
        if any(sign in tail for sign in _PORT_SIGNS):
            return ConfigurationError(
                message,
                hint=f"port {self.port} was taken in the meantime: choose another with --{self.name}-port",
            )
        return FatalError(message, hint="the last lines say why; mend that and start again")

    def _log_tail(self) -> str:
        if not self.log.exists():
            return "(nothing)"
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - _LOG_TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-_LOG_LINES:]) or "  (nothing)"
