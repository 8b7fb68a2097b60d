"""The mapping: what each key of the file may say, and the class of what its column holds.

A key that names a column carries the confidentiality class of the cells in it; a column that no
key names has none, is of class never, and its cells are not even looked at. Descriptions
and examples are those of the manual, MAPPING.md, and of what is told about mistakes.
"""

from __future__ import annotations

import re
from functools import cache, partial
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    model_validator,
)

from producers.adapters.table import meaning
from producers.adapters.table.cells import folded
from producers.adapters.table.date_format import ISO, DateFormat
from producers.adapters.table.source import Source, cell, date_cell, meant, mistake, read_date_format
from schemas.confidentiality import Confidentiality
from schemas.movement import Stage
from schemas.sealed import PartyRole
from schemas.topics import AGENCY

PUBLIC = Confidentiality.PUBLIC
HUB = Confidentiality.HUB
SEALED = Confidentiality.SEALED
NEVER = Confidentiality.NEVER

# Free of the separators of the code list of a record.
_SCHEME = re.compile(r"[A-Z][A-Z0-9-]{1,31}", re.ASCII)
_PARTIES_MAX, _ADDRESS_COLUMNS_MAX = 20, 8
_STANDARD_SCHEMES = frozenset({"LOW", "BASEL", "OECD", "HS", "OPERATION"})


def _zone(stated: str) -> str:
    if stated not in _zones():
        raise mistake('no time zone: write the nearest city of its kind, such as "Europe/Brussels"')
    return stated


@cache
def _zones() -> set[str]:
    # Python walks through the files of all zones at each call.
    return available_timezones()


def _agency(stated: str) -> str:
    if re.match(AGENCY, stated) is None:
        raise mistake('no name of an agency: write country and authority, such as "BE-OVAM"')
    return stated


def _scheme(stated: str) -> str:
    if _SCHEME.fullmatch(stated) is None or stated in _STANDARD_SCHEMES:
        raise mistake(
            'no name of a scheme: write country, authority and what it numbers, such as "BE-OVAM-SITE"; '
            "LOW, BASEL, OECD and HS have keys of their own"
        )
    return stated


def _stage(raw: object) -> Stage:
    word = raw.strip().upper().replace(" ", "_") if isinstance(raw, str) else ""
    if word not in Stage.__members__:
        raise mistake(f"no stage: write one of {', '.join(stage.value.lower() for stage in Stage)}")
    return Stage(word)


def _role(raw: object) -> PartyRole:
    word = raw.strip().upper().replace(" ", "_") if isinstance(raw, str) else ""
    if word not in PartyRole.__members__:
        raise mistake(f"no role: write one of {', '.join(role.value.lower() for role in PartyRole)}")
    return PartyRole(word)


def _listed(raw: object) -> tuple[object, ...]:
    """Take one for a list of one."""
    return tuple(raw) if isinstance(raw, list | tuple) else (raw,)


def _filled(words: tuple[str, ...]) -> tuple[str, ...]:
    if not words:
        raise mistake('an empty list: write ["one", "or more"]')
    return tuple(folded(word) for word in words)


def _meant(of: meaning.Meaning) -> PlainValidator:
    return PlainValidator(partial(meant, meaning=of))


Cell = Annotated[Source, PlainValidator(cell)]
Cells = Annotated[tuple[Cell, ...], BeforeValidator(_listed), Field(min_length=1)]
DateCell = Annotated[Source, PlainValidator(date_cell)]
Words = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_filled)]
Scheme = Annotated[str, AfterValidator(_scheme)]
Country = Annotated[Source, _meant(meaning.COUNTRY)]
Region = Annotated[Source, _meant(meaning.REGION)]
Low = Annotated[Source, _meant(meaning.LOW)]
BaselOrOecd = Annotated[Source, _meant(meaning.BASEL_OR_OECD)]
Hs = Annotated[Source, _meant(meaning.HS)]
Other = Annotated[Source, _meant(meaning.OTHER)]
Operation = Annotated[Source, _meant(meaning.OPERATION)]
Hazard = Annotated[Source, _meant(meaning.HAZARDOUS)]
Unit = Annotated[Source, _meant(meaning.UNIT)]
QuantityBasis = Annotated[Source, _meant(meaning.BASIS)]
BookSide = Annotated[Source, _meant(meaning.SIDE)]


