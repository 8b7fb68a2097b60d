"""Keys and directory: whether they are safe, whole and young enough, and whether they go together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from deploy import key_checks
from deploy.doctor.check import Finding, Status, fail, ok, warn
from deploy.doctor.installation import Installation
from deploy.key_checks import Fault
from schemas import directory as directories
from schemas.access import Role
from schemas.findings import Severity

_WRITTEN_BY_OTHERS = 0o022


def kept(installation: Installation) -> Iterator[Finding]:
    """Look at the keys by themselves: permissions, ages, years that are missing."""
    place, today = installation.keys, datetime.now(UTC).date()
    if place is None:
        yield _absent(installation.role)
        return
    if installation.role is Role.AGENCY:
        faults = key_checks.of_keys(place, today, None, None)
    else:
        faults = key_checks.of_hub_keys(place, today)
    yield from _findings(faults)


def directory(installation: Installation) -> Iterator[Finding]:
    """Look at the directory by itself, and tell what members compare by telephone."""
    found = installation.directory
    whole = directories.fingerprint(directories.text(found))
    yield ok(f"{len(found.members)} agencies and {len(found.hubs)} hubs; alike at every member: {whole}")
    yield from _findings(key_checks.of_directory(found))
    path = installation.directory_file
    if path is not None and path.stat().st_mode & _WRITTEN_BY_OTHERS:
        yield warn(f"{path} can be written by others, who could name themselves", f"chmod 644 {path}")


def agreement(installation: Installation) -> Iterator[Finding]:
    """Look whether the directory names us by the keys that we have."""
    place, name, found = installation.keys, installation.member.name, installation.directory
    if place is None:
        # A hub that does not release needs none.
        return
    if installation.role is Role.AGENCY:
        yield from _findings(key_checks.of_agreement(place, name, found))
    else:
        yield from _findings(key_checks.of_hub_agreement(place, name, found))


def _absent(role: Role) -> Finding:
    if role is Role.AGENCY:
        return fail("nobody says where the keys are", "weighbridge keys create, then --keys or agency.keys")
    return warn(
        "the hub has no keys, so it cannot release", "weighbridge keys create --hub, then hub.release.keys"
    )


def _findings(faults: Iterable[Fault]) -> Iterator[Finding]:
    for fault in faults:
        is_error = fault.severity is Severity.ERROR
        yield Finding(Status.FAIL if is_error else Status.WARN, fault.text, fault.hint)
