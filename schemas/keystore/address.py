"""Addresses of key stores: a path, and named values behind a question mark."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

from schemas.errors import ConfigurationError


def parsed(rest: str, names: Iterable[str]) -> tuple[str, dict[str, str]]:
    """Return the path of an address, still encoded, and its values, decoded.

    Args:
        rest: What stands behind the kind, such as `alias/weighbridge?folder=keys`.
        names: The values it must have, no other and no fewer.

    Raises:
        ConfigurationError: A value is absent, empty, unknown or there twice.

    Source: RFC 7512, section 2.3: percent-encoded, a plus sign is no blank.
    """
    path, _, query = rest.partition("?")
    pairs = [item.partition("=") for item in query.split("&")] if query else []
    values = {name: unquote(value) for name, _, value in pairs}
    wanted = set(names)
    if not path or set(values) != wanted or len(pairs) != len(wanted) or not all(values.values()):
        shape = "&".join(f"{name}=..." for name in names)
        raise ConfigurationError("the address of the key store is malformed", hint=f"write KIND:PATH?{shape}")
    return path, values


def attributes(path: str, names: Iterable[str]) -> dict[str, str]:
    """Return the attributes of a PKCS #11 address, such as `token=agency;object=weighbridge`, decoded.

    Raises:
        ConfigurationError: They are not exactly the named ones, each once.

    Source: RFC 7512, section 2.3.
    """
    pairs = [item.partition("=") for item in path.split(";")]
    found = {name: unquote(value) for name, _, value in pairs}
    if set(found) != set(names) or len(pairs) != len(found) or not all(found.values()):
        shape = ";".join(f"{name}=..." for name in names)
        raise ConfigurationError(
            "the address of the token is malformed", hint=f"write pkcs11:{shape}?module-path=..."
        )
    return found