class _Section(BaseModel):
    """A section of the mapping; keys that are not listed are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, strict=True)


class TableKeys(_Section):
    """Whose table it is, and how it is written."""

    agency: Annotated[
        str,
        AfterValidator(_agency),
        Field(description="Agency that publishes: country and authority.", examples=['"BE-OVAM"']),
    ]
    zone: Annotated[
        str,
        AfterValidator(_zone),
        Field(description="Time zone of dates that are written without one.", examples=['"Europe/Brussels"']),
    ]
    format: Annotated[
        Literal["csv", "xlsx", "parquet", "json"] | None,
        Field(
            description="What every file has to be; without it each file is recognised by its content.",
            examples=['"csv"'],
        ),
    ] = None
    encoding: Annotated[
        Literal["utf-8", "windows-1252"],
        Field(description="Characters of a CSV file.", examples=['"windows-1252"']),
    ] = "utf-8"
    delimiter: Annotated[
        Literal[",", ";", "\t", "|"],
        Field(
            description='What stands between the cells of a CSV file; "\\t" is the tabulator.',
            examples=['";"'],
        ),
    ] = ","
    decimal: Annotated[
        Literal[".", ","],
        Field(description="Sign before the fraction in numbers that are written as text.", examples=['","']),
    ] = "."
    thousands: Annotated[
        Literal[".", ",", " ", "'"] | None,
        Field(
            description="Sign between groups of three digits; without it none may stand.", examples=['"."']
        ),
    ] = None
    date_format: Annotated[
        DateFormat,
        PlainValidator(read_date_format),
        Field(description="Format of dates that are written as text.", examples=['"dd/mm/yyyy"']),
    ] = ISO
    sheet: Annotated[
        str | None,
        Field(description="Sheet of a workbook; without it the first.", examples=['"Movements"']),
    ] = None
    header_row: Annotated[
        int,
        Field(ge=1, le=1000, description="Row that holds the names of the columns.", examples=["1"]),
    ] = 1
    ignore: Annotated[
        tuple[str, ...],
        BeforeValidator(_listed),
        Field(
            description="Columns that somebody looked at and decided to leave in the agency.",
            examples=['["Driver", "Remarks"]'],
        ),
    ] = ()

    @model_validator(mode="after")
    def _check_signs(self) -> TableKeys:
        if self.thousands == self.decimal:
            raise mistake("thousands and decimal are the same sign: they have to differ")
        return self


class IdentityKeys(_Section):
    """Which document a row is, and which version of it."""

    document: Annotated[
        Cells,
        SEALED,
        Field(
            description="Columns that together tell a row from every other one, now and in later files.",
            examples=['["Permit no", "Ticket"]'],
        ),
    ]
    revision: Annotated[
        Cell | None,
        PUBLIC,
        Field(
            description="Column that counts the versions of a row: the highest wins.", examples=['"Version"']
        ),
    ] = None
    recorded_at: Annotated[
        DateCell | None,
        PUBLIC,
        Field(
            description="Column that says when the system changed the row last; without `revision` the "
            "latest wins. Without both, the file that was written last wins.",
            examples=['{ column = "Changed", format = "yyyy-mm-dd hh:mm:ss" }'],
        ),
    ] = None


class CancelKeys(_Section):
    """Which rows take back what was published of them."""

    column: Annotated[Cell, NEVER, Field(description="Column that says it.", examples=['"Status"'])]
    words: Annotated[
        Words,
        NEVER,
        Field(description="What it says of a row that is cancelled.", examples=['["Cancelled", "Void"]']),
    ]


class NotificationKeys(_Section):
    """A movement under a notification."""

    number: Annotated[
        Cell, SEALED, Field(description="Column of the notification number.", examples=['"Notification"'])
    ]
    serial: Annotated[
        Cell, SEALED, Field(description="Column of the movement's number under it.", examples=['"Serial"'])
    ]


class OwnKeys(_Section):
    """A movement by the agency's own numbers, which no other agency knows."""

    prefix: Annotated[
        str,
        PUBLIC,
        AfterValidator(_scheme),
        Field(description="What keeps them apart from those of others.", examples=['"BE-OVAM"']),
    ]
    columns: Annotated[
        Cells,
        SEALED,
        Field(description="Columns that together name the movement.", examples=['["Ticket"]']),
    ]


