"""The movement event as Python sees it: the same contract as `avro/movement`.

One event is one statement of one agency about one line of one movement at one step of
one stage. `MovementContent` says the fact, `Movement` adds the envelope that says which
statement of the fact it is. Avro writes fields one after another, so the bytes of an
event are the bytes of its envelope followed by those of its content: the content is
encoded once, its digest tells whether anything changed and names the event.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Bytes16 = Annotated[bytes, Field(min_length=16, max_length=16)]
CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]

UNKNOWN_COUNTRY = "ZZ"
# Beyond these days a date is a mistake; before them no national system kept such records.
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2099, 12, 31)
# Together a decimal of 38 digits, which is what hubs compute with.
WHOLE_DIGITS_MAX, DECIMALS_MAX = 16, 22
QUANTITY = rf"^-?[0-9]{{1,{WHOLE_DIGITS_MAX}}}(\.[0-9]{{1,{DECIMALS_MAX}}})?$"


class _Word(StrEnum):
    """A word of a closed list; members are hashed often, as texts are."""

    __hash__ = str.__hash__


class Stage(_Word):
    """How far a movement is; quantities of different stages are never added."""

    NOTIFIED = "NOTIFIED"
    ANNOUNCED = "ANNOUNCED"
    DISPATCHED = "DISPATCHED"
    TRANSFERRED = "TRANSFERRED"
    BORDER_CROSSED = "BORDER_CROSSED"
    RECEIVED = "RECEIVED"
    REFUSED = "REFUSED"
    STOPPED = "STOPPED"
    REPATRIATED = "REPATRIATED"
    TREATED = "TREATED"
    END_OF_WASTE = "END_OF_WASTE"


class Change(_Word):
    """What a statement does to earlier ones of the same fact."""

    REPORTED = "REPORTED"
    CORRECTED = "CORRECTED"
    CANCELLED = "CANCELLED"


class Side(_Word):
    """From whose books a statement comes."""

    ORIGIN = "ORIGIN"
    DESTINATION = "DESTINATION"
    TRANSIT = "TRANSIT"
    DOMESTIC = "DOMESTIC"


class Precision(_Word):
    """How exactly the date of a fact is known."""

    MINUTE = "MINUTE"
    DAY = "DAY"
    MONTH = "MONTH"


class Hazardous(_Word):
    """Whether the waste is hazardous by the law of the reporting agency."""

    YES = "YES"
    NO = "NO"
    UNKNOWN = "UNKNOWN"


class Basis(_Word):
    """Where a mass comes from; CONVERTED means volume times density."""

    WEIGHED = "WEIGHED"
    ESTIMATED = "ESTIMATED"
    CONVERTED = "CONVERTED"
    UNKNOWN = "UNKNOWN"


class Relation(_Word):
    """How a movement continues, replaces or returns another one."""

    REPLACES = "REPLACES"
    REPLACED_BY = "REPLACED_BY"
    RESIDUE_OF = "RESIDUE_OF"
    RETURN_OF = "RETURN_OF"
    ONWARD_OF = "ONWARD_OF"


class _Model(BaseModel):
    """Frozen, no unknown fields, no input in messages."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class OtherCode(_Model):
    """A waste code of a scheme that has no field of its own."""

    scheme: str
    code: str


class Related(_Model):
    """A movement that this one continues, replaces or returns."""

    movement_key: Bytes16
    relation: Relation


class MovementContent(_Model):
    """The fact; field meanings stand in the Avro schema."""

    movement_key: Bytes16
    line_number: Annotated[int, Field(ge=0)]
    stage: Stage
    step: Annotated[int, Field(ge=0)]
    side: Side
    occurred_on: date
    occurred_at: datetime | None = None
    precision: Precision
    origin_country: CountryCode
    origin_region: str | None = None
    destination_country: CountryCode
    destination_region: str | None = None
    transit_countries: tuple[CountryCode, ...] = ()
    low_code: str | None = None
    basel_code: str | None = None
    oecd_code: str | None = None
    hs_code: str | None = None
    other_codes: tuple[OtherCode, ...] = ()
    hazardous: Hazardous
    operation_code: str | None = None
    native_operation_code: str | None = None
    mass_g: Annotated[int, Field(ge=0)] | None = None
    quantity: Annotated[str, Field(pattern=QUANTITY)] | None = None
    unit: str | None = None
    basis: Basis
    load_count: int | None = None
    contributor: Bytes16 | None = None
    contributor_group: Bytes16 | None = None
    counterparty: Bytes16 | None = None
    related: tuple[Related, ...] = ()
    release_at: datetime | None = None


class Movement(MovementContent):
    """One event on the topic: envelope and content."""

    event_id: Bytes16
    statement_key: Bytes16
    revision: Annotated[int, Field(ge=0)]
    edition: Annotated[int, Field(ge=0)]
    change: Change
    agency: str
    recorded_at: datetime
    source_format: str
    adapter_version: str
    codelist_version: str


CONTENT_FIELDS = tuple(MovementContent.model_fields)
ENVELOPE_FIELDS = tuple(name for name in Movement.model_fields if name not in CONTENT_FIELDS)
