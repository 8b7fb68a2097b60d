"""Tables by a mapping file: the same rows say the same, whatever file they come in."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers import adapter as adapters
from producers.adapters.table import Table
from producers.positions import Positions
from producers.statement import Company, Party, Place, Quantity, Reading, Reference, Sealed, WasteCode
from schemas import contract, units
from schemas.movement import Basis, Hazardous, Precision, Side, Stage
from schemas.sealed import PartyRole, ReferenceKind
from tests.support import tables
from tests.support.tables import DOCUMENTS, EXAMPLE, FORMATS, outcomes, pipeline, read, table, texts
from tests.support.workbook import sheet, workbook

EXAMPLE_TABLE = Table({"mapping": str(EXAMPLE)})


def own(name: str) -> list[Reading]:
    """Return the readings of one of our own tables under its own mapping."""
    adapter = Table({"mapping": str(DOCUMENTS / f"{name}.toml")})
    return read(adapter, (DOCUMENTS / f"{name}.csv").read_bytes())


def said(reading: Reading) -> list[tuple[Stage, str, Decimal | None]]:
    """Return stage, day and figure of each statement."""
    return [
        (item.stage, item.when.on.isoformat(), item.quantity.value if item.quantity else None)
        for item in reading.statements
    ]


def rules(readings: list[Reading]) -> list[tuple[str, str]]:
    """Return (rule, path) of all findings."""
    return [(finding.rule, finding.path) for reading in readings for finding in reading.findings]


def events(data: bytes, adapter: Table = EXAMPLE_TABLE) -> list[Any]:
    """Return the events of a file as readers of the topic see them."""
    return [
        fastavro.schemaless_reader(io.BytesIO(event.body), contract.parsed("movement"), None)
        for outcome in outcomes(adapter, data)
        for event in outcome.events
    ]


def with_cell(column: str, text: str) -> bytes:
    """Return a table of one load, the second, with another cell."""
    return tables.as_csv([texts()[1] | {column: text}])


def test_adapter_is_installed_and_each_leaf_has_a_class() -> None:
    """The adapter loads by its name, which checks that every key that names a column has a class."""
    assert isinstance(adapters.create("table", {"mapping": str(EXAMPLE)}), Table)


def test_adapter_is_found_without_a_mapping() -> None:
    """The list of adapters needs no mapping."""
    found = adapters.find("table")

    assert ("table", "table/1", ["mapping"]) == (found.name, found.source_format, list(found.settings))


@pytest.mark.parametrize("name", ["xlsx", "parquet", "json"])
def test_every_format_says_the_same(name: str) -> None:
    """Twelve loads as CSV and as another file are the same readings and the same events."""
    expected = read(EXAMPLE_TABLE, FORMATS["csv"]())

    actual = read(EXAMPLE_TABLE, FORMATS[name]())

    assert 12 == len(actual)
    assert [(item.identity, item.statements, item.intent) for item in expected] == [
        (item.identity, item.statements, item.intent) for item in actual
    ]
    assert [] == rules(actual)
    assert events(FORMATS["csv"]()) == events(FORMATS[name]())


def test_a_row_states_all_its_stages() -> None:
    """Announced and received, each with its own day, figure, unit and basis."""
    reading = read(EXAMPLE_TABLE, FORMATS["csv"]())[2]

    announced, received = reading.statements
    assert [
        (Stage.ANNOUNCED, "2025-03-02", Decimal(24)),
        (Stage.RECEIVED, "2025-03-05", Decimal(23860)),
    ] == said(reading)
    assert Quantity(Decimal(24), "TNE", Basis.ESTIMATED) == announced.quantity
    assert Quantity(Decimal(23860), "KGM", Basis.WEIGHED) == received.quantity
    assert Place("FR") == received.origin
    assert Place("BE", "BE-VLI") == received.destination
    assert Company("BE-OVAM-SITE", "BE-1002") == received.contributor
    assert Company("BE-OVAM-SITE", "FR-78") == received.counterparty
    assert (WasteCode("LOW", "191204"), WasteCode("BASEL", "B3011")) == received.codes
    assert ("R3", None, Side.DESTINATION) == (
        received.operation_code,
        received.native_operation_code,
        received.side,
    )


def test_a_row_is_a_document_with_the_instant_of_its_change() -> None:
    """Identity and order come from the columns that the mapping names, in the zone of the table."""
    identity = read(EXAMPLE_TABLE, FORMATS["csv"]())[0].identity

    assert identity is not None
    assert "P-100/T1" == identity.document_id
    assert datetime(2025, 3, 2, 8, 15, tzinfo=UTC) == identity.recorded_at
    assert 1740903300000 == identity.revision


def test_references_are_those_that_both_ends_know() -> None:
    """A notification first, then an Annex VII number, then the agency's own, in one spelling each."""
    readings = read(EXAMPLE_TABLE, FORMATS["csv"]())

    found = [reading.statements[0].movement_reference for reading in readings]
    assert ["FR0026000123.000007", "FR0026000123.000008", "FR0026000123.000009"] == found[:3]
    assert ["GLWNL26001234567", "GLWNL26001234568", "GLWNL26001234569"] == found[4:7]
    assert "BE-OVAM:P-300/T8" == found[7]


