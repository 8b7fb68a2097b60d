"""Members of an exchange that seal to each other, and what they seal, for tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from schemas import contract, identity, sealing
from schemas.directory import Directory, Member
from schemas.identity import DEMONSTRATION_KEYS, KEY_BYTES, Keys
from schemas.keyring import Keyring
from schemas.keystore.documents import AgencyDocument, ExchangeDocument
from schemas.sealing import DataKey, SealedPart, WrappedKey

CREATED_AT = datetime(2026, 7, 1, tzinfo=UTC)
RELEASED_AT = datetime(2026, 9, 1, tzinfo=UTC)
QUARTER = "2026-Q3"


def keys_of(name: str) -> Keys:
    """Return keys that are a member's own, but for what all agencies share."""
    agency, signing, opening = (
        f"{name} {kind}".encode().ljust(KEY_BYTES, b".") for kind in ("agency", "signing", "opening")
    )
    return replace(DEMONSTRATION_KEYS, agency=agency, signing=signing, opening=opening)


def member(keys: Keys, *countries: str) -> Member:
    """Return how a directory names a holder of keys, who may know the movements of some countries."""
    return Member.model_validate(
        {
            "signing_keys": [keys.verify_key.hex()],
            "opening_key": keys.seal_key.hex(),
            "countries": list(countries),
        }
    )


def alone(agency: str, keys: Keys = DEMONSTRATION_KEYS) -> Directory:
    """Return the directory of an exchange that has no other member."""
    return Directory({agency: member(keys, agency[:2])})


def exchange_of(agencies: Mapping[str, Keys]) -> Directory:
    """Return the directory of an exchange of agencies, each for the country that its name begins with."""
    return Directory({name: member(keys, name[:2]) for name, keys in agencies.items()})


def write_directory(path: Path, directory: Directory) -> Path:
    """Write a directory as a file."""
    lines = []
    for name, found in directory.members.items():
        assert found.opening_key is not None
        lines += [
            f"[members.{name}]",
            f"signing_keys = {json.dumps([key.hex() for key in found.signing_keys])}",
            f"opening_key = {json.dumps(found.opening_key.hex())}",
            f"countries = {json.dumps(sorted(found.countries))}",
        ]
    for name, hub in directory.hubs.items():
        lines += [f"[hubs.{name}]", f"signing_keys = {json.dumps([key.hex() for key in hub.signing_keys])}"]
    path.write_text("\n".join(lines))
    return path


def write_keys(folder: Path, keys: Keys) -> None:
    """Write keys as a folder."""
    own = AgencyDocument(
        agency=keys.agency, signing=keys.signing, opening=keys.opening, drawn_on=CREATED_AT.date()
    )
    shared = ExchangeDocument(movement=keys.movement, pseudonym=keys.pseudonym)
    folder.mkdir(mode=0o700)
    for name, text in ((identity.AGENCY_FILE, own.text()), (identity.EXCHANGE_FILE, shared.text())):
        (folder / name).write_bytes(text)
        (folder / name).chmod(0o600)


def directory_beside(keys: Path, agency: str) -> Path:
    """Write the directory of an agency that is alone beside its key folder, if that is there."""
    path = keys.with_name(f"{keys.name}-directory.toml")
    return write_directory(path, alone(agency, identity.load(str(keys)))) if keys.is_dir() else path


def content(**changes: Any) -> bytes:
    """Return the Avro bytes of sealed content."""
    told: dict[str, Any] = {
        "event": b"\0\0\0\0\7event",
        "document_number": "native-number",
        "movement_reference": "XX:native-reference",
        "references": [{"kind": "CONSENT", "value": "native-consent"}],
        "parties": [{"role": "GENERATOR", "name": "Native Works Ltd", "identifier": "native-company"}],
    }
    return contract.encoded(contract.parsed("sealed_content"), told | changes)


def wrapped(key: DataKey, agency: str, recipient: str, agencies: Mapping[str, Keys]) -> WrappedKey:
    """Return a data key as an agency publishes it for a recipient."""
    text = sealing.wrap(
        key,
        agency=agency,
        recipient=recipient,
        quarter=QUARTER,
        seal_key=agencies[recipient].seal_key,
        signing=agencies[agency].signing,
    )
    return WrappedKey(key.key_id, agency, recipient, QUARTER, CREATED_AT, text)


def part_of(key: DataKey, agency: str, recipient: str, number: int, **changes: Any) -> SealedPart:
    """Return the part of the event with a number."""
    return sealing.seal(
        key,
        content(document_number=f"native-{number}"),
        event_id=number.to_bytes(16, "big"),
        agency=agency,
        recipient=recipient,
        release_at=RELEASED_AT,
    )._replace(**changes)


def keyring_of(name: str, agencies: Mapping[str, Keys], held: Iterable[WrappedKey]) -> Keyring:
    """Return a member's keyring with the data keys that are wrapped for it."""
    keyring = Keyring(name, agencies[name].openings, exchange_of(agencies))
    for found in held:
        if found.recipient == name:
            keyring.take(found)
    return keyring