class MovementKeys(_Section):
    """Which movement a row is about. Of several references the first that a row fills in counts."""

    notification: Annotated[
        NotificationKeys | None,
        Field(
            description="Notification number and serial number: both ends know them.",
            examples=['{ number = "Notification", serial = "Serial" }'],
        ),
    ] = None
    annex_vii: Annotated[
        Cell | None,
        SEALED,
        Field(description="Column of the Annex VII number, `GLW...`.", examples=['"Annex VII no"']),
    ] = None
    own: Annotated[
        OwnKeys | None,
        Field(
            description="The agency's own number, where there is no other.",
            examples=['{ prefix = "BE-OVAM", columns = ["Ticket"] }'],
        ),
    ] = None
    side: Annotated[
        BookSide,
        PUBLIC,
        Field(
            description="From whose books the row comes: origin, destination, transit or domestic.",
            examples=['{ value = "destination" }'],
        ),
    ]
    line: Annotated[
        Cell | None,
        PUBLIC,
        Field(
            description="Column that numbers the wastes of one movement; without it there is one.",
            examples=['"Line"'],
        ),
    ] = None

    @model_validator(mode="after")
    def _check_reference(self) -> MovementKeys:
        if self.notification is None and self.annex_vii is None and self.own is None:
            raise mistake("no reference: write notification, annex_vii or own")
        return self


class Condition(_Section):
    """Which rows a statement is about."""

    column: Annotated[Cell, NEVER, Field(description="Column that decides.", examples=['"Status"'])]
    is_: Annotated[
        Words,
        NEVER,
        Field(
            alias="is",
            description="What it says of the rows that are meant; capitals do not matter.",
            examples=['["Received", "Treated"]'],
        ),
    ]


class PlaceKeys(_Section):
    """A country and a region in it."""

    country: Annotated[
        Country,
        PUBLIC,
        Field(description="Two letters, or the country's whole name.", examples=['"Country of origin"']),
    ]
    region: Annotated[
        Region | None,
        HUB,
        Field(description="ISO 3166-2 or NUTS code.", examples=['{ value = "BE-VLG" }']),
    ] = None


class CodeKeys(_Section):
    """Waste codes."""

    low: Annotated[
        Low | None, PUBLIC, Field(description="List of Waste, six digits.", examples=['"EWC code"'])
    ] = None
    basel: Annotated[
        BaselOrOecd | None,
        PUBLIC,
        Field(description="Basel Convention; an OECD code is told by its form.", examples=['"Basel code"']),
    ] = None
    oecd: Annotated[
        BaselOrOecd | None,
        PUBLIC,
        Field(description="OECD; a Basel code is told by its form.", examples=['"OECD code"']),
    ] = None
    hs: Annotated[
        Hs | None, PUBLIC, Field(description="Customs code, 6, 8 or 10 digits.", examples=['"CN code"'])
    ] = None
    other: Annotated[
        dict[Scheme, Other],
        PUBLIC,
        Field(
            description="National codes, each under the name of its list.",
            examples=['{ "DE-LAGA" = "LAGA code" }'],
        ),
    ] = {}


class QuantityKeys(_Section):
    """How much it is."""

    column: Annotated[Cell, HUB, Field(description="Column of the figure.", examples=['"Net weight"'])]
    unit: Annotated[
        Unit,
        HUB,
        Field(
            description="UN/ECE Recommendation 20: TNE tonne, KGM kilogram, MTQ cubic metre, LTR litre.",
            examples=['{ value = "TNE" }', '{ column = "Unit", words = { t = "TNE", kg = "KGM" } }'],
        ),
    ]
    basis: Annotated[
        QuantityBasis,
        HUB,
        Field(
            description="Where the figure comes from: weighed, estimated or unknown.",
            examples=['{ value = "weighed" }'],
        ),
    ]


class CompanyKeys(_Section):
    """A company by its number in a register; it leaves the agency as a pseudonym."""

    scheme: Annotated[Scheme, PUBLIC, Field(description="Name of the register.", examples=['"BE-OVAM-SITE"'])]
    column: Annotated[Cell, SEALED, Field(description="Column of its number.", examples=['"Site no"'])]


