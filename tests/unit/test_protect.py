"""Protection: identities leave as keyed hashes, classified values as they are, everything else not."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.harmonise import harmonise
from producers.positions import Facts
from producers.protect import Protected, protect, withdrawn
from producers.statement import Company, Quantity, Statement, When
from schemas import contract
from schemas.identity import DEMONSTRATION_KEYS as KEYS
from schemas.movement import CONTENT_FIELDS, Basis, Relation
from tests.support.statements import statement


def protected(stated: Statement, document_id: str = "native-document") -> Protected:
    """Return what travels of a statement."""
    harmonised, _ = harmonise(stated, "$")
    return protect(harmonised, document_id, KEYS)


def content(item: Protected) -> dict[str, Any]:
    """Return the fields of encoded content."""
    schema = contract.latest("movement")
    fields = [field for field in schema["fields"] if field["name"] in CONTENT_FIELDS]
    parsed = fastavro.parse_schema(schema | {"name": "Content", "fields": fields})
    found: Any = fastavro.schemaless_reader(io.BytesIO(item.content), parsed, None)
    return dict(found)


def test_no_identifier_is_in_what_travels() -> None:
    """References, documents and companies are hashes; no text of any of them is in the bytes."""
    stated = statement(
        contributor_group=Company("TEST", "native-group"),
        counterparty=Company("TEST", "native-counterparty"),
        related=(("XX:native-other", Relation.REPLACES),),
    )
    item = protected(stated)
    found = content(item)

    assert b"native" not in item.content + item.statement_key + repr(item.facts).encode()
    assert KEYS.movement_key("XX:native-reference") == found["movement_key"]
    assert KEYS.pseudonym_of("TEST", "native-company", 2026) == found["contributor"]
    assert KEYS.movement_key("XX:native-other") == found["related"][0]["movement_key"]
    assert None not in (found["contributor_group"], found["counterparty"])


def test_values_travel_as_stated_and_derived() -> None:
    """Codes, places, dates and quantity are those of the statement; the mass is derived."""
    found = content(protected(statement()))
    names = ("occurred_on", "origin_country", "destination_country", "low_code", "quantity", "unit", "mass_g")

    assert [date(2026, 3, 1), "GB", "FR", "150102", "12.5", "TNE", 12_500_000] == [
        found[name] for name in names
    ]


@given(st.decimals(min_value=0, max_value=10**6, allow_nan=False, allow_infinity=False))
def test_a_quantity_travels_exactly(value: Decimal) -> None:
    """The decimal text that travels is the number that was stated, without exponent."""
    found = content(protected(statement(quantity=Quantity(value, "TNE", Basis.WEIGHED))))

    assert Decimal(found["quantity"]) == value
    assert "E" not in found["quantity"]


def test_the_digest_tells_content_and_nothing_else() -> None:
    """Equal content has an equal digest whatever document states it; any change gives another."""
    first = protected(statement())

    assert first.digest == protected(statement(), "other-document").digest
    assert first.digest != protected(statement(load_count=2)).digest
    assert first.statement_key != protected(statement(), "other-document").statement_key
    assert first.statement_key == protected(statement(load_count=2)).statement_key


def test_a_withdrawn_statement_keeps_which_fact_it_was() -> None:
    """A cancellation repeats the facts and holds neither quantity, nor code, nor company."""
    item = protected(statement())
    found = content(withdrawn(item.statement_key, item.movement_key, item.facts, KEYS))

    names = ("movement_key", *Facts._fields)
    assert {name: content(item)[name] for name in names} == {name: found[name] for name in names}
    assert {found[name] for name in ("mass_g", "quantity", "low_code", "contributor", "counterparty")} == {
        None
    }


def test_a_year_without_a_key_is_no_pseudonym() -> None:
    """Without a key for the year of the fact nothing is protected: encrypt or fail."""
    with pytest.raises(KeyError):
        protected(statement(when=When(date(2500, 1, 1))))


def test_an_unconverted_quantity_is_told() -> None:
    """A quantity without a mass is marked, one with a mass and none at all are not."""
    litres = Quantity(Decimal(1), "LTR", Basis.WEIGHED)

    assert protected(statement(quantity=litres)).is_unconverted
    assert not protected(statement(quantity=None)).is_unconverted
    assert not protected(statement()).is_unconverted
