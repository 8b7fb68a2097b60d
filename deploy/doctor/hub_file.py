"""The hub's file: whether it opens, who holds it, and whether it is of this hub and this exchange."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from confluent_kafka.admin import TopicDescription  # type: ignore[attr-defined]  # exported without saying so

from consumers.hub import offline, service
from consumers.hub.store import connect
from deploy.doctor.check import Finding, fail, ok, warn
from deploy.doctor.installation import Installation
from schemas import files, topics
from schemas.errors import ConfigurationError

_HOLDER = re.compile(r"\(PID (\d+)\)")
_STATUS = "status"
_ANOTHER = "give each hub and cluster a file of its own: hub.file; a new one is rebuilt from the topic"


def opens(installation: Installation) -> Iterator[Finding]:
    """Look whether the file opens, or a running hub answers for it."""
    hub = installation.settings.hub
    if not hub.file.exists():
        yield ok(f"{hub.file} is not there yet: the hub makes it")
        return
    if not files.is_private(hub.file.stat()):
        yield warn(f"{hub.file} can be read by others", f"chmod 600 {hub.file}")
    try:
        found, is_running = _status(hub.file, hub.memory_limit)
    except ConfigurationError as error:
        # Were it a hub of ours, it would have answered.
        yield fail(f"{error}{_holder(error)}", error.hint)
        return
    holder = (
        f"a running hub answers for it{_holder_of(hub.file)}" if is_running else "it opens, and no hub runs"
    )
    yield ok(f"{hub.file}: {holder}; {found['events']} events")
    if found.get("hub", hub.name) != hub.name:
        yield fail(f"{hub.file} is of hub {found['hub']}, not of {hub.name}", _ANOTHER)


def cluster(installation: Installation) -> Iterator[Finding]:
    """Look whether the file was filled from the topics that are there now."""
    hub = installation.settings.hub
    if not hub.file.exists():
        yield ok(f"{hub.file} is not there yet")
        return
    found, _ = _status(hub.file, hub.memory_limit)
    for name, known in ((topics.MOVEMENTS, "topic_id"), (topics.SIGNATURES, "signatures_id")):
        topic = installation.known_topics[name]
        if known in found and isinstance(topic, TopicDescription) and str(topic.topic_id) != found[known]:
            yield fail(f"{hub.file} was filled from another {name} than this exchange has", _ANOTHER)


def _status(file: Path, memory_limit: str) -> tuple[dict[str, Any], bool]:
    """Return what a file holds, and whether a running hub says so."""
    try:
        return service.ask(file, _STATUS), True
    except (FileNotFoundError, ConnectionError):
        return offline.answered(file, memory_limit, _STATUS), False


def _holder_of(file: Path) -> str:
    """Return which process holds a file, as whoever opens it is told."""
    try:
        connect(file, read_only=True).close()
    except ConfigurationError as error:
        return _holder(error)
    return ""


def _holder(error: ConfigurationError) -> str:
    found = _HOLDER.search(str(error.__cause__))
    return f" (process {found[1]})" if found else ""
