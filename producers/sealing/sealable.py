"""What one event says to recipients alone, ready to be sealed: in clear, and only in memory."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache, lru_cache
from typing import NamedTuple

from producers.positions import Facts
from producers.statement import Company, Sealed, Statement
from schemas import contract

# Parts of the content, and whether they repeat: a party is the same in many documents.
_PARTS: contract.Parts = {
    "document_number": False,
    "movement_reference": False,
    "references": {"kind value": True},
    "parties": {"role scheme identifier name address": True},
}
# The document at hand, and a few beside it.
_REMEMBERED_MAX = 16
_NOTHING = ("", "", (), ())


class Sealable(NamedTuple):
    """The sealed values of an event, and what decides who may open them.

    Attributes:
        content: Avro bytes of the fields of a SealedContent after the event.
        company: With whose data key it is sealed, None where it is not known.
        occurred_on: In whose quarter.
        release_at: End of the confidentiality, None: never.
    """

    content: bytes
    company: Company | None
    occurred_on: date
    origin_country: str
    destination_country: str
    transit_countries: tuple[str, ...]
    release_at: datetime | None

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "Sealable(...)"


def of(statement: Statement) -> Sealable:
    """Return the sealed values of a statement; where it has none they are empty, and are sealed all the same.

    Raises:
        UnicodeEncodeError: A text holds half of a character.
    """
    return Sealable(
        _content(statement.sealed, statement.movement_reference),
        statement.contributor,
        statement.when.on,
        statement.origin.country,
        statement.destination.country,
        statement.transit_countries,
        statement.release_at,
    )


def nothing(facts: Facts) -> Sealable:
    """Return the sealed values of a cancellation: none, for the same recipients."""
    return Sealable(
        _encoder().encoded(_NOTHING),
        None,
        facts.occurred_on,
        facts.origin_country,
        facts.destination_country,
        facts.transit_countries,
        None,
    )


def _content(sealed: Sealed | None, movement_reference: str) -> bytes:
    if sealed is None:
        return _encoder().encoded(_NOTHING)
    return _remembered(sealed, movement_reference)


@lru_cache(_REMEMBERED_MAX)
def _remembered(sealed: Sealed, movement_reference: str) -> bytes:
    """Return what all lines and stages of a document have alike."""
    # Each reference and each party is one part of its record.
    references = [(reference,) for reference in sealed.references]
    parties = [(party,) for party in sealed.parties]
    return _encoder().encoded((sealed.document_number, movement_reference, references, parties))


@cache
def _encoder() -> contract.Encoder:
    assert ("event", *(name for part in _PARTS for name in part.split())) == contract.field_names(
        "sealed_content"
    )
    return contract.Encoder(contract.latest("sealed_content"), _PARTS)
