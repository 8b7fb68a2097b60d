"""What is known about the servers of one state folder: ports, addresses, processes.

The file outlives the servers, so that their ports stay the same; whether they run is never
read from it alone but asked from the system.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deploy.exchange import files
from deploy.exchange.process import Process
from schemas.errors import ConfigurationError

FORMAT = 1


@dataclass(frozen=True)
class ServerState:
    """One server: where it listens, its process unless it was stopped, and the archive it will write."""

    version: str
    port: int
    address: str
    process: Process | None = None
    archive: str = ""


class StateFile:
    """The file `exchange.json` of a state folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "exchange.json"

    def read(self, name: str) -> ServerState | None:
        """Return what is known about a server; None when it never ran here."""
        entry = self._entries().get(name)
        if entry is None:
            return None
        process = entry["process"]
        return ServerState(**entry | {"process": Process(**process) if process else None})

    def record(self, name: str, state: ServerState) -> None:
        """Replace what is known about a server."""
        entries = self._entries() | {name: asdict(state)}
        text = json.dumps({"format": FORMAT, "servers": entries}, indent=2)
        files.write_atomically(self.path, text + "\n")

    def _entries(self) -> dict[str, dict[str, Any]]:
        if not self.path.exists():
            return {}
        try:
            content = json.loads(self.path.read_bytes())
            return {FORMAT: dict(content["servers"])}[content["format"]]
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(
                f"{self.path} is not a state file of this version",
                hint="stop its servers with the version that started them, then delete the file; "
                "the data beside it stays",
            ) from error