def test_hazard_is_stated_or_the_list_says_it() -> None:
    """An empty cell leaves it to the List of Waste."""
    readings = read(EXAMPLE_TABLE, FORMATS["csv"]())

    assert Hazardous.NO is readings[2].statements[0].hazardous
    assert Hazardous.YES is readings[7].statements[0].hazardous


def test_flemish_table_by_state_and_version() -> None:
    """The state selects the stage; a refusal states no figure, a draft nothing, a cancellation takes back."""
    announced, received, refused, cancelled, treated, draft = own("flanders")

    assert [(Stage.ANNOUNCED, "2025-02-03", Decimal("22.5"))] == said(announced)
    assert [(Stage.RECEIVED, "2025-02-05", Decimal("21.94"))] == said(received)
    assert [(Stage.REFUSED, "2025-02-06", None)] == said(refused)
    assert (cancelled.statements, cancelled.findings) == ((), ())
    assert [Basis.ESTIMATED] == [item.quantity.basis for item in treated.statements if item.quantity]
    assert (True, ()) == (draft.is_draft, draft.statements)
    assert "V\\/2025\\/1/M-2" == (received.identity and received.identity.document_id)
    assert 3 == (received.identity and received.identity.revision)
    assert [("table.row.unselected", "line[7].when")] == rules([draft])


def test_rows_are_counted_as_a_spreadsheet_shows_them() -> None:
    """A line end inside a cell makes no row."""
    assert [f"line[{number}]" for number in range(2, 8)] == [item.path for item in own("flanders")]


def test_german_table_in_windows_characters() -> None:
    """Grouped figures with a decimal comma, dates with points and umlauts in the header are read."""
    readings = own("germany")

    assert [
        [
            (Stage.DISPATCHED, "2025-02-03", Decimal("24360.5")),
            (Stage.RECEIVED, "2025-02-04", Decimal("24360.5")),
        ],
        [(Stage.DISPATCHED, "2025-02-03", Decimal(1250)), (Stage.RECEIVED, "2025-02-05", Decimal(1250))],
        [(Stage.DISPATCHED, "2025-02-04", Decimal(980))],
        [
            (Stage.DISPATCHED, "2025-02-05", Decimal("12000.25")),
            (Stage.RECEIVED, "2025-02-06", Decimal("12000.25")),
        ],
    ] == [said(reading) for reading in readings]
    assert [] == rules(readings)
    assert {"000000000101"} == {item.identity.document_id for item in readings[:1] if item.identity}


def test_status_that_moves_on_takes_nothing_back() -> None:
    """An announcement stands when its row is received; a refusal that was a mistake does not."""
    adapter = Table({"mapping": str(DOCUMENTS / "flanders.toml")})
    positions = Positions("test")
    header, _, row, *_ = (DOCUMENTS / "flanders.csv").read_text("utf-8").replace("\nbrug 2", "").splitlines()

    def publish(status: str, version: int) -> list[tuple[str, str]]:
        text = f"{header}\n{row.replace(';3;Ontvangen;', f';{version};{status};')}\n".encode()
        found: list[Any] = [
            fastavro.schemaless_reader(io.BytesIO(event.body), contract.parsed("movement"), None)
            for outcome in pipeline(adapter, positions).outcomes(io.BytesIO(text), "file")
            for event in outcome.events
        ]
        return [(event["change"], event["stage"]) for event in found]

    assert [("REPORTED", "ANNOUNCED")] == publish("Gemeld", 1)
    assert [("REPORTED", "REFUSED")] == publish("Geweigerd", 2)
    assert [] == publish("Concept", 3)
    assert [("REPORTED", "RECEIVED"), ("CANCELLED", "REFUSED")] == publish("ontvangen", 4)
    assert [("CANCELLED", "RECEIVED"), ("CANCELLED", "ANNOUNCED")] == publish("Geannuleerd", 5)


