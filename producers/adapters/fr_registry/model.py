"""The part of a register line that is read, with the class of every leaf.

It is not the whole line: municipalities, plots of land, plates, receipts, names of sites, traders,
waste brokers, producer responsibility organisations, descriptions and products have no field
here and are never read. Cells of files are text, members of the interface may be numbers and
booleans: both are taken. What is never leaves as a keyed hash at most. Names, numbers and addresses
of parties are sealed where they are those of companies; where the type says that they are those of
a person or of households, they go nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, LiteralString, NamedTuple

from pydantic import ConfigDict, PlainValidator
from pydantic.alias_generators import to_camel

from producers.adapters.fr_registry import companies
from producers.adapters.fr_registry.columns import folded
from producers.reading import dates, waste_codes
from producers.reading.native_model import Native, refused
from producers.reading.remembered import remembered
from producers.reading.waste_codes import Low
from producers.statement import Intent
from schemas import places
from schemas.confidentiality import Confidentiality
from schemas.movement import Precision

PUBLIC = Confidentiality.PUBLIC
HUB = Confidentiality.HUB
SEALED = Confidentiality.SEALED
NEVER = Confidentiality.NEVER

ZONE = "Europe/Paris"
TONNES_MAX = 10_000

_CACHED_TEXTS = 4096
# Longer text is no day; it is not even looked at.
_DAY_CHARACTERS_MAX = 40
_DECIMALS = Decimal("0.001")
_NUMBER = re.compile(r"-?[0-9]{1,9}(?:[.,][0-9]{1,9})?", re.ASCII)
_DAY_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", re.ASCII)
_MONTHS = 12
_HOUR = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9](?:\.[0-9]{1,3})?)?", re.ASCII)
_PUBLIC_ID = re.compile(r"[A-Za-z0-9_./-]{1,36}", re.ASCII)
# Notifications, and declarations of shipments under Annex VII that leave (A7E) or enter (A7I). An I behind
# the number stands for the central system: Implementing Regulation (EU) 2025/1290, Article 15.
_SHIPMENT = re.compile(r"(?:[A-Z]{2,3}|A7[EI])[0-9]{6,10}I?", re.ASCII)
_SHIPMENT_DROPPED = re.compile(r"[\s/-]+")
_OPERATION = re.compile(r"[RD][0-9]{1,2}[A-Z]?", re.ASCII)
# Preparation for use again; it is in no annex of the directive.
_REUSE = "R0"

_REASONS: dict[str, Intent | None] = {
    "edit": Intent.EDIT,
    "modifier": Intent.EDIT,
    "cancel": Intent.CANCEL,
    "annuler": Intent.CANCEL,
    # The line is not to be processed.
    "ignorer": None,
}
_FLAGS = {"oui": True, "non": False}
_BASES = {"estime": True, "reel": False}
MODES = frozenset(
    {"REUTILISATION", "RECYCLAGE", "VALORISATION_ENERGETIQUE", "AUTRES_VALORISATIONS", "ELIMINATION"}
)


class Day(NamedTuple):
    """A day, and whether the registry, which reads the month first, takes it for another one."""

    on: date
    is_ambiguous: bool = False


class Operation(NamedTuple):
    """An operation as stated, without blanks, and cut to R1 to R13 or D1 to D15 where it is one."""

    native: str
    code: str | None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise refused("fr.field.type")


def _reason(value: Any) -> Intent | None:
    stated = folded(_text(value))
    if stated not in _REASONS:
        raise refused("fr.reason.unknown")
    return _REASONS[stated]


def _public_id(value: Any) -> str:
    stated = _text(value)
    if _PUBLIC_ID.fullmatch(stated) is None:
        raise refused("fr.id.form")
    return stated


def _siret(value: Any) -> str:
    number = companies.siret(_text(value))
    if number is None:
        raise refused("fr.siret.invalid")
    return number


def _day(value: Any) -> Day:
    stated = value.strip() if isinstance(value, str) else ""
    found = _read_day(stated) if len(stated) <= _DAY_CHARACTERS_MAX else None
    if found is None:
        raise refused("fr.date.invalid")
    return found


@lru_cache(_CACHED_TEXTS)
def _read_day(stated: str) -> Day | None:
    """Return a day as written; an instant, as interfaces write days, is that day in France."""
    text, is_ambiguous = stated, False
    if match := _DAY_FIRST.fullmatch(text):
        day, month, year = match.groups()
        text = f"{year}-{month:0>2}-{day:0>2}"
        is_ambiguous = int(day) <= _MONTHS and int(day) != int(month)
    when = dates.when(text, ZONE)
    return Day(when.on, is_ambiguous) if when is not None and when.precision is not Precision.MONTH else None


def _hour(value: Any) -> time:
    match = _HOUR.fullmatch(_text(value))
    if match is None:
        raise refused("fr.hour.invalid")
    return time(int(match[1]), int(match[2]))


def _amount(value: Any) -> Decimal:
    """Return a weight or volume, with a decimal comma or point."""
    amount = _number(value)
    if not 0 < amount <= TONNES_MAX:
        raise refused("fr.amount.range")
    if amount != amount.quantize(_DECIMALS):
        raise refused("fr.amount.decimals")
    return amount


def _number(value: Any) -> Decimal:
    if isinstance(value, str):
        # Spreadsheets set thousands apart by blanks.
        stated = "".join(value.split())
        if _NUMBER.fullmatch(stated):
            return Decimal(stated.replace(",", "."))
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    raise refused("fr.amount.number")


def _choice(rule: LiteralString, values: dict[str, bool]) -> Callable[[Any], bool]:
    def chosen(value: Any) -> bool:
        if isinstance(value, bool):
            return value
        stated = folded(value) if isinstance(value, str) else None
        if stated not in values:
            raise refused(rule)
        return values[stated]

    return chosen


def _kind(value: Any) -> str:
    stated = _text(value).upper()
    if stated not in companies.KINDS:
        raise refused("fr.company.type")
    return stated


def _country(value: Any) -> str:
    found = places.country(_text(value))
    if found is None:
        raise refused("fr.country.unknown")
    return found


def _low(value: Any) -> Low:
    found = waste_codes.low(_text(value))
    if found is None:
        raise refused("fr.ewc.form")
    return found


def _list(value: Any) -> tuple[str, ...]:
    """Return the texts of a list, in a cell separated by commas."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise refused("fr.field.type")
    return tuple(text for item in items if (text := item.strip()))


