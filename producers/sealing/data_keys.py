"""The data keys of one agency: one for each company and quarter, drawn when first needed.

The keys topic is their only memory. The agency wraps each key for itself too, with a keyed
hash of the company inside, and reads its own wraps at start; those of a quarter are unwrapped
when it is first asked for. A key is wrapped for a member when there is first something to seal to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from producers.statement import Company
from schemas import sealing
from schemas.directory import Directory
from schemas.errors import ConfigurationError, SealError
from schemas.identity import Keys
from schemas.keystore.documents import seal_key_of
from schemas.sealing import KEY_ID_BYTES, DataKey, WrappedKey

# Companies by name of which the key is at hand without a keyed hash.
_AT_HAND_MAX = 16_384


def company_hash(company: Company | None, keys: Keys) -> bytes:
    """Return what stands for a company inside of its wrapped key; all that are not known share one."""
    return keys.document_key("company", *(company or ()))


class DataKeys:
    """The keys that one agency seals with.

    A session of one transactional writer has its own: what it drew and did not commit is
    forgotten with it.
    """

    def __init__(self, agency: str, keys: Keys, directory: Directory) -> None:
        """Take the agency's secrets and the members of the exchange.

        Raises:
            ConfigurationError: The directory does not know the agency as these keys make it.
        """
        _require_known(agency, keys, directory)
        self._agency = agency
        self._keys = keys
        self._directory = directory
        self._own: dict[bytes, WrappedKey] = {}
        self._recipients: defaultdict[bytes, set[str]] = defaultdict(set)
        self._by_quarter: dict[str, dict[bytes, DataKey]] = {}
        self._at_hand: dict[tuple[Company | None, str], DataKey] = {}

    def restore(self, topic_key: bytes, fields: Mapping[str, Any] | None) -> None:
        """Take over a record of the keys topic, if it is the agency's; None for a tombstone."""
        key_id, recipient = topic_key[:KEY_ID_BYTES], topic_key[KEY_ID_BYTES:].decode("utf-8", "replace")
        if fields is None:
            self._recipients[key_id].discard(recipient)
            if recipient == self._agency:
                self._own.pop(key_id, None)
        elif fields["agency"] == self._agency:
            self._recipients[key_id].add(recipient)
            if recipient == self._agency:
                self._own[key_id] = WrappedKey(**fields)

    def key_of(self, company: Company | None, quarter: str) -> tuple[DataKey, tuple[WrappedKey, ...]]:
        """Return the key of a company in a quarter, and what has to be published if it is new."""
        key = self._at_hand.get((company, quarter))
        if key is not None:
            return key, ()
        of_quarter = self._of_quarter(quarter)
        hashed = company_hash(company, self._keys)
        key, published = of_quarter.get(hashed), tuple[WrappedKey, ...]()
        if key is None:
            key = of_quarter[hashed] = sealing.drawn()
            published = (self._wrapped(key, self._agency, quarter, self._keys.seal_key, hashed),)
        if len(self._at_hand) >= _AT_HAND_MAX:
            self._at_hand.clear()
        self._at_hand[company, quarter] = key
        return key, published

    def wrapped_for(self, key: DataKey, recipient: str, quarter: str) -> WrappedKey | None:
        """Return a key for a recipient that has not got it yet, None for one that has."""
        if recipient in self._recipients[key.key_id]:
            return None
        self._recipients[key.key_id].add(recipient)
        opening_key = self._directory.members[recipient].opening_key
        assert opening_key is not None  # it would be no recipient
        return self._wrapped(key, recipient, quarter, opening_key, b"")

    def held_of(self, company: Company | None, quarter: str | None) -> Iterator[tuple[str, DataKey]]:
        """Yield the keys of a company with their quarters, of one quarter or of all."""
        hashed = company_hash(company, self._keys)
        quarters = sorted({found.quarter for found in self._own.values()})
        for each in quarters if quarter is None else [quarter]:
            for key, told in self._unwrapped(each):
                if told == hashed:
                    yield each, key

    def recipients_of(self, key: DataKey) -> frozenset[str]:
        """Return for whom a key is wrapped, the agency too."""
        return frozenset(self._recipients[key.key_id])

    def _of_quarter(self, quarter: str) -> dict[bytes, DataKey]:
        found = self._by_quarter.get(quarter)
        if found is None:
            found = self._by_quarter[quarter] = {}
            for key, hashed in self._unwrapped(quarter):
                # Two sources that drew at the same time: from now on both take the older one.
                found.setdefault(hashed, key)
        return found

    def _unwrapped(self, quarter: str) -> Iterator[tuple[DataKey, bytes]]:
        """Yield the agency's keys of a quarter with the hashes of their companies, oldest first."""
        signing_keys = self._directory.signing_keys(self._agency)
        for found in sorted(self._own.values(), key=lambda item: (item.created_at, item.key_id)):
            if found.quarter != quarter:
                continue
            try:
                yield sealing.unwrapped(found, self._keys.openings, signing_keys)
            except SealError:
                # Somebody else wrote it in our name: nothing of ours is sealed with it.
                continue

    def _wrapped(
        self, key: DataKey, recipient: str, quarter: str, seal_key: bytes, note: bytes
    ) -> WrappedKey:
        text = sealing.wrap(
            key,
            agency=self._agency,
            recipient=recipient,
            quarter=quarter,
            seal_key=seal_key,
            signing=self._keys.signing,
            note=note,
        )
        return WrappedKey(key.key_id, self._agency, recipient, quarter, datetime.now(UTC), text)


def _require_known(agency: str, keys: Keys, directory: Directory) -> None:
    member = directory.members.get(agency)
    if member is None:
        raise ConfigurationError(
            f"the directory does not name {agency}",
            hint="nobody would know who sealed: have it added to the directory of the exchange",
        )
    # While a rotation is under way, the directory still has the former opening key.
    seal_keys = {None, *map(seal_key_of, keys.openings)}
    if keys.verify_key not in member.signing_keys or member.opening_key not in seal_keys:
        raise ConfigurationError(
            f"the directory knows {agency} by other keys than these",
            hint="give the key folder of before, or have the new public keys added to the directory",
        )