_DATE = Field(
    description="Column of the day on which it happened. An empty cell: it has not happened.",
    examples=['"Date received"', '{ column = "Date received", format = "dd/mm/yyyy" }'],
)
_ORIGIN = Field(description="Where the waste comes from.", examples=['{ country = { value = "BE" } }'])
_DESTINATION = Field(description="Where it goes.", examples=['{ country = "Country of destination" }'])


class CommonKeys(_Section):
    """What statements say; under `[common]` it holds for every one that does not say otherwise."""

    when: Annotated[
        tuple[Condition, ...],
        BeforeValidator(_listed),
        Field(
            description="Which rows say it; of several conditions all have to hold. Without it every row.",
            examples=['{ column = "Status", is = ["Received"] }'],
        ),
    ] = ()
    date: Annotated[DateCell | None, PUBLIC, _DATE] = None
    origin: Annotated[PlaceKeys | None, _ORIGIN] = None
    destination: Annotated[PlaceKeys | None, _DESTINATION] = None
    codes: Annotated[
        CodeKeys, Field(description="What it is.", examples=['{ low = "EWC code", basel = "Basel code" }'])
    ] = CodeKeys()
    hazardous: Annotated[
        Hazard | None,
        PUBLIC,
        Field(
            description="Whether it is hazardous; where nothing is stated, the List of Waste says it.",
            examples=['{ column = "Gevaarlijk", words = { ja = "yes", nee = "no" } }'],
        ),
    ] = None
    operation: Annotated[
        Operation | None,
        PUBLIC,
        Field(description="What is done with it: R1 to R13, D1 to D15.", examples=['"R/D code"']),
    ] = None
    quantity: Annotated[
        QuantityKeys | None,
        Field(
            description="How much it is.",
            examples=['{ column = "Net weight", unit = { value = "TNE" }, basis = { value = "weighed" } }'],
        ),
    ] = None
    load_count: Annotated[
        Cell | None, HUB, Field(description="Column of the number of loads.", examples=['"Loads"'])
    ] = None
    contributor: Annotated[
        CompanyKeys | None,
        Field(
            description="Company that holds the waste at this stage.",
            examples=['{ scheme = "BE-OVAM-SITE", column = "Site no" }'],
        ),
    ] = None
    group: Annotated[
        CompanyKeys | None,
        Field(
            description="Enterprise group of that company.",
            examples=['{ scheme = "BE-KBO-GROUP", column = "Group no" }'],
        ),
    ] = None
    counterparty: Annotated[
        CompanyKeys | None,
        Field(
            description="Company at the other end.",
            examples=['{ scheme = "BE-OVAM-SITE", column = "Sender no" }'],
        ),
    ] = None


class StatementKeys(CommonKeys):
    """One thing that a row says: how far the waste is. A mapping has one section for each."""

    stage: Annotated[
        Stage,
        PlainValidator(_stage),
        PUBLIC,
        Field(
            description=f"How far it is: {', '.join(stage.value.lower() for stage in Stage)}.",
            examples=['"received"'],
        ),
    ]
    step: Annotated[
        int,
        PUBLIC,
        Field(
            ge=0,
            le=99,
            description="Which time this stage happens in one movement, where it happens more than once.",
            examples=["1"],
        ),
    ] = 0
    date: Annotated[DateCell, PUBLIC, _DATE]
    origin: Annotated[PlaceKeys, _ORIGIN]
    destination: Annotated[PlaceKeys, _DESTINATION]