def _shipment(value: Any) -> str:
    number = _SHIPMENT_DROPPED.sub("", _text(value)).upper()
    if _SHIPMENT.fullmatch(number) is None:
        raise refused("fr.shipment.form")
    return number


def _operation(value: Any) -> Operation:
    found = _read_operation(_text(value))
    if found is None:
        raise refused("fr.operation.unknown")
    return found


@remembered(_CACHED_TEXTS)
def _read_operation(stated: str) -> Operation | None:
    native = "".join(stated.split()).upper()
    code = waste_codes.operation(native)
    is_known = _OPERATION.fullmatch(native) is not None and (code is not None or native == _REUSE)
    return Operation(native, code) if is_known else None


def _mode(value: Any) -> str:
    stated = folded(_text(value)).replace(" ", "_").upper()
    if stated not in MODES:
        raise refused("fr.mode.unknown")
    return stated


_Text = Annotated[str | None, PlainValidator(_text)]
_Day = Annotated[Day | None, PlainValidator(_day)]
_Amount = Annotated[Decimal | None, PlainValidator(_amount)]
_Flag = Annotated[bool | None, PlainValidator(_choice("fr.flag.unknown", _FLAGS))]
_Kind = Annotated[str | None, PlainValidator(_kind)]
_Country = Annotated[str | None, PlainValidator(_country)]
_Shipment = Annotated[str | None, PlainValidator(_shipment)]
_Said = str | None
_Operation = Annotated[Operation | None, PlainValidator(_operation)]


