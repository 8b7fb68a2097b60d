"""Protection: from a statement in clear to content that may travel.

Only what is named here gets out. Public and hub values pass, identities become keyed
hashes, values of class sealed and never are dropped. `Protected` is the only thing that
publication accepts, and this module the only one that makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from producers.harmonise import Harmonised
from producers.statement import Company, Statement
from schemas import contract
from schemas.confidentiality import avro_leaves, require_classes
from schemas.identity import Keys
from schemas.movement import CONTENT_FIELDS


class Protected(NamedTuple):
    """The content of one event, encoded.

    Attributes:
        statement_key: Identity of the fact.
        digest: Keyed digest of the content: equal where nothing changed.
        content: Avro bytes of the content fields.
        facts: The wire values that a later cancellation has to repeat.
        is_unconverted: True where a quantity is stated and no mass follows from it.
    """

    statement_key: bytes
    digest: bytes
    content: bytes
    facts: Mapping[str, Any]
    is_unconverted: bool


class _Related(NamedTuple):
    movement_key: bytes
    relation: str


# Parts of the content, and whether they repeat: a line is stated at several stages with one quantity,
# a company and a route on many days.
_PARTS = {
    "movement_key": True,
    "line_number stage step side": True,
    "occurred_on occurred_at precision": True,
    "origin_country origin_region destination_country destination_region transit_countries": True,
    "low_code basel_code oecd_code hs_code other_codes hazardous operation_code native_operation_code": True,
    "mass_g quantity": True,
    "unit basis load_count": True,
    "contributor": True,
    "contributor_group": True,
    "counterparty": True,
    "related release_at": True,
}
FACT_FIELDS = (
    "movement_key",
    "line_number",
    "stage",
    "step",
    "side",
    "occurred_on",
    "precision",
    "origin_country",
    "destination_country",
)


def protect(harmonised: Harmonised, document_id: str, keys: Keys) -> Protected:
    """Return what may travel of a statement.

    Raises:
        KeyError: There is no pseudonym key for the year of the fact.
    """
    statement = harmonised.statement
    values = _content(harmonised, keys)
    content = encoded_content(values)
    return Protected(
        statement_key=keys.statement_key(
            document_id, statement.movement_reference, statement.line_number, statement.stage, statement.step
        ),
        digest=keys.content_digest(content),
        content=content,
        facts={name: values[name] for name in FACT_FIELDS},
        is_unconverted=statement.quantity is not None and harmonised.mass_g is None,
    )


def withdrawn(statement_key: bytes, facts: Mapping[str, Any], keys: Keys) -> Protected:
    """Return the content of a cancellation: which fact it was, without its quantity."""
    values = dict.fromkeys(CONTENT_FIELDS) | {
        "transit_countries": (),
        "other_codes": (),
        "related": (),
        "hazardous": "UNKNOWN",
        "basis": "UNKNOWN",
        **facts,
    }
    content = encoded_content(values)
    return Protected(statement_key, keys.content_digest(content), content, facts, is_unconverted=False)


def encoded_content(values: Mapping[str, Any]) -> bytes:
    """Return the Avro bytes of the content fields."""
    return _encoder().encoded(values)


@cache
def _encoder() -> contract.Encoder:
    require_classes(avro_leaves(contract.latest("movement")), "schema movement")
    assert tuple(name for part in _PARTS for name in part.split()) == CONTENT_FIELDS
    return contract.Encoder(contract.latest("movement"), _PARTS)


def _content(harmonised: Harmonised, keys: Keys) -> dict[str, Any]:
    statement = harmonised.statement
    quantity = statement.quantity
    return {
        "movement_key": keys.movement_key(statement.movement_reference),
        "line_number": statement.line_number,
        # Members of enumerations are texts themselves.
        "stage": statement.stage,
        "step": statement.step,
        "side": statement.side,
        "occurred_on": statement.when.on,
        "occurred_at": statement.when.at,
        "precision": statement.when.precision,
        "origin_country": statement.origin.country,
        "origin_region": statement.origin.region,
        "destination_country": statement.destination.country,
        "destination_region": statement.destination.region,
        "transit_countries": statement.transit_countries,
        **dict.fromkeys(("low_code", "basel_code", "oecd_code", "hs_code")),
        **harmonised.primary,
        "other_codes": harmonised.other_codes,
        "hazardous": statement.hazardous,
        "operation_code": statement.operation_code,
        "native_operation_code": statement.native_operation_code,
        "mass_g": harmonised.mass_g,
        # No load weighs minus nothing.
        "quantity": None if quantity is None else format(quantity.value, "f").removeprefix("-"),
        "unit": None if quantity is None else quantity.unit,
        "basis": harmonised.basis,
        "load_count": statement.load_count,
        "contributor": _pseudonym(statement.contributor, statement, keys),
        "contributor_group": _pseudonym(statement.contributor_group, statement, keys),
        "counterparty": _pseudonym(statement.counterparty, statement, keys),
        "related": tuple(
            _Related(keys.movement_key(reference), relation) for reference, relation in statement.related
        ),
        "release_at": statement.release_at,
    }


def _pseudonym(company: Company | None, statement: Statement, keys: Keys) -> bytes | None:
    if company is None:
        return None
    return keys.pseudonym_of(company.scheme, company.identifier, statement.when.on.year)
