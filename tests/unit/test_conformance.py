"""The conformance suite finds what is wrong with an adapter, and holds ours to the same."""

from __future__ import annotations

import io
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, BinaryIO, ClassVar

import pytest
from pydantic import BaseModel

from producers.adapter import Adapter
from producers.conformance import behaviours, suite
from producers.conformance.subject import Sample, Subject, samples_in, summary
from producers.reading.scrub import scrubbed
from producers.statement import (
    Company,
    Identity,
    Party,
    Place,
    Quantity,
    Reading,
    Sealed,
    Statement,
    WasteCode,
    When,
)
from schemas.confidentiality import Confidentiality
from schemas.errors import ConfigurationError
from schemas.findings import Finding, Rule, Severity
from schemas.movement import Basis, Side, Stage
from schemas.sealed import PartyRole

START = datetime(2026, 1, 1, tzinfo=UTC)
UNREADABLE = Rule("plain.unreadable", Severity.ERROR, "write id, version and tonnes", "the test")
NEXT = itertools.count()


class Load(BaseModel):
    """A native document."""

    id: Annotated[str, Confidentiality.NEVER]


class Carrier(BaseModel):
    """A native document whose member `driver` is a company."""

    id: Annotated[str, Confidentiality.SEALED]
    driver: Annotated[str, Confidentiality.SEALED]


class Bare(BaseModel):
    """A native document of which nobody has decided who may see it."""

    id: str


class Plain:
    """An adapter that behaves; a document is `{"id", "version", "tonnes", "driver"}`."""

    name: ClassVar[str] = "plain"
    source_format: ClassVar[str] = "plain/1"
    version: str = "1"
    default_agency: str = "XX-TEST"
    settings: ClassVar[Mapping[str, str]] = {}
    native_models: ClassVar[tuple[type[BaseModel], ...]] = (Load,)
    rules: ClassVar[tuple[Rule, ...]] = (UNREADABLE,)
    has_complete_sets: ClassVar[bool] = False

    def __init__(self, values: Mapping[str, str]) -> None:
        """Take no settings."""

    def read(self, stream: BinaryIO) -> Iterator[Reading]:
        """Yield the reading of the one document of a file."""
        data = stream.read()
        try:
            native = json.loads(data, parse_float=Decimal)
            identifier, version, tonnes = (str(native[name])[:9] for name in ("id", "version", "tonnes"))
            known = (identifier, int(version), Decimal(tonnes))
        except Exception:  # noqa: BLE001  # whatever is wrong with it is one finding
            yield Reading("$", findings=(UNREADABLE.at("$"),))
            return
        yield self.reading(*known, native)

    def reading(self, identifier: str, version: int, tonnes: Decimal, native: Any) -> Reading:
        """Return what a document says."""
        version = abs(version)
        identity = Identity(identifier, version, START + timedelta(seconds=version))
        return Reading("$", identity, (self.statement(identifier, tonnes, native),))

    def statement(self, identifier: str, tonnes: Decimal, native: Any) -> Statement:  # noqa: ARG002  # for others
        """Return the one fact of a document."""
        return Statement(
            line_number=0,
            stage=Stage.RECEIVED,
            side=Side.DOMESTIC,
            when=When(date(2026, 1, 1)),
            movement_reference=f"XX:{identifier}",
            origin=Place("GB"),
            destination=Place("GB"),
            quantity=Quantity(tonnes, "TNE", Basis.WEIGHED),
            contributor=Company("TEST", identifier),
        )


class Unclassified(Plain):
    """Nobody decided who may see its documents."""

    native_models: ClassVar[tuple[type[BaseModel], ...]] = (Bare,)


class Moody(Plain):
    """Says something else each time."""

    def statement(self, identifier: str, tonnes: Decimal, native: Any) -> Statement:
        """Return a fact with a number of its own."""
        return super().statement(identifier, tonnes, native)._replace(load_count=next(NEXT))


class Restless(Plain):
    """Takes each reading for a new document."""

    def reading(self, identifier: str, version: int, tonnes: Decimal, native: Any) -> Reading:
        """Return a reading under an identity of its own."""
        return super().reading(f"{identifier}{next(NEXT)}", version, tonnes, native)


class Unordered(Plain):
    """Knows no order of versions: the last that is read wins."""

    def reading(self, identifier: str, version: int, tonnes: Decimal, native: Any) -> Reading:
        """Return a reading whose revision is always the same."""
        return super().reading(identifier, version * 0 + 1, tonnes, native)


class Mute(Plain):
    """Refuses without a rule of its table."""

    rules: ClassVar[tuple[Rule, ...]] = ()

    def read(self, stream: BinaryIO) -> Iterator[Reading]:
        """Yield a refusal."""
        stream.read()
        yield Reading("$", findings=(Finding("$", "made.up", Severity.ERROR, "guess"),))