class _Native(Native):
    model_config = ConfigDict(alias_generator=to_camel)


class Key(_Native):
    """Which line of whose register it is, and what is wanted of it; None: it is to be left alone."""

    public_id: Annotated[str, PlainValidator(_public_id), SEALED]
    report_for_company_siret: Annotated[str, PlainValidator(_siret), SEALED]
    reason: Annotated[Intent | None, PlainValidator(_reason), PUBLIC] = Intent.CREATE


class Line(_Native):
    """What a line of any register says; which members a register needs stands in its table."""

    reception_date: Annotated[_Day, PUBLIC] = None
    weighing_hour: Annotated[time | None, PlainValidator(_hour), HUB] = None
    dispatch_date: Annotated[_Day, PUBLIC] = None
    collection_date: Annotated[_Day, PUBLIC] = None
    unloading_date: Annotated[_Day, PUBLIC] = None
    managing_start_date: Annotated[_Day, PUBLIC] = None
    managing_end_date: Annotated[_Day, PUBLIC] = None
    use_date: Annotated[_Day, PUBLIC] = None
    processing_date: Annotated[_Day, PUBLIC] = None
    processing_end_date: Annotated[_Day, PUBLIC] = None

    weight_value: Annotated[_Amount, HUB] = None
    weight_is_estimate: Annotated[bool | None, PlainValidator(_choice("fr.weight.type", _BASES)), HUB] = None
    volume: Annotated[_Amount, HUB] = None

    waste_code: Annotated[Low | None, PlainValidator(_low), PUBLIC] = None
    waste_code_bale: Annotated[_Text, PUBLIC] = None
    secondary_waste_codes: Annotated[tuple[str, ...], PlainValidator(_list), PUBLIC] = ()
    waste_pop: Annotated[_Flag, PUBLIC] = None
    waste_is_dangerous: Annotated[_Flag, PUBLIC] = None
    report_for_transport_is_waste: Annotated[_Flag, PUBLIC] = None

    operation_code: Annotated[_Operation, PUBLIC] = None
    operation_mode: Annotated[str | None, PlainValidator(_mode), PUBLIC] = None
    next_operation_code: Annotated[_Operation, PUBLIC] = None
    no_traceability: Annotated[_Flag, PUBLIC] = None

    ttd_import_number: Annotated[_Shipment, SEALED] = None
    gistrid_number: Annotated[_Shipment, SEALED] = None
    movement_number: Annotated[_Text, SEALED] = None

    report_for_company_postal_code: Annotated[_Text, HUB] = None
    report_for_pickup_site_postal_code: Annotated[_Text, HUB] = None
    report_for_pickup_site_country_code: Annotated[_Country, PUBLIC] = None
    emitter_company_type: Annotated[_Kind, NEVER] = None
    # The name, where it is a person's.
    emitter_company_org_id: Annotated[_Text, SEALED] = None
    emitter_company_postal_code: Annotated[_Text, HUB] = None
    emitter_company_country_code: Annotated[_Country, PUBLIC] = None
    emitter_pickup_site_postal_code: Annotated[_Text, HUB] = None
    emitter_pickup_site_country_code: Annotated[_Country, PUBLIC] = None
    destination_company_type: Annotated[_Kind, NEVER] = None
    destination_company_org_id: Annotated[_Text, SEALED] = None
    destination_company_postal_code: Annotated[_Text, HUB] = None
    destination_company_country_code: Annotated[_Country, PUBLIC] = None
    destination_drop_site_postal_code: Annotated[_Text, HUB] = None
    destination_drop_site_country_code: Annotated[_Country, PUBLIC] = None

    def day(self, member: str) -> Day | None:
        """Return the day that a member holds."""
        found: Day | None = getattr(self, _NAMES[member])
        return found


