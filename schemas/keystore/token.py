"""Wrapping by an AES key that never leaves a PKCS #11 token: a smart card, a module, SoftHSM.

Needs the extra `pkcs11`. The token encrypts with CKM_AES_GCM, so what was altered does not open.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, ObjectClass

from schemas.errors import ConfigurationError
from schemas.keystore import private_file
from schemas.keystore.address import attributes

_KEY_BITS = 256
_NONCE_BYTES = 12
_PIN_FILE = "file:"
# It never leaves the token, not even encrypted under another of its keys.
_KEPT_IN_TOKEN = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}


@dataclass(frozen=True, slots=True)
class Token:
    """One key of one token.

    Attributes:
        module: The maker's PKCS #11 library.
        token, key: Their labels.
        pin_file: File with the user's PIN, readable by its owner alone.
    """

    module: str
    token: str
    key: str
    pin_file: Path

    @classmethod
    def at(cls, path: str, values: Mapping[str, str]) -> Token:
        """Return the key that a PKCS #11 address names.

        Raises:
            ConfigurationError: The address is malformed, or names a PIN instead of its file.

        Source: RFC 7512; `object` is the label of the key.
        """
        named = attributes(path, ("token", "object"))
        source = values["pin-source"]
        if not source.startswith(_PIN_FILE):
            raise ConfigurationError(
                "the PIN of the token is not in a file", hint="write pin-source=file:/path/of/the/file"
            )
        pin_file = Path(source.removeprefix(_PIN_FILE))
        return cls(values["module-path"], named["token"], named["object"], pin_file)

    def wrap(self, key: bytes, label: str) -> bytes:
        """Return a key encrypted in the token; the token draws its own key if it has none of that name."""
        nonce = os.urandom(_NONCE_BYTES)
        with self._session() as session:
            found = self._key(session) or self._new_key(session)
            text = found.encrypt(key, mechanism=Mechanism.AES_GCM, mechanism_param=_bound(nonce, label))
        return nonce + bytes(text)

    def unwrap(self, wrapped: bytes, label: str) -> bytes:
        """Return a key that the token decrypts.

        Raises:
            ConfigurationError: Token, PIN or key are not the right ones, or the bytes were altered.
        """
        nonce, text = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
        with self._session() as session:
            found = self._key(session)
            if found is None:
                raise ConfigurationError(
                    "the token has no key of that name", hint="look at object= in the address"
                )
            return bytes(
                found.decrypt(text, mechanism=Mechanism.AES_GCM, mechanism_param=_bound(nonce, label))
            )

    @contextmanager
    def _session(self) -> Iterator[pkcs11.Session]:
        try:
            pin = private_file.read(self.pin_file).decode().strip()
            token = pkcs11.lib(self.module).get_token(token_label=self.token)
            with token.open(rw=True, user_pin=pin) as session:
                yield session
        except FileNotFoundError:
            raise ConfigurationError(
                f"no PIN at {self.pin_file}", hint="look at pin-source= in the address"
            ) from None
        except (pkcs11.PKCS11Error, RuntimeError) as error:
            # Its text is the library's and may say anything.
            raise ConfigurationError(
                f"the token refuses: {type(error).__name__}", hint="look at module, token, key and PIN"
            ) from None

    # Any: what a key can do depends on the token, and its class is made accordingly.
    def _key(self, session: pkcs11.Session) -> Any:
        try:
            return session.get_key(object_class=ObjectClass.SECRET_KEY, key_type=KeyType.AES, label=self.key)
        except pkcs11.NoSuchKey:
            return None

    def _new_key(self, session: pkcs11.Session) -> Any:
        return session.generate_key(
            KeyType.AES, _KEY_BITS, label=self.key, store=True, template=_KEPT_IN_TOKEN
        )


def _bound(nonce: bytes, label: str) -> GCMParams:
    return GCMParams(nonce, label.encode())
