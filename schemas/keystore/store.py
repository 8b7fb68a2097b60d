"""The one interface to secret documents, and which store an address names.

| address | the documents lie |
|---|---|
| `keys` | in files of that folder, readable by their owner alone |
| `env:WEIGHBRIDGE_KEYS` | in the variables WEIGHBRIDGE_KEYS_AGENCY and WEIGHBRIDGE_KEYS_EXCHANGE |
| `pkcs11:token=T;object=K?module-path=M&pin-source=file:P&folder=keys` | encrypted, by a key in a token |
| `awskms:alias/weighbridge?folder=keys` | encrypted, by a key in AWS KMS |

With the last two nothing secret is ever on disk in clear.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from schemas.errors import ConfigurationError
from schemas.keystore.address import parsed
from schemas.keystore.environment import Environment
from schemas.keystore.folder import Folder
from schemas.keystore.wrapped import Wrapped

_ADDRESS = re.compile(r"(?P<kind>[a-z][a-z0-9]+):(?P<rest>.*)", re.DOTALL)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class KeyStore(Protocol):
    """Secret documents by their names, whole texts at a time; `str()` says where they lie."""

    def read(self, name: str) -> bytes | None:
        """Return a document, None where there is none.

        Raises:
            ConfigurationError: It is not safe there, or does not open.
            RetriableError: The service that opens it cannot be reached.
        """
        ...

    def write(self, name: str, text: bytes) -> None:
        """Keep a document in place of the one that was there, whole or not at all; raises as `read`."""
        ...


def at(place: Path | str) -> KeyStore:
    """Return the store that an address names; a path is a folder.

    Raises:
        ConfigurationError: The address is malformed or of no known kind.
    """
    found = _ADDRESS.fullmatch(str(place))
    if isinstance(place, Path) or found is None:
        return Folder(Path(place))
    if found["kind"] not in _KINDS:
        raise ConfigurationError(
            f"no key store of the kind {found['kind']}:",
            hint=f"give a folder, or an address that begins with {', '.join(f'{kind}:' for kind in _KINDS)}",
        )
    return _KINDS[found["kind"]](found["rest"])


def _environment(rest: str) -> KeyStore:
    if not _VARIABLE.fullmatch(rest):
        raise ConfigurationError(
            "the address of the environment is malformed", hint="write env:NAME, such as env:WEIGHBRIDGE_KEYS"
        )
    return Environment(rest)


def _token(rest: str) -> KeyStore:
    # Its package is an extra.
    from schemas.keystore.token import Token  # noqa: PLC0415  # see above

    path, values = parsed(rest, _TOKEN_VALUES)
    return Wrapped(Folder(Path(values["folder"])), Token.at(path, values))


def _key_service(rest: str) -> KeyStore:
    # Its package is an extra.
    from schemas.keystore.key_service import KeyService  # noqa: PLC0415  # see above

    path, values = parsed(rest, ("folder",))
    return Wrapped(Folder(Path(values["folder"])), KeyService(path))


_TOKEN_VALUES = ("module-path", "pin-source", "folder")
_KINDS: Mapping[str, Callable[[str], KeyStore]] = {
    "env": _environment,
    "pkcs11": _token,
    "awskms": _key_service,
}
