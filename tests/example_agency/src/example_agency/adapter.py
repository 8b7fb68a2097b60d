"""Weighing tickets of an invented agency: JSON, one ticket a document.

A ticket is `{"ticket", "version", "weighed_at", "site", "waste", "kilograms", "driver"}`. It
says that a site received a load; the driver's name is none of anybody's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, BinaryIO, ClassVar

from pydantic import BaseModel, Field, PlainValidator, ValidationError

from producers.reading import dates, json_readings, waste_codes
from producers.reading.file_rules import FILE_RULES, FILE_RULES_BY_ID
from producers.reading.native_model import Native, model_findings, refused
from producers.statement import Company, Identity, Place, Quantity, Reading, Statement
from schemas.confidentiality import Confidentiality
from schemas.findings import Finding, Rule, Severity
from schemas.movement import Basis, Side, Stage

_ZONE = "Europe/Vienna"
_OURS = "Example agency, ticket format 1"
RULES = (
    Rule("example.missing", Severity.ERROR, "fill in every member of the ticket", _OURS),
    Rule("example.form", Severity.ERROR, "write the member as the ticket format says", _OURS),
    Rule("example.date", Severity.ERROR, "write the instant with its zone: 2026-03-02T08:15:00+01:00", _OURS),
    Rule("example.waste", Severity.ERROR, "write the six digits of a List of Waste code", _OURS),
)
_RULES = {rule.id: rule for rule in RULES}


def _weighed(value: Any) -> datetime:
    at = dates.instant(value)
    if at is None:
        raise refused("example.date")
    return at


def _waste(value: Any) -> waste_codes.Low:
    code = waste_codes.low(value) if isinstance(value, str) else None
    if code is None:
        raise refused("example.waste")
    return code


class Ticket(Native):
    """A ticket; the driver has no field, so nobody ever reads the name."""

    ticket: Annotated[str, Field(pattern=r"^[A-Z0-9-]{1,20}$"), Confidentiality.SEALED]
    version: Annotated[int, Field(ge=1, le=999), Confidentiality.PUBLIC]
    weighed_at: Annotated[datetime, PlainValidator(_weighed), Confidentiality.HUB]
    site: Annotated[str, Field(pattern=r"^[0-9]{6}$"), Confidentiality.SEALED]
    waste: Annotated[waste_codes.Low, PlainValidator(_waste), Confidentiality.PUBLIC]
    kilograms: Annotated[Decimal, Field(gt=0, lt=100_000, max_digits=12), Confidentiality.HUB]


class ExampleWeighings:
    """The adapter; see `producers.adapter.Adapter`."""

    name: ClassVar[str] = "example-weighings"
    source_format: ClassVar[str] = "example-weighings/1"
    version: str = "1"
    default_agency: str = "AT-EXAMPLE"
    settings: ClassVar[Mapping[str, str]] = {}
    native_models: ClassVar[tuple[type[BaseModel], ...]] = (Ticket,)
    rules: ClassVar[tuple[Rule, ...]] = (*FILE_RULES, *RULES)
    has_complete_sets: ClassVar[bool] = False

    def __init__(self, values: Mapping[str, str]) -> None:
        """Take no settings."""

    def read(self, stream: BinaryIO) -> Iterator[Reading]:
        """Return one reading for each ticket."""
        return json_readings.readings(stream, _reading)


def parse(native: Any, path: str) -> tuple[Ticket | None, tuple[Finding, ...]]:
    """Return the ticket, or everything that is wrong with it."""
    try:
        return Ticket.model_validate(native), ()
    except ValidationError as error:
        return None, model_findings(error, path, _RULES, missing="example.missing", other="example.form")


def identify(ticket: Ticket) -> Identity:
    """Return which version of which ticket it is."""
    return Identity(ticket.ticket, ticket.version, ticket.weighed_at)


def statements(ticket: Ticket) -> tuple[Statement, ...]:
    """Return the one fact of a ticket."""
    when = dates.when(ticket.weighed_at.isoformat(), _ZONE)
    assert when is not None
    fact = Statement(
        line_number=0,
        stage=Stage.RECEIVED,
        side=Side.DOMESTIC,
        when=when,
        movement_reference=f"AT-EXAMPLE:{ticket.ticket}",
        origin=Place("AT"),
        destination=Place("AT"),
        codes=(ticket.waste.code,),
        hazardous=ticket.waste.hazardous,
        quantity=Quantity(ticket.kilograms, "KGM", Basis.WEIGHED),
        contributor=Company("AT-EXAMPLE-SITE", ticket.site),
    )
    return (fact,)


def _reading(native: Any, path: str) -> Reading:
    if not isinstance(native, dict):
        return Reading(path, findings=(FILE_RULES_BY_ID["layout.unknown"].at(path),))
    ticket, findings = parse(native, path)
    if ticket is None:
        return Reading(path, findings=findings)
    return Reading(path, identify(ticket), statements(ticket))
