"""Protection: from a statement in clear to content that may travel.

Only what is named here gets out. Public and hub values pass, identities become keyed
hashes, values of class sealed stand apart to be sealed, values of class never are dropped.
`Protected` is the only thing that publication accepts, and this module the only one that makes it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, NamedTuple

from producers.harmonise import Harmonised
from producers.positions import Facts
from producers.sealing import sealable
from producers.sealing.sealable import Sealable
from producers.statement import Company, Related, Statement
from schemas import contract
from schemas.confidentiality import avro_leaves, require_classes
from schemas.identity import Keys
from schemas.movement import CONTENT_FIELDS, Basis, Hazardous

# Lists of links that are remembered: a document, or a line of it, has one at each of its stages.
_RELATED_MAX = 64


class Protected(NamedTuple):
    """The content of one event, encoded.

    Attributes:
        statement_key: Identity of the fact.
        digest: Keyed digest of the content, sealed values too: equal where nothing changed.
        content: Avro bytes of the content fields.
        facts: What a later cancellation has to repeat.
        is_unconverted: True where a quantity is stated and no mass follows from it.
        sealable: What recipients alone may read; in clear, and no part of a position.
    """

    statement_key: bytes
    digest: bytes
    content: bytes
    movement_key: bytes
    facts: Facts
    is_unconverted: bool
    sealable: Sealable


class _Related(NamedTuple):
    movement_key: bytes
    relation: str


# Parts of the content, and whether they repeat: a line is stated at several stages with one quantity,
# a route on many days.
_PARTS = {
    "movement_key": False,
    "line_number stage step side": True,
    "occurred_on occurred_at precision": True,
    "origin_country origin_region destination_country destination_region transit_countries": True,
    "low_code basel_code oecd_code hs_code other_codes": True,
    "hazardous operation_code native_operation_code": True,
    "mass_g quantity": True,
    "unit basis load_count": True,
    "contributor": False,
    "contributor_group": False,
    "counterparty": False,
    "related release_at": True,
}


def protect(harmonised: Harmonised, document_id: str, keys: Keys) -> Protected:
    """Return what may travel of a statement.

    Raises:
        KeyError: There is no pseudonym key for the year of the fact.
    """
    statement = harmonised.statement
    movement_key = keys.movement_key(statement.movement_reference)
    content = _encoder().encoded(_content(harmonised, movement_key, keys))
    apart = sealable.of(statement)
    # What says nothing to recipients alone keeps the digest, and with it the event ids, of before.
    compared = content if statement.sealed is None else content + apart.content
    return Protected(
        statement_key=keys.statement_key(
            document_id, statement.movement_reference, statement.line_number, statement.stage, statement.step
        ),
        digest=keys.content_digest(compared),
        content=content,
        movement_key=movement_key,
        facts=_facts(statement),
        is_unconverted=statement.quantity is not None and harmonised.mass_g is None,
        sealable=apart,
    )


def withdrawn(statement_key: bytes, movement_key: bytes, facts: Facts, keys: Keys) -> Protected:
    """Return the content of a cancellation: which fact it was, without its quantity."""
    content = _encoder().encoded(
        (
            movement_key,
            (facts.line_number, facts.stage, facts.step, facts.side),
            (facts.occurred_on, None, facts.precision),
            (facts.origin_country, None, facts.destination_country, None, ()),
            (None, None, None, None, ()),
            (Hazardous.UNKNOWN, None, None),
            (None, None),
            (None, Basis.UNKNOWN, None),
            None,
            None,
            None,
            ((), None),
        )
    )
    digest = keys.content_digest(content)
    return Protected(
        statement_key,
        digest,
        content,
        movement_key,
        facts,
        is_unconverted=False,
        sealable=sealable.nothing(facts),
    )


@cache
def _encoder() -> contract.Encoder:
    require_classes(avro_leaves(contract.latest("movement")), "schema movement")
    assert tuple(name for part in _PARTS for name in part.split()) == CONTENT_FIELDS
    return contract.Encoder(contract.latest("movement"), _PARTS)


def _content(harmonised: Harmonised, movement_key: bytes, keys: Keys) -> tuple[Any, ...]:
    """Return the values of each part; members of enumerations are texts themselves."""
    statement, _, _, mass_g, basis = harmonised
    quantity = statement.quantity
    # No load weighs minus nothing.
    value = None if quantity is None else format(quantity.value, "f").removeprefix("-")
    return (
        movement_key,
        (statement.line_number, statement.stage, statement.step, statement.side),
        statement.when,
        (*statement.origin, *statement.destination, statement.transit_countries),
        (*harmonised.primary, harmonised.other_codes),
        (statement.hazardous, statement.operation_code, statement.native_operation_code),
        (mass_g, value),
        (None if quantity is None else quantity.unit, basis, statement.load_count),
        _pseudonym(statement.contributor, statement, keys),
        _pseudonym(statement.contributor_group, statement, keys),
        _pseudonym(statement.counterparty, statement, keys),
        (_related(statement.related, keys.movement_key), statement.release_at),
    )


def _facts(statement: Statement) -> Facts:
    return Facts(
        statement.line_number,
        statement.stage,
        statement.step,
        statement.side,
        statement.when.on,
        statement.when.precision,
        statement.origin.country,
        statement.destination.country,
        statement.transit_countries,
    )


def _pseudonym(company: Company | None, statement: Statement, keys: Keys) -> bytes | None:
    if company is None:
        return None
    return keys.pseudonym_of(company.scheme, company.identifier, statement.when.on.year)


@lru_cache(_RELATED_MAX)
def _related(stated: Related, key_of: Callable[[str], bytes]) -> tuple[_Related, ...]:
    """Return the links that all lines of a document may have alike, and of which it may have many."""
    return tuple(_Related(key_of(reference), relation) for reference, relation in stated)