class Parties(_Native):
    """Who the parties of a line are, and where, as recipients of sealed parts know them: see `parties`.

    Its members are looked up by their names, and nothing that stands in them is ever wrong: what is no text
    is not there.
    """

    report_for_pickup_site_address: Annotated[_Said, SEALED] = None
    report_for_pickup_site_city: Annotated[_Said, SEALED] = None
    initial_emitter_company_type: Annotated[_Said, NEVER] = None
    initial_emitter_company_org_id: Annotated[_Said, SEALED] = None
    initial_emitter_company_name: Annotated[_Said, SEALED] = None
    initial_emitter_company_address: Annotated[_Said, SEALED] = None
    initial_emitter_company_postal_code: Annotated[_Said, SEALED] = None
    initial_emitter_company_city: Annotated[_Said, SEALED] = None
    initial_emitter_company_country_code: Annotated[_Said, SEALED] = None
    emitter_company_name: Annotated[_Said, SEALED] = None
    emitter_company_address: Annotated[_Said, SEALED] = None
    emitter_company_city: Annotated[_Said, SEALED] = None
    emitter_pickup_site_address: Annotated[_Said, SEALED] = None
    emitter_pickup_site_city: Annotated[_Said, SEALED] = None
    transporter1_company_type: Annotated[_Said, NEVER] = None
    transporter1_company_org_id: Annotated[_Said, SEALED] = None
    transporter1_company_name: Annotated[_Said, SEALED] = None
    transporter1_company_address: Annotated[_Said, SEALED] = None
    transporter1_company_postal_code: Annotated[_Said, SEALED] = None
    transporter1_company_city: Annotated[_Said, SEALED] = None
    transporter1_company_country_code: Annotated[_Said, SEALED] = None
    transporter2_company_type: Annotated[_Said, NEVER] = None
    transporter2_company_org_id: Annotated[_Said, SEALED] = None
    transporter2_company_name: Annotated[_Said, SEALED] = None
    transporter2_company_address: Annotated[_Said, SEALED] = None
    transporter2_company_postal_code: Annotated[_Said, SEALED] = None
    transporter2_company_city: Annotated[_Said, SEALED] = None
    transporter2_company_country_code: Annotated[_Said, SEALED] = None
    transporter3_company_type: Annotated[_Said, NEVER] = None
    transporter3_company_org_id: Annotated[_Said, SEALED] = None
    transporter3_company_name: Annotated[_Said, SEALED] = None
    transporter3_company_address: Annotated[_Said, SEALED] = None
    transporter3_company_postal_code: Annotated[_Said, SEALED] = None
    transporter3_company_city: Annotated[_Said, SEALED] = None
    transporter3_company_country_code: Annotated[_Said, SEALED] = None
    transporter4_company_type: Annotated[_Said, NEVER] = None
    transporter4_company_org_id: Annotated[_Said, SEALED] = None
    transporter4_company_name: Annotated[_Said, SEALED] = None
    transporter4_company_address: Annotated[_Said, SEALED] = None
    transporter4_company_postal_code: Annotated[_Said, SEALED] = None
    transporter4_company_city: Annotated[_Said, SEALED] = None
    transporter4_company_country_code: Annotated[_Said, SEALED] = None
    transporter5_company_type: Annotated[_Said, NEVER] = None
    transporter5_company_org_id: Annotated[_Said, SEALED] = None
    transporter5_company_name: Annotated[_Said, SEALED] = None
    transporter5_company_address: Annotated[_Said, SEALED] = None
    transporter5_company_postal_code: Annotated[_Said, SEALED] = None
    transporter5_company_city: Annotated[_Said, SEALED] = None
    transporter5_company_country_code: Annotated[_Said, SEALED] = None
    destination_company_name: Annotated[_Said, SEALED] = None
    destination_company_address: Annotated[_Said, SEALED] = None
    destination_company_city: Annotated[_Said, SEALED] = None
    destination_drop_site_address: Annotated[_Said, SEALED] = None
    destination_drop_site_city: Annotated[_Said, SEALED] = None


_NAMES = {field.alias: name for name, field in Line.model_fields.items()}
MEMBERS = frozenset(
    field.alias or name for model in (Key, Line) for name, field in model.model_fields.items()
)