class ReferenceKeys(_Section):
    """Numbers and places by which authorities know a movement, each in one column or several."""

    consent: Annotated[
        Cells | None, SEALED, Field(description="Number of a consent.", examples=['"Consent no"'])
    ] = None
    consignment: Annotated[
        Cells | None, SEALED, Field(description="Number of a consignment note.", examples=['"Note no"'])
    ] = None
    bill_of_lading: Annotated[
        Cells | None, SEALED, Field(description="Number of a bill of lading.", examples=['"B/L no"'])
    ] = None
    authorisation: Annotated[
        Cells | None,
        SEALED,
        Field(description="Number of a permit.", examples=['["Permit", "Carrier permit"]']),
    ] = None
    exit_point: Annotated[
        Cells | None,
        SEALED,
        Field(description="Port or border where it leaves.", examples=['"Port of loading"']),
    ] = None
    entry_point: Annotated[
        Cells | None,
        SEALED,
        Field(description="Port or border where it enters.", examples=['"Port of discharge"']),
    ] = None
    customs: Annotated[
        Cells | None,
        SEALED,
        Field(description="Number of a customs declaration, or office.", examples=['"MRN"']),
    ] = None
    container: Annotated[
        Cells | None, SEALED, Field(description="Containers, as `MSCU1234567`.", examples=['"Containers"'])
    ] = None


class PartyKeys(_Section):
    """A company or site of a movement, never a person. A mapping has one section for each."""

    role: Annotated[
        PartyRole,
        PlainValidator(_role),
        PUBLIC,
        Field(
            description=f"What it does: {', '.join(role.value.lower() for role in PartyRole)}.",
            examples=['"carrier"'],
        ),
    ]
    scheme: Annotated[
        Scheme | None,
        PUBLIC,
        Field(description="Name of the register that its number is from.", examples=['"BE-OVAM-SITE"']),
    ] = None
    identifier: Annotated[
        Cell | None, SEALED, Field(description="Column of that number.", examples=['"Carrier no"'])
    ] = None
    name: Annotated[
        Cell | None, SEALED, Field(description="Column of the company's name.", examples=['"Carrier"'])
    ] = None
    address: Annotated[
        tuple[Cell, ...],
        BeforeValidator(_listed),
        SEALED,
        Field(
            max_length=_ADDRESS_COLUMNS_MAX,
            description="Columns of the site's address, in order.",
            examples=['["Street", "Postcode", "Town"]'],
        ),
    ] = ()

    @model_validator(mode="after")
    def _check_number(self) -> PartyKeys:
        if (self.scheme is None) != (self.identifier is None):
            raise mistake("scheme and identifier belong together: write both, or neither")
        if self.identifier is None and self.name is None and not self.address:
            raise mistake("nothing is said of it: write scheme and identifier, name or address")
        return self


class SealedKeys(_Section):
    """What goes, encrypted, to the authorities of the countries of a movement alone."""

    document_number: Annotated[
        Cells | None,
        SEALED,
        Field(
            description="Columns of the document's number; without them those of `[identity]`.",
            examples=['"Ticket"'],
        ),
    ] = None
    references: Annotated[
        ReferenceKeys,
        Field(
            description="Further numbers and places.",
            examples=['{ consent = "Consent no", container = "Containers" }'],
        ),
    ] = ReferenceKeys()
    party: Annotated[
        tuple[PartyKeys, ...],
        BeforeValidator(_listed),
        Field(
            max_length=_PARTIES_MAX,
            description="Companies and sites.",
            examples=['[{ role = "carrier", name = "Carrier" }]'],
        ),
    ] = ()


class Mapping(_Section):
    """A whole mapping file."""

    table: TableKeys
    identity: IdentityKeys
    cancel: CancelKeys | None = None
    movement: MovementKeys
    sealed: SealedKeys | None = None
    common: CommonKeys = CommonKeys()
    statement: Annotated[tuple[StatementKeys, ...], BeforeValidator(_listed), Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _spread_common(cls, raw: Any) -> Any:
        """Give each statement what is common to all."""
        if not isinstance(raw, dict):
            return raw
        common, statements = raw.get("common"), raw.get("statement")
        if not isinstance(common, dict) or not isinstance(statements, list):
            return raw
        spread = [common | item if isinstance(item, dict) else item for item in statements]
        return raw | {"statement": spread}

    @model_validator(mode="after")
    def _check_facts(self) -> Mapping:
        """Refuse two statements that would state the same fact of every row."""
        facts = [(item.stage, item.step, item.when) for item in self.statement]
        if len(facts) > len(set(facts)):
            raise mistake("two statements of the same stage: give each another step, or when")
        return self


SECTIONS: tuple[type[BaseModel], ...] = (
    IdentityKeys,
    CancelKeys,
    MovementKeys,
    SealedKeys,
    StatementKeys,
)
