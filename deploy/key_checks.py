"""What is wrong with keys, or soon will be: for people who keep them, and for monitoring.

Nothing here shows a secret. An error keeps something from working or being safe, a warning will.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from schemas.directory import Directory
from schemas.errors import WeighbridgeError
from schemas.findings import Severity
from schemas.identity import AGENCY_FILE, DEMONSTRATION_KEYS, EXCHANGE_FILE
from schemas.keystore.ceremony import HUB_FILE
from schemas.keystore.documents import (
    AgencyDocument,
    ExchangeDocument,
    HubDocument,
    seal_key_of,
    verify_key_of,
)
from schemas.keystore.store import at

# A private key that signs is used for one to three years, one that opens for up to two:
# NIST SP 800-57 Part 1 Rev. 5, section 5.3.6.
_DAYS_MAX = 2 * 365
_LAST_QUARTER = 10
_HAND_ROUND = "weighbridge keys show, and hand it round"


class Fault(NamedTuple):
    """One thing that is not as it should be, and what to do."""

    severity: Severity
    text: str
    hint: str


def of_keys(
    place: Path | str, today: date, agency: str | None, directory: Directory | None
) -> Iterator[Fault]:
    """Yield what is wrong with the keys of a store; with a directory also whether both agree.

    Args:
        place: A folder or another address of a key store.
        today: To tell ages and missing years by.
        agency: Whose keys they are; needed with a directory.
        directory: The members of the exchange.
    """
    try:
        store = at(place)
        own = AgencyDocument.read(store, AGENCY_FILE)
        yield from _of_age(own, today)
        if directory is not None and agency is not None:
            yield from _of_agreement(own, agency, directory)
        yield from _of_years(ExchangeDocument.read(store, EXCHANGE_FILE), today)
    except WeighbridgeError as error:
        yield _error(str(error), error.hint)


def of_hub_keys(place: Path | str, today: date) -> Iterator[Fault]:
    """Yield what is wrong with the keys of a hub; parameters as of `of_keys`."""
    try:
        yield from _of_age(HubDocument.read(at(place), HUB_FILE), today)
    except WeighbridgeError as error:
        yield _error(str(error), error.hint)


def of_agreement(place: Path | str, agency: str, directory: Directory) -> Iterator[Fault]:
    """Yield where the directory and the keys of an agency disagree.

    Raises:
        ConfigurationError: The keys cannot be read.
    """
    yield from _of_agreement(AgencyDocument.read(at(place), AGENCY_FILE), agency, directory)


def of_hub_agreement(place: Path | str, hub: str, directory: Directory) -> Iterator[Fault]:
    """Yield where the directory and the keys of a hub disagree; raises likewise."""
    own, member = HubDocument.read(at(place), HUB_FILE), directory.hubs.get(hub)
    if member is None:
        yield _error(f"the directory does not name hub {hub}: nobody can verify its releases", _HAND_ROUND)
        return
    yield from _of_signing(own, member.signing_keys, "nobody can verify what it releases")


def of_directory(directory: Directory) -> Iterator[Fault]:
    """Yield what is wrong with a directory."""
    yield from _of_owners(directory)
    for name, member in sorted(directory.members.items()):
        if not member.signing_keys:
            yield _warning(f"{name}: no signing key", "hubs count nothing that it publishes")
        if member.opening_key is None or not member.countries:
            yield _warning(f"{name}: no opening key or no country", "nothing is sealed to it")
        elif not _opens(member.opening_key):
            yield _error(f"{name}: the opening key is none", "ask for its entry again")
    for name, hub in sorted(directory.hubs.items()):
        if not hub.signing_keys:
            yield _warning(f"{name}: no signing key", "nobody can verify its releases")


def _of_owners(directory: Directory) -> Iterator[Fault]:
    """Yield keys that are of two, or of everybody."""
    owners: dict[bytes, str] = {}
    stated = [
        (name, [*member.signing_keys, *([member.opening_key] if member.opening_key else [])])
        for name, member in sorted(directory.members.items())
    ]
    stated += [(name, [*hub.signing_keys]) for name, hub in sorted(directory.hubs.items())]
    for name, keys in stated:
        for key in keys:
            other = owners.setdefault(key, name)
            if other != name or keys.count(key) > 1:
                yield _error(f"{name}: a key that is there twice ({other})", "ask both for their entries")
        if {DEMONSTRATION_KEYS.verify_key, DEMONSTRATION_KEYS.seal_key} & set(keys):
            yield _error(f"{name}: demonstration keys, which everybody has", "weighbridge keys create")


def _error(text: str, hint: str) -> Fault:
    return Fault(Severity.ERROR, text, hint)


def _warning(text: str, hint: str) -> Fault:
    return Fault(Severity.WARNING, text, hint)


def _of_age(own: AgencyDocument | HubDocument, today: date) -> Iterator[Fault]:
    days = (today - own.drawn_on).days
    if days > _DAYS_MAX:
        yield _warning(f"keys that sign or open are {days} days old", "weighbridge keys rotate")
    if own.next_signing is not None:
        yield _warning(
            "a rotation is not finished",
            "when every member has the new entry: weighbridge keys rotate --finish",
        )
    if DEMONSTRATION_KEYS.signing == own.signing:
        yield _error("these are the demonstration keys", "weighbridge keys create")


def _of_agreement(own: AgencyDocument, agency: str, directory: Directory) -> Iterator[Fault]:
    member = directory.members.get(agency)
    if member is None:
        yield _error(f"the directory does not name {agency}", _HAND_ROUND)
        return
    yield from _of_signing(own, member.signing_keys, "hubs refuse everything")
    if member.opening_key in {seal_key_of(key) for key in own.former_opening}:
        yield _warning("the directory has a former opening key", _HAND_ROUND)
    elif member.opening_key != seal_key_of(own.opening):
        yield _error("what others seal does not open: the directory has another opening key", _HAND_ROUND)


def _of_signing(
    own: AgencyDocument | HubDocument, known: Collection[bytes], consequence: str
) -> Iterator[Fault]:
    if verify_key_of(own.signing) not in known:
        yield _error(f"the directory has not the signing key in use: {consequence}", _HAND_ROUND)
    elif not set(own.verify_keys()) <= set(known):
        yield _warning("the directory lacks a next or former signing key", _HAND_ROUND)


def _of_years(shared: ExchangeDocument, today: date) -> Iterator[Fault]:
    years = set(shared.pseudonym)
    wanted = set(range(min(years, default=today.year), max(years, default=today.year) + 1)) | {today.year}
    if missing := sorted(wanted - years):
        yield _error(
            f"no pseudonym keys for {_listed(missing)}: documents of these years are refused",
            f"weighbridge keys extend --first-year {missing[0]} --last-year {missing[-1]}, in one agency",
        )
    if today.month >= _LAST_QUARTER and today.year + 1 not in years:
        yield _warning(
            f"no pseudonym key for {today.year + 1} yet",
            f"weighbridge keys extend --last-year {today.year + 1}, in one agency",
        )


def _listed(years: list[int]) -> str:
    return ", ".join(map(str, years))


def _opens(key: bytes) -> bool:
    """Say whether an X25519 public key leads to a secret at all (RFC 7748, section 6.1)."""
    try:
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(key))
    except ValueError:
        return False
    return True
