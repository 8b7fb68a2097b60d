"""The proof before the first sending: an adapter reads its own output as others will.

What is sent in clear has no field that is sealed or never travels, and what is sealed opens to
what was to be sealed. Where anything else comes out, nothing is sent.
"""

from __future__ import annotations

import io
from typing import Any

import fastavro

from schemas import contract, framing, sealing
from schemas.confidentiality import HEADER_CLASSES, Confidentiality, avro_leaves
from schemas.errors import ContractError, SealError
from schemas.headers import Headers
from schemas.sealing import DataKey, SealedPart

_CLEAR = {Confidentiality.PUBLIC, Confidentiality.HUB}
_HINT = "nothing was sent: restore the schemas of this release in the program and in the registry"


def require_clear(value: bytes, headers: Headers, schema: Any) -> None:
    """Check an event as it is about to be sent.

    Args:
        value: Framed, as it would travel.
        headers: Likewise.
        schema: Under whose id it would travel, as the registry has it.

    Raises:
        ContractError: It is no such event, or something in it must not be seen.
    """
    _decoded(value[framing.HEADER_BYTES :], schema)
    if sealing.policy_of(schema, contract.latest("sealed_content")) != sealing.policy():
        raise ContractError("the registry's classes are not those of this release", hint=_HINT)
    apart = {path for path, _ in avro_leaves(contract.latest("sealed_content"))}
    seen = [path for path, found in avro_leaves(schema) if found not in _CLEAR or path in apart]
    seen += [name for name, _ in headers if HEADER_CLASSES.get(name) is not Confidentiality.PUBLIC]
    if seen:
        raise ContractError(f"{', '.join(seen)} would travel in clear", hint=_HINT)


def require_sealed(body: bytes, key: DataKey, value: bytes) -> None:
    """Check a part as it is about to be sent.

    Args:
        body: Avro body of the part.
        key: With which its recipient opens it.
        value: Framed value of its event.

    Raises:
        ContractError: It does not open, or not to this event, or was sealed under another policy.
    """
    part = SealedPart(**_decoded(body, contract.parsed("sealed_part")))
    try:
        content = sealing.decoded_content(sealing.opened(key, part))
    except SealError as error:
        raise ContractError(str(error), hint=_HINT) from None
    if content["event"] != value or part.policy != sealing.policy():
        raise ContractError("a sealed part is not what its event needs", hint=_HINT)


def _decoded(body: bytes, schema: Any) -> Any:
    text = io.BytesIO(body)
    try:
        found = fastavro.schemaless_reader(text, schema, None)
    except Exception:  # noqa: BLE001  # what a schema does not fit may fail in any way
        # The cause is cut off: its text may show a value.
        raise ContractError("what would be sent is not of its schema", hint=_HINT) from None
    if text.read(1):
        raise ContractError("what would be sent is longer than its schema", hint=_HINT)
    return found
