"""From what a command line says to a run that is at work."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from producers import adapter as adapters
from producers import groups
from producers.adapter import Adapter
from producers.groups import NO_GROUPS
from producers.pipeline import Outcome
from producers.run import Run, Totals, keep_running
from producers.selection import Selection
from producers.sources.place import STDIN, source_at
from schemas import directory, identity, settings
from schemas.directory import Directory
from schemas.errors import ConfigurationError
from schemas.identity import Keys
from schemas.runtime import expiry, logs
from schemas.runtime.health import Health
from schemas.runtime.metrics import Metrics
from schemas.runtime.stopping import stop_when_told
from schemas.runtime.watchdog import watched
from schemas.settings import AgencySettings, Settings

# It is part of the transactional id and of record keys.
_SOURCE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One adapter, one source, and how to read it; None: as the settings say.

    Attributes:
        source: A folder, `-` for stdin, or a file that describes a source.
        source_id: Stable name of the source; None: the adapter's name.
        selection: What to read again; None: what is new or has changed.
        is_rehearsal: Publish nothing.
        on_outcome: Told the resource's name and the outcome of each document.
    """

    adapter: str
    source: Path
    values: Mapping[str, str] = field(default_factory=dict)
    keys: str | None = None
    directory: Path | None = None
    groups: Path | None = None
    agency: str | None = None
    source_id: str | None = None
    bootstrap_servers: str | None = None
    registry_url: str | None = None
    metrics_port: int | None = None
    health_file: Path | None = None
    selection: Selection | None = None
    is_rehearsal: bool = False
    on_outcome: Callable[[str, Outcome], None] = lambda *_: None

    def run(self, *, once: bool) -> Totals:
        """Work until stopped by a signal, or until everything is read; raises as `keep_running`.

        Raises:
            ConfigurationError: Adapter, source, keys or settings are wrong.
        """
        adapter, found = self._adapter(), self._settings()
        agency = self._agency(found, adapter)
        secrets, members = self._keys(agency), self._directory(agency)
        known = groups.load(agency.groups) if agency.groups is not None else NO_GROUPS
        logs.configure(agency=str(agency.id))
        metrics, stop = Metrics(), threading.Event()
        health = Health(self.health_file, metrics)
        metrics.serve(agency.metrics_host, agency.metrics_port)
        expiry.show_certificates(metrics, found.kafka)
        expiry.show_keys(metrics, str(agency.id), secrets)
        stop_when_told(stop, health)

        def prepared() -> Run:
            return Run(
                adapter=adapter,
                values=self.values,
                source=source_at(self.source, found.source),
                agency=agency,
                kafka=found.kafka,
                keys=secrets,
                directory=members,
                groups=known,
                source_id=self.source_id or self.adapter,
                metrics=metrics,
                health=health,
                stop=stop,
                selection=self.selection,
                is_rehearsal=self.is_rehearsal,
                on_outcome=self.on_outcome,
            )

        with watched(health, stop):
            return keep_running(prepared, stop, once=once or self.source == STDIN)

    def _adapter(self) -> Adapter:
        if self.source_id is not None and not _SOURCE_ID.fullmatch(self.source_id):
            raise ConfigurationError(
                "--source-id takes up to 64 letters, digits, dots and hyphens",
                hint="such as --source-id inbox-1",
            )
        return adapters.create(self.adapter, self.values)

    def _settings(self) -> Settings:
        return settings.load(
            kafka={"bootstrap_servers": self.bootstrap_servers, "registry_url": self.registry_url},
            agency={
                "id": self.agency,
                "keys": self.keys,
                "directory": self.directory,
                "groups": self.groups,
                "metrics_port": self.metrics_port,
            },
        )

    @staticmethod
    def _agency(found: Settings, adapter: Adapter) -> AgencySettings:
        return found.agency.model_copy(update={"id": found.agency.id or adapter.default_agency})

    @staticmethod
    def _keys(agency: AgencySettings) -> Keys:
        if agency.keys is None:
            raise ConfigurationError("no keys", hint="weighbridge keys create --out keys, then --keys keys")
        return identity.load(agency.keys)

    @staticmethod
    def _directory(agency: AgencySettings) -> Directory:
        """Return the members of the exchange; without them nobody could open what is theirs."""
        if agency.directory is None:
            raise ConfigurationError(
                "no directory of the exchange",
                hint="give --directory; one that names only your agency says that there is no other member",
            )
        return directory.load(agency.directory)
