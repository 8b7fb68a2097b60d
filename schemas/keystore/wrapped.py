"""Secret documents encrypted on disk, by keys that only a token or a key service unwraps.

Each document is encrypted with AES-256-GCM (NIST SP 800-38D) under a key drawn for it alone at each
writing. That key lies beside it, wrapped; the name of the document is bound to both.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.errors import ConfigurationError
from schemas.keystore.folder import Folder

_KEY_BITS = 256
_NONCE_BYTES = 12


class Wrapping(Protocol):
    """Something outside this machine's disk that encrypts 32 bytes and gives them back; raises as a store."""

    def wrap(self, key: bytes, label: str) -> bytes:
        """Return a key encrypted and bound to a label."""
        ...

    def unwrap(self, wrapped: bytes, label: str) -> bytes:
        """Return the key that was wrapped under that label."""
        ...


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A key store over a folder whose files nobody can read without the wrapping."""

    folder: Folder
    wrapping: Wrapping

    def __str__(self) -> str:
        """Say where the documents lie."""
        return str(self.folder)

    def read(self, name: str) -> bytes | None:
        """Return a document, None where there is none.

        Raises:
            ConfigurationError: It was altered or exchanged, or the wrapping refuses.
            RetriableError: The wrapping cannot be reached.
        """
        sealed = self.folder.read(_file(name))
        if sealed is None:
            return None
        try:
            found = json.loads(sealed)
            wrapped, nonce, text = (bytes.fromhex(found[part]) for part in ("key", "nonce", "text"))
            return AESGCM(self.wrapping.unwrap(wrapped, name)).decrypt(nonce, text, name.encode())
        except (ValueError, KeyError, TypeError, InvalidTag):
            raise ConfigurationError(
                f"{self.folder.path / _file(name)} does not open", hint="restore it from your backup"
            ) from None

    def write(self, name: str, text: bytes) -> None:
        """Encrypt a document under a new key, in place of the one that was there; raises as `read`."""
        key, nonce = AESGCM.generate_key(_KEY_BITS), os.urandom(_NONCE_BYTES)
        sealed = {
            "key": self.wrapping.wrap(key, name).hex(),
            "nonce": nonce.hex(),
            "text": AESGCM(key).encrypt(nonce, text, name.encode()).hex(),
        }
        self.folder.write(_file(name), json.dumps(sealed, indent=2).encode())


def _file(name: str) -> str:
    return f"{name}.sealed"
