"""Handing the shared keys to another agency: a text that only that member can open.

Sealed to the member's opening key (HPKE, RFC 9180) and signed with the giver's signing key (Ed25519,
RFC 8032), both as the directory names them, so that it may travel by any channel.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas import topics
from schemas.directory import Directory
from schemas.envelope import SIGNATURE_BYTES, decrypted, encrypted, framed, is_signed, sign
from schemas.errors import ConfigurationError, SealError
from schemas.keystore.documents import AgencyDocument, ExchangeDocument, Hexadecimal

_DOMAIN = b"weighbridge.ExchangeKeys"


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
    sealed = encrypted(sign(own.signing, info + text) + text, member.opening_key, info)
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
    told = decrypted(handover.sealed, (own.opening, *own.former_opening), info)
    if told is None:
        raise SealError(
            "the shared keys do not open",
            hint="they are for another agency or another key of yours, or were altered",
        )
    signature, text = told[:SIGNATURE_BYTES], told[SIGNATURE_BYTES:]
    if not any(is_signed(key, signature, info + text) for key in directory.signing_keys(handover.agency)):
        raise SealError(
            f"the shared keys are not signed by {handover.agency}",
            hint="compare its entry in the directory with that agency, by telephone",
        )
    return ExchangeDocument.parsed(text, "what was shared")


def _info(agency: str, recipient: str) -> bytes:
    """Return what the text is bound to."""
    return framed(_DOMAIN, agency.encode(), recipient.encode())
