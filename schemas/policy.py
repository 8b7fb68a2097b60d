"""The policy of the exchange: which class each value that travels has, and that no process starts without it.

Every process that writes calls `require_contract`, and compares what the registry returns
with `require_same`: Avro's canonical form leaves attributes out, so that neither a
fingerprint nor a compatibility check notices a class that was lost or changed.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from fastavro.schema import SchemaParseException, to_parsing_canonical_form

from schemas import contract
from schemas.confidentiality import (
    HEADER_CLASSES,
    KEY_CLASSES,
    Confidentiality,
    avro_leaves,
    require_classes,
)
from schemas.errors import ContractError
from schemas.headers import cloud_event

# Records that are encoded to be encrypted, and travel as the ciphertext of another one.
SEALED_RECORDS = frozenset({"sealed_content"})
# Fields that hold ciphertext, by record: no other sealed leaf travels.
CIPHERTEXTS = frozenset({("sealed_part", "ciphertext"), ("data_key", "wrapped"), ("reject", "original")})
_CLEAR = {Confidentiality.PUBLIC, Confidentiality.HUB}
_NAMED_MAX = 5
_HINT = "no process writes until each field has a class that it may travel with: weighbridge schemas check"
_REGISTRY_HINT = "somebody changed the registry: restore its schema, and look at who may write to it"

Line = tuple[str, str | None]


def lines(schema: Any) -> tuple[Line, ...]:
    """Return (path, class) of each leaf of a schema, sorted: what a policy is compared by."""
    return tuple(sorted(avro_leaves(schema), key=str))


def require_contract() -> None:
    """Check that everything this release may write has one class, and one that it may travel with.

    Raises:
        ContractError: A field, key or header has none, or would carry in clear what is sealed
            or never travels.
    """
    for record in contract.RECORDS:
        for number, schema in enumerate(contract.versions(record), 1):
            owner, leaves = f"{record} v{number}", tuple(avro_leaves(schema))
            require_classes(leaves, owner)
            _refuse(owner, [path for path, found in leaves if not _may_hold(record, path, found)])
    _refuse("keys", [record for record in contract.RECORDS if not _has_key_class(record)])
    _refuse("headers", [name for name in _header_names() if not _is_public_header(name)])


def require_same(record: str, found: Any, place: str) -> None:
    """Check that the schema that the registry returned is this release's, and has its classes.

    Args:
        record: Record that the schema is of.
        found: What the registry returned.
        place: Its subject, for the message.

    Raises:
        ContractError: A class is missing, differs, or belongs to a field that we do not know.
    """
    ours = contract.latest(record)
    if not isinstance(found, dict):
        raise ContractError(f"{place}: the registry's schema is none", hint=_REGISTRY_HINT)
    try:
        theirs = lines(found)
        is_ours = to_parsing_canonical_form(found) == to_parsing_canonical_form(ours)
    except (SchemaParseException, KeyError, TypeError, AttributeError, RecursionError):
        raise ContractError(f"{place}: the registry's schema is none", hint=_REGISTRY_HINT) from None
    differing = sorted({path for path, _ in set(theirs) ^ set(lines(ours))})
    if not is_ours and not differing:
        raise ContractError(f"{place}: the registry returns another schema", hint=_REGISTRY_HINT)
    if differing:
        raise ContractError(
            f"{place}: the registry's schema has other confidentiality classes than this release: "
            f"{_some(differing)}",
            hint=_REGISTRY_HINT,
        )


def _header_names() -> list[str]:
    return [name for name, _ in cloud_event(b"", "", "", date.min)]


def _may_hold(record: str, path: str, confidentiality: str | None) -> bool:
    if record in SEALED_RECORDS:
        return confidentiality == Confidentiality.SEALED
    if (record, path) in CIPHERTEXTS:
        return confidentiality == Confidentiality.SEALED
    return confidentiality in _CLEAR


def _has_key_class(record: str) -> bool:
    return record in SEALED_RECORDS or KEY_CLASSES.get(record) in _CLEAR


def _is_public_header(name: str) -> bool:
    return HEADER_CLASSES.get(name) == Confidentiality.PUBLIC


def _refuse(owner: str, places: list[str]) -> None:
    if places:
        raise ContractError(f"{owner}: may not travel as it is classed: {_some(places)}", hint=_HINT)


def _some(places: list[str]) -> str:
    more = f" and {len(places) - _NAMED_MAX} more" if len(places) > _NAMED_MAX else ""
    return f"{', '.join(places[:_NAMED_MAX])}{more}"