def test_later_file_corrects_what_changed() -> None:
    """Read again it gives no event; a changed figure is a correction, an emptied date a cancellation."""
    positions = Positions("test")

    def publish(**cells: str) -> list[str]:
        data = tables.as_csv([texts()[1] | {"Changed": "05/03/2025 10:00"} | cells])
        found = pipeline(EXAMPLE_TABLE, positions).outcomes(io.BytesIO(data), "file")
        bodies = [event.body for outcome in found for event in outcome.events]
        read: list[Any] = [
            fastavro.schemaless_reader(io.BytesIO(body), contract.parsed("movement"), None) for body in bodies
        ]
        return [event["change"] for event in read]

    assert ["REPORTED", "REPORTED"] == publish()
    assert [] == publish()
    assert ["CORRECTED"] == publish(**{"Net weight": "23,87"})
    assert ["CANCELLED"] == publish(**{"Net weight": "23,87", "Date announced": ""})


def test_table_without_an_order_is_ordered_by_delivery(tmp_path: Path) -> None:
    """Without version and instant the file that was written last decides."""
    changed = 'recorded_at = { column = "Changed", format = "dd/mm/yyyy hh:mm" }'
    adapter = table(tmp_path, (changed, ""), ('ignore = ["Driver"', 'ignore = ["Changed", "Driver"'))

    identity = read(adapter, FORMATS["csv"]())[0].identity

    assert identity is not None
    assert (None, None) == (identity.revision, identity.recorded_at)


def test_columns_that_nobody_decided_on_are_told_once(tmp_path: Path) -> None:
    """A new column is ignored and told by its letter, on the first row only; its name is not shown."""
    adapter = table(tmp_path, ('ignore = ["Driver", "Remarks"]', 'ignore = ["Driver"]'))

    readings = read(adapter, FORMATS["csv"]())

    assert [("table.column.undecided", "header[W]")] == rules(readings)
    assert 12 == sum(bool(reading.statements) for reading in readings)


def test_nothing_of_other_columns_travels() -> None:
    """No driver, remark, permit or number stands in any event or finding."""
    found = outcomes(EXAMPLE_TABLE, FORMATS["xlsx"]())

    sent = b"".join(event.body for outcome in found for event in outcome.events)
    secrets = (b"Sample", b"+32", b"P-100", b"T12", b"FR-77", b"BE-1001", b"FR0026", b"000123", b"GLW")
    assert sent
    assert [] == [secret for secret in secrets if secret in sent]


def test_quantities_are_exact_in_every_format() -> None:
    """Binary numbers of workbooks and data frames come out as the digits that people see."""
    rows = [{"Net weight": 0.1 + 0.2, **{k: v for k, v in tables.typed()[1].items() if k != "Net weight"}}]

    for data in (tables.as_xlsx(rows), tables.as_parquet([row | {"Net weight": 0.3} for row in rows])):
        quantity = read(EXAMPLE_TABLE, data)[0].statements[1].quantity
        assert Decimal("0.3") == (quantity and quantity.value)


def test_numbers_of_any_kind_are_codes_without_a_point() -> None:
    """A List of Waste code that became a number is read while it has its six digits."""
    row = tables.typed()[1] | {"EWC code": 191204.0}
    for data in (
        tables.as_xlsx([row]),
        tables.as_parquet([row]),
        tables.as_json([texts()[1] | {"EWC code": 191204}]),
    ):
        assert WasteCode("LOW", "191204") == read(EXAMPLE_TABLE, data)[0].statements[0].codes[0]


def test_types_of_parquet_columns() -> None:
    """Instants with a zone, nanoseconds, narrow floats, dictionaries and booleans are read as they mean."""
    row = tables.typed()[1]
    columns = {name: pa.array([value]) for name, value in row.items()}
    instant = datetime(2025, 3, 4, 23, 30, tzinfo=UTC)
    columns |= {
        "Date received": pa.array([instant], pa.timestamp("ns", "UTC")),
        "Net weight": pa.array([0.1], pa.float32()),
        "Status": pa.array(["Received"]).dictionary_encode(),
        "Hazardous": pa.array([False]),
        "Serial": pa.array([8], pa.int8()),
    }
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)

    received = read(EXAMPLE_TABLE, file.getvalue())[0].statements[1]

    assert (date(2025, 3, 5), instant, Precision.MINUTE) == received.when
    assert Decimal("0.1") == (received.quantity and received.quantity.value)
    assert Hazardous.NO is received.hazardous
    assert "FR0026000123.000008" == received.movement_reference


