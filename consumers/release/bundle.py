"""A hub's confidential bundle: with the topics, all that it takes to decide every release again.

A zip file: `settings.json` with the rules, and for each release a folder with the contributions as of
its cut and the parts of its decision, certificates among them. For an auditor who may see everything.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from consumers.hub.offline import answered, hub_name
from consumers.release import tables
from consumers.release.ledger import Entry
from consumers.release.publish import entries, own_keys
from consumers.release.release import is_signed
from consumers.release.workspace import workspace
from schemas.errors import ConfigurationError
from schemas.settings import HubSettings, KafkaSettings

CONTRIBUTIONS = "contributions.parquet"
DECISION = "decision"
SETTINGS = "settings.json"
# The same bundle twice is the same file.
_WRITTEN_ON = (1980, 1, 1, 0, 0, 0)


def write(settings: HubSettings, kafka: KafkaSettings, path: Path) -> int:
    """Write the bundle of a hub, readable by its owner alone, and return how many releases it holds.

    Raises:
        ConfigurationError: There are no keys, or the hub's file is empty or lacks a published release.
        RetriableError: Broker or registry do not answer.
    """
    own = own_keys(settings.release)
    hub = hub_name(settings.file, settings.memory_limit)
    released = [
        entry
        for entry in entries(kafka)
        if entry.hub == hub and entry.is_released and is_signed(entry.body, entry.record, own.verify_keys())
    ]
    known = answered(settings.file, settings.memory_limit, "release_state")["decisions"]
    if missing := [entry.epoch for entry in released if entry.epoch not in known]:
        raise ConfigurationError(
            f"the hub's file does not know its release of {missing[0]}", hint="weighbridge release run first"
        )
    with workspace(settings.file) as folder:
        given = {
            "hub": hub,
            # Where the keys lie is nobody's business, and no key is in a bundle: it has p as it is.
            "release": settings.release.model_dump(mode="json", exclude={"keys"}),
            "p_permille": tables.configured(hub, settings.release, own.hub).p_permille,
        }
        (folder / SETTINGS).write_text(json.dumps(given, sort_keys=True), "utf-8")
        for entry in released:
            _take(settings, entry, folder / entry.epoch)
        _zip(folder, path)
    return len(released)


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """Yield a folder with what a bundle holds; it is removed at the end.

    Raises:
        ConfigurationError: It is no bundle.
    """
    with TemporaryDirectory(prefix="weighbridge-") as name:
        try:
            with zipfile.ZipFile(path) as file:
                file.extractall(name)
        except zipfile.BadZipFile:
            raise ConfigurationError(f"{path} is no bundle", hint="weighbridge release bundle") from None
        if not (Path(name) / SETTINGS).exists():
            raise ConfigurationError(f"{path} is no bundle of a hub", hint="weighbridge release bundle")
        yield Path(name)


def _take(settings: HubSettings, entry: Entry, folder: Path) -> None:
    (folder / DECISION).mkdir(parents=True)
    ask = settings.file, settings.memory_limit
    answered(*ask, "contributions", path=str(folder / CONTRIBUTIONS), cut=entry.cut)
    answered(*ask, "release_load", epoch=entry.epoch, folder=str(folder / DECISION))


def _zip(folder: Path, path: Path) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as target, zipfile.ZipFile(target, "w") as file:
        for part in sorted(found for found in folder.rglob("*") if found.is_file()):
            name = zipfile.ZipInfo(str(part.relative_to(folder)), _WRITTEN_ON)
            file.writestr(name, part.read_bytes(), zipfile.ZIP_DEFLATED)
