"""What people do with the keys of an agency: begin, name them to others, share, take, rotate.

The order keeps every step safe: what is sealed to a new key opens at once, and nothing is signed with a
key that the others do not know yet. Each step writes one document, whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from schemas.directory import Directory, HubMember, Member
from schemas.errors import ConfigurationError
from schemas.identity import AGENCY_FILE, EXCHANGE_FILE
from schemas.keystore import handover
from schemas.keystore.documents import AgencyDocument, ExchangeDocument, HubDocument, seal_key_of
from schemas.keystore.handover import Handover
from schemas.keystore.store import KeyStore, at
from schemas.movement import Side

HUB_FILE = "hub.json"


def begin(place: Path | str) -> None:
    """Draw the own keys of an agency that takes the shared ones from another.

    Raises:
        ConfigurationError: There are keys already.
    """
    _draw(place, AGENCY_FILE, AgencyDocument)


def begin_hub(place: Path | str) -> None:
    """Draw the keys of a hub.

    Raises:
        ConfigurationError: There are keys already.
    """
    _draw(place, HUB_FILE, HubDocument)


def _draw(place: Path | str, name: str, kind: type[AgencyDocument | HubDocument]) -> None:
    store = at(place)
    _require_absent(store, name)
    store.write(name, kind.new(datetime.now(UTC).date()).text())


def hub_member(place: Path | str) -> HubMember:
    """Return what the directory says of a hub: its public keys, no secret.

    Raises:
        ConfigurationError: It has no keys.
    """
    return HubMember(signing_keys=HubDocument.read(at(place), HUB_FILE).verify_keys())


def copy(place: Path | str, other: Path | str) -> None:
    """Keep all keys of a store in another one as well.

    Raises:
        ConfigurationError: There are no keys here, or there are some in the other place.
    """
    store, target = at(place), at(other)
    own, shared = AgencyDocument.read(store, AGENCY_FILE), ExchangeDocument.read(store, EXCHANGE_FILE)
    for name in (AGENCY_FILE, EXCHANGE_FILE):
        _require_absent(target, name)
    target.write(AGENCY_FILE, own.text())
    target.write(EXCHANGE_FILE, shared.text())


def member(place: Path | str, countries: Iterable[str], sides: Iterable[Side]) -> Member:
    """Return what the directory says of an agency: its public keys, no secret.

    Raises:
        ConfigurationError: It has no keys.
    """
    own = AgencyDocument.read(at(place), AGENCY_FILE)
    return Member(
        signing_keys=own.verify_keys(),
        opening_key=seal_key_of(own.opening),
        countries=frozenset(countries),
        sides=frozenset(sides),
    )


def share(place: Path | str, agency: str, recipient: str, directory: Directory) -> Handover:
    """Return the shared keys for one member alone; raises as `handover.given`."""
    store = at(place)
    own, shared = AgencyDocument.read(store, AGENCY_FILE), ExchangeDocument.read(store, EXCHANGE_FILE)
    return handover.given(shared, own, agency, recipient, directory)


def take(place: Path | str, found: Handover, agency: str, directory: Directory) -> list[int]:
    """Keep the shared keys that another agency gave; return the years that are new.

    Raises:
        ConfigurationError: They are not those of the exchange that this agency is in.
        SealError: They are for somebody else, or not from whom they name.
    """
    store = at(place)
    given = handover.taken(found, AgencyDocument.read(store, AGENCY_FILE), agency, directory)
    known = store.read(EXCHANGE_FILE)
    if known is None:
        store.write(EXCHANGE_FILE, given.text())
        return sorted(given.pseudonym)
    before = ExchangeDocument.parsed(known, f"{EXCHANGE_FILE} in {store}")
    joined = before.joined(given)
    store.write(EXCHANGE_FILE, joined.text())
    return sorted(joined.pseudonym.keys() - before.pseudonym.keys())


def rotate(place: Path | str) -> None:
    """Draw the next signing key, in use when finished; for an agency also a new opening key, in use at once.

    Raises:
        ConfigurationError: The last rotation is not finished.
    """
    store = at(place)
    name, own = _own(store)
    store.write(name, own.rotated(datetime.now(UTC).date()).text())


def finish(place: Path | str) -> None:
    """Sign with the next key from the next start on.

    Raises:
        ConfigurationError: There is no next key.
    """
    store = at(place)
    name, own = _own(store)
    store.write(name, own.adopted().text())


def _own(store: KeyStore) -> tuple[str, AgencyDocument | HubDocument]:
    """Return the name and the keys of the hub or else the agency whose store it is."""
    if store.read(HUB_FILE) is not None:
        return HUB_FILE, HubDocument.read(store, HUB_FILE)
    return AGENCY_FILE, AgencyDocument.read(store, AGENCY_FILE)


def _require_absent(store: KeyStore, name: str) -> None:
    if store.read(name) is not None:
        raise ConfigurationError(
            f"{name} exists in {store}", hint="keys are never overwritten: choose another place"
        )