def test_json_lines_are_rows_too() -> None:
    """One object a line is the same table as an array of objects."""
    lines = "\n".join(json.dumps(row) for row in json.loads(FORMATS["json"]()))

    assert read(EXAMPLE_TABLE, FORMATS["json"]()) == read(EXAMPLE_TABLE, lines.encode())


def test_header_below_a_title_and_on_another_sheet(tmp_path: Path) -> None:
    """The mapping says in which row and on which sheet the names stand."""
    rows = tables.typed()
    lines = [["Loads of 2025"], [], list(rows[0]), *(list(row.values()) for row in rows)]
    data = workbook([["Nothing"]], **{"xl/worksheets/sheet1.xml": sheet(lines)})
    adapter = table(tmp_path, ('delimiter = ";"', 'sheet = "Notes"\nheader_row = 3'))

    readings = read(adapter, data)

    assert ["line[4]", "line[15]"] == [readings[0].path, readings[-1].path]
    assert [reading.statements for reading in read(EXAMPLE_TABLE, FORMATS["csv"]())] == [
        reading.statements for reading in readings
    ]


def test_version_changes_with_the_meaning_only(tmp_path: Path) -> None:
    """A comment, an ignored column and the order of words say nothing; a unit does."""
    same = table(
        tmp_path,
        ("# Which rows take everything back.", "# Another comment."),
        ('["Driver", "Remarks"]', '["Remarks"]'),
        ('t = "TNE", kg = "KGM"', 'KG = "KGM", t = "TNE"'),
    ).version
    other = table(tmp_path, ('t = "TNE"', 't = "STN"')).version

    assert EXAMPLE_TABLE.version == same
    assert EXAMPLE_TABLE.version != other
    assert "BE-OVAM" == EXAMPLE_TABLE.default_agency


@pytest.mark.parametrize(
    ("form", "text", "on", "precision"),
    [
        ("iso", "2025-03-01", date(2025, 3, 1), Precision.DAY),
        ("iso", "2025-03", date(2025, 3, 1), Precision.MONTH),
        ("dd/mm/yyyy", "1/3/2025", date(2025, 3, 1), Precision.DAY),
        ("mm/dd/yyyy", "03/01/2025", date(2025, 3, 1), Precision.DAY),
        ("yyyymmdd", "20250301", date(2025, 3, 1), Precision.DAY),
        ("mm.yyyy", "03.2025", date(2025, 3, 1), Precision.MONTH),
        ("yyyy-mm-dd hh:mm:ss", "2025-03-01 00:00:00", date(2025, 3, 1), Precision.DAY),
        ("yyyy-mm-dd hh:mm", "2025-03-01 7:05", date(2025, 3, 1), Precision.MINUTE),
    ],
)
def test_dates_have_the_format_of_the_mapping(
    tmp_path: Path, form: str, text: str, on: date, precision: Precision
) -> None:
    """What is written decides the precision; a zero may be missing where signs part the figures."""
    adapter = table(
        tmp_path, ('date = "Date received"', f'date = {{ column = "Date received", format = "{form}" }}')
    )

    when = read(adapter, with_cell("Date received", text))[0].statements[1].when

    assert (on, precision) == (when.on, when.precision)


@settings(max_examples=60)
@given(
    value=st.decimals(min_value=0, max_value=10**5, places=6, allow_nan=False),
    places=st.integers(0, 6),
    unit=st.sampled_from([("t", "TNE"), ("kg", "KGM")]),
)
def test_what_is_stated_comes_out_as_stated(value: Decimal, places: int, unit: tuple[str, str]) -> None:
    """Figure and unit of a row are those of its event, digit for digit; the mass follows exactly."""
    stated = format(round(value, places), f".{places}f")
    row = texts()[1] | {"Net weight": stated.replace(".", ","), "Unit": unit[0]}

    event = events(tables.as_csv([row]))[1]

    assert (stated, unit[1]) == (event["quantity"], event["unit"])
    assert units.grams(Decimal(stated), unit[1], None) == event["mass_g"]


