"""Handing the shared keys to another agency: a text that only that member can open.

Sealed to the member's opening key (HPKE, RFC 9180) and signed with the giver's signing key (Ed25519,
RFC 8032), both as the directory names them, so that it may travel by any channel.
"""

from __future__ import annotations

from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas import topics
from schemas.directory import Directory
from schemas.errors import ConfigurationError, SealError
from schemas.keystore.documents import AgencyDocument, ExchangeDocument, Hexadecimal

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_DOMAIN = b"weighbridge.ExchangeKeys"
_SIGNATURE_BYTES = 64


class Handover(BaseModel):
    """The shared keys on their way.

    Attributes:
        agency: Who gives them.
        recipient: Who alone can take them.
        sealed: Signature and document, encrypted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    agency: str = Field(pattern=topics.AGENCY)
    recipient: str = Field(pattern=topics.AGENCY)
    sealed: Hexadecimal

    @classmethod
    def parsed(cls, text: bytes, place: str) -> Handover:
        """Return what a text holds.

        Raises:
            ConfigurationError: It is none; `place` is where it stands.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            raise ConfigurationError(
                f"{place} holds no shared keys", hint="ask the other agency to share them again"
            ) from None


def given(
    shared: ExchangeDocument, own: AgencyDocument, agency: str, recipient: str, directory: Directory
) -> Handover:
    """Return the shared keys for one member.

    Raises:
        ConfigurationError: The directory names no opening key of the member.
    """
    member = directory.members.get(recipient)
    if member is None or member.opening_key is None:
        raise ConfigurationError(
            f"the directory has no opening key of {recipient}",
            hint="add its entry: weighbridge directory add",
        )
    info, text = _info(agency, recipient), shared.text()
    signature = Ed25519PrivateKey.from_private_bytes(own.signing).sign(info + text)
    public = X25519PublicKey.from_public_bytes(member.opening_key)
    sealed = _SUITE.encrypt(signature + text, public, info=info)
    return Handover(agency=agency, recipient=recipient, sealed=sealed)


def taken(handover: Handover, own: AgencyDocument, agency: str, directory: Directory) -> ExchangeDocument:
    """Return the shared keys that another member gave.

    Args:
        handover: What arrived.
        own: The keys of the one who takes.
        agency: Whose name that is.
        directory: By which one knows who gave it.

    Raises:
        SealError: It is for somebody else, was altered, or is not from the one it names.
    """
    info = _info(handover.agency, agency)
    told = _decrypted(handover.sealed, (own.opening, *own.former_opening), info)
    signature, text = told[:_SIGNATURE_BYTES], told[_SIGNATURE_BYTES:]
    if not any(_is_signed(key, signature, info + text) for key in directory.signing_keys(handover.agency)):
        raise SealError(
            f"the shared keys are not signed by {handover.agency}",
            hint="compare its entry in the directory with that agency, by telephone",
        )
    return ExchangeDocument.parsed(text, "what was shared")


def _decrypted(text: bytes, openings: Iterable[bytes], info: bytes) -> bytes:
    for opening in openings:
        try:
            return _SUITE.decrypt(text, X25519PrivateKey.from_private_bytes(opening), info=info)
        except (InvalidTag, ValueError):
            continue
    raise SealError(
        "the shared keys do not open",
        hint="they are for another agency or another key of yours, or were altered",
    )


def _is_signed(public: bytes, signature: bytes, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def _info(agency: str, recipient: str) -> bytes:
    """Return what the text is bound to, each part with its length, so that none runs into the next."""
    parts = (_DOMAIN, agency.encode(), recipient.encode())
    return b"".join(b"%d:%b" % (len(part), part) for part in parts)