class Talkative(Plain):
    """Lets what a person wrote travel as a code."""

    def statement(self, identifier: str, tonnes: Decimal, native: Any) -> Statement:
        """Return a fact with the driver's name among its codes, written as codes are."""
        name = re.sub(r"[^A-Z0-9]+", "-", str(native.get("driver")).upper())
        code = WasteCode("XX-NOTE", name[:32])
        return super().statement(identifier, tonnes, native)._replace(codes=(code,))


class Indiscreet(Plain):
    """Seals the driver's name, of a field that no model has."""

    def statement(self, identifier: str, tonnes: Decimal, native: Any) -> Statement:
        """Return a fact with the driver for its carrier."""
        carrier = Party(PartyRole.CARRIER, name=str(native.get("driver")))
        sealed = Sealed(identifier, (carrier,))
        return super().statement(identifier, tonnes, native)._replace(sealed=sealed)


class Careless(Indiscreet):
    """Seals a field of class sealed with whatever else people wrote into it."""

    native_models: ClassVar[tuple[type[BaseModel], ...]] = (Carrier,)


class Discreet(Careless):
    """Seals the same field without it."""

    def statement(self, identifier: str, tonnes: Decimal, native: Any) -> Statement:
        """Return a fact with a carrier."""
        return super().statement(identifier, tonnes, {"driver": scrubbed(str(native.get("driver")))})


class Fragile(Plain):
    """Raises for what it does not expect."""

    def read(self, stream: BinaryIO) -> Iterator[Reading]:
        """Yield the reading of sound documents only."""
        native = json.loads(stream.read())
        yield from super().read(io.BytesIO(json.dumps(native).encode()))


def subject(adapter: type[Adapter]) -> Subject:
    """Return an adapter with three versions of two documents."""
    natives = (("a", 1, 5), ("a", 2, 6), ("b", 1, 7))
    return Subject(
        adapter,
        {},
        tuple(
            Sample(
                f"{name}{version}.json",
                json.dumps({"id": name, "version": version, "tonnes": tonnes, "driver": "x"}).encode(),
                number,
            )
            for number, (name, version, tonnes) in enumerate(natives)
        ),
    )


def broken(adapter: type[Adapter]) -> set[str]:
    """Return the titles of the behaviours that an adapter does not show."""
    return {title for title, problems in suite.check(subject(adapter), mutants=200).items() if problems}


@pytest.mark.parametrize("adapter", [Plain, Discreet])
def test_an_adapter_that_behaves_has_no_problem(adapter: type[Adapter]) -> None:
    """The suite finds nothing where nothing is wrong."""
    assert broken(adapter) == set()


@pytest.mark.parametrize(
    ("adapter", "behaviour"),
    [
        (Unclassified, behaviours.every_leaf_is_classified),
        (Moody, behaviours.reading_is_deterministic),
        (Moody, behaviours.identities_are_stable),
        (Restless, behaviours.rereading_publishes_nothing),
        (Unordered, behaviours.order_does_not_matter),
        (Mute, behaviours.findings_are_explained),
        (Talkative, behaviours.no_free_text_travels),
        (Indiscreet, behaviours.nothing_of_class_never_is_sealed),
        (Careless, behaviours.nothing_of_class_never_is_sealed),
        (Fragile, behaviours.hostile_copies),
    ],
)
def test_a_misbehaving_adapter_is_found(adapter: type[Adapter], behaviour: Any) -> None:
    """Each misbehaviour breaks the behaviour that is about it."""
    assert suite.title_of(behaviour) in broken(adapter)


def test_problems_hold_no_value_of_a_document() -> None:
    """What the suite says names samples, places and rules."""
    (text,) = behaviours.no_free_text_travels(Subject(Talkative, {}, subject(Talkative).samples[:1]))

    assert text == "a1.json $: a text travels in clear"


def test_a_hostile_copy_is_found_again_by_its_seed() -> None:
    """The same seed spoils the same bytes."""
    first, second, other = (list(behaviours.hostile_copies(subject(Fragile), 50, seed)) for seed in (1, 1, 2))

    assert first == second
    assert first != other


def test_the_summary_counts_what_becomes_of_the_samples() -> None:
    """Documents, events and broken rules, with the first place of each."""
    done = summary(Subject(Plain, {}, (*subject(Plain).samples, Sample("no.json", b"{", 3))))

    assert (done.documents, done.rejected, done.events) == (4, 1, 3)
    (told,) = done.findings
    assert (told.rule, told.count, told.place) == ("plain.unreadable", 1, "no.json $")


def test_samples_that_are_none_are_refused(tmp_path: Path) -> None:
    """An empty folder proves nothing."""
    with pytest.raises(ConfigurationError, match="no sample documents"):
        samples_in([tmp_path])