@settings(max_examples=60)
@given(digits=st.integers(0, 10**12), scale=st.integers(0, 6))
def test_workbooks_and_text_say_the_same_figure(digits: int, scale: int) -> None:
    """A figure of up to fifteen digits is the same as a number of a workbook and as text."""
    value = Decimal(digits).scaleb(-scale)
    row = tables.typed()[1] | {"Net weight": value}

    quantity = read(EXAMPLE_TABLE, tables.as_xlsx([row]))[0].statements[1].quantity

    assert value == (quantity and quantity.value)


SEALED = """[sealed]
document_number = ["Permit no", "Ticket"]
references = { consent = "Consent", exit_point = "Port", container = "Boxes" }

[[sealed.party]]
role = "carrier"
scheme = "BE-OVAM-SITE"
identifier = "Carrier no"
name = "Carrier"
address = ["Street", "Town"]

[[sealed.party]]
role = "interim facility"
name = "Depot"

[common]"""
SAID = {
    "Consent": "C-2026/7",
    "Port": "Antwerpen, tel. 03 123 45 67",
    "Boxes": "MSCU1234567, msku 765432-1; ask Jan",
    "Carrier no": "t 4711",
    "Carrier": "Vervoer Zuid bv, jan@vervoer.example",
    "Street": "Kaai 7",
    "Town": "2000 Antwerpen",
    "Depot": "",
}


def sealed(tmp_path: Path, said: dict[str, str], section: str = SEALED) -> Sealed | None:
    """Return what recipients alone may know of the second load, with some more columns."""
    adapter = table(tmp_path, ("[common]", section))
    (found,) = read(adapter, tables.as_csv([texts()[1] | SAID | said]))
    values = {id(item.sealed): item.sealed for item in found.statements}
    (value,) = values.values()
    return value


def test_authorities_know_what_the_mapping_names(tmp_path: Path) -> None:
    """Number, parties and references of the mapped columns are sealed, once for all statements of a row."""
    load = texts()[1]
    found = sealed(tmp_path, {})

    assert found == Sealed(
        f"{load['Permit no']}/{load['Ticket']}",
        (Party(PartyRole.CARRIER, "BE-OVAM-SITE", "T4711", "Vervoer Zuid bv", "Kaai 7, 2000 Antwerpen"),),
        (
            Reference(ReferenceKind.CONSENT, "C-2026/7"),
            Reference(ReferenceKind.EXIT_POINT, "Antwerpen"),
            Reference(ReferenceKind.CONTAINER, "MSCU1234567"),
            Reference(ReferenceKind.CONTAINER, "MSKU7654321"),
        ),
    )


def test_without_the_section_nothing_is_sealed() -> None:
    """A mapping that names nothing for authorities seals nothing."""
    assert {None} == {
        item.sealed for found in read(EXAMPLE_TABLE, FORMATS["csv"]()) for item in found.statements
    }


def test_document_number_is_that_of_the_identity_where_no_other_is_named(tmp_path: Path) -> None:
    """The columns that tell a row from others are its number, unless the mapping says otherwise."""
    load = texts()[1]

    found = sealed(tmp_path, {}, "[sealed]\n\n[common]")

    assert found == Sealed(f"{load['Permit no']}/{load['Ticket']}")


@pytest.mark.parametrize("column", ["Consent", "Boxes", "Carrier no"])
def test_what_is_no_number_is_not_sealed_as_one(tmp_path: Path, column: str) -> None:
    """A name in a column of numbers stays, and rejects no row."""
    found = sealed(tmp_path, {column: "CANARY"})

    assert found is not None
    assert "CANARY" not in repr(found)


def test_cells_for_authorities_break_no_rule(tmp_path: Path) -> None:
    """A failed formula and a text beyond all measure are not there; the row is published."""
    found = sealed(tmp_path, {"Carrier": "#REF!", "Port": "x" * 1000, "Street": "", "Town": ""})

    assert found is not None
    assert [None] == [party.name for party in found.parties]
    assert ReferenceKind.EXIT_POINT not in {reference.kind for reference in found.references}


def test_columns_that_the_mapping_does_not_name_are_sealed_nowhere(tmp_path: Path) -> None:
    """Drivers, remarks and whatever else the table holds are in no statement."""
    hidden = dict.fromkeys(("Driver", "Remarks", "Phone", "Contact"), "CANARY")

    assert "CANARY" not in repr(sealed(tmp_path, hidden))
