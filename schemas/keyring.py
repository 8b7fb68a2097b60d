"""The data keys of a recipient, and what they open: the interface for whoever reads sealed parts.

    keyring = Keyring("GB-EA", keys.openings, directory)
    keyring.take(wrapped_key)          # each record of the keys topic that is for us
    content = keyring.open(part)       # each record of our sealed topic

A key or part that is not as its agency made it raises SealError, which shows nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from schemas import sealing
from schemas.directory import Directory
from schemas.errors import SealError
from schemas.sealing import DataKey, SealedPart, WrappedKey


@dataclass(slots=True)
class Keyring:
    """What one member of the exchange opens with.

    Attributes:
        member: Its name.
        openings: Its X25519 private keys, newest first.
        directory: By whose signing keys it knows the agencies.
    """

    member: str
    openings: tuple[bytes, ...] = field(repr=False)
    directory: Directory
    _keys: dict[tuple[str, bytes], DataKey] = field(default_factory=dict, repr=False)

    def take(self, found: WrappedKey) -> bytes:
        """Unwrap a data key, and return what else we are told of it.

        Raises:
            SealError: It is for another member, or no agency of the directory signed it.
        """
        if found.recipient != self.member:
            raise SealError("a data key is for another member", hint="give the keys of its recipient")
        signing_keys = self.directory.signing_keys(found.agency)
        key, told = sealing.unwrapped(found, self.openings, signing_keys)
        self._keys[found.agency, found.key_id] = key
        return told

    def open(self, part: SealedPart) -> dict[str, Any]:
        """Return the fields of the SealedContent of a part.

        Raises:
            SealError: It is for another member, we have no key for it, the key was shredded, or it is
                not what the agency sealed for this event.
        """
        if part.recipient != self.member:
            raise SealError("a sealed part is for another member", hint="give the keys of its recipient")
        key = self._keys.get((part.agency, part.key_id))
        if key is None:
            raise SealError("there is no key for a sealed part", hint="it was shredded, or never was for us")
        return sealing.decoded_content(sealing.opened(key, part))
