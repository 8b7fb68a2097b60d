"""Wrong tables: each becomes findings that say where and what to do, and never the value."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from random import Random
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.adapters.table import Table, parquet_lines, parquet_pages, xlsx_parts
from schemas.findings import Severity
from tests.support import tables
from tests.support.tables import DOCUMENTS, EXAMPLE, FORMATS, outcomes, read, table, texts
from tests.support.workbook import PARTS, FormulaError, sheet, workbook

EXAMPLE_TABLE = Table({"mapping": str(EXAMPLE)})
CSV = FORMATS["csv"]()
TEXT = "Never Published"
PROGRAM = """
import pathlib, sys
from producers.adapters.table import Table
with open(sys.argv[2], "rb") as stream:
    print(sum(len(reading.statements) for reading in Table({"mapping": sys.argv[1]}).read(stream)))
status = pathlib.Path("/proc/self/status").read_text()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""


def found(data: bytes, adapter: Table = EXAMPLE_TABLE) -> list[tuple[str, str]]:
    """Return (rule, path) of everything found in a file."""
    return [(item.rule, item.path) for reading in read(adapter, data) for item in reading.findings]


def row(**cells: str) -> bytes:
    """Return a table of one load, the second, with other cells; underscores are blanks."""
    changed = {name.replace("_", " "): text for name, text in cells.items()}
    assert changed.keys() <= texts()[1].keys()
    return tables.as_csv([texts()[1] | changed])


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "table.file.empty"),
        (b"\r\n\r\n", "table.file.empty"),
        (b"[]", "table.file.empty"),
        (b"PK\x03\x04 is no archive", "table.xlsx.broken"),
        (b"PAR1 is no Parquet", "table.parquet.broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "table.xlsx.old"),
        (b'{"Permit no": ', "json.truncated"),
        (b"[[1, 2]]", "table.row.kind"),
        (b'{"rows": [{"Permit no": "1"}]}', "table.column.missing"),
        (b'"Permit no";"Tick\n' * 80_000, "csv.row"),
        (CSV.decode("utf-8-sig").replace("Driver", "Fahrer/F\u00fchrer").encode("cp1252"), "csv.encoding"),
        (CSV.decode("utf-8-sig").encode("utf-16"), "csv.encoding"),
        (FORMATS["parquet"]()[:-200], "table.parquet.broken"),
        (FORMATS["xlsx"]()[:-200], "table.xlsx.broken"),
        (workbook([]), "table.file.empty"),
        (workbook([[TEXT], [TEXT]]), "table.column.missing"),
    ],
)
def test_file_that_is_no_table_of_the_mapping(data: bytes, rule: str) -> None:
    """A file that is broken, empty or of another kind is one reject that says in which way."""
    assert [rule] == [name for name, _ in found(data)]
    assert TEXT not in repr(read(EXAMPLE_TABLE, data))


def test_missing_columns_are_named_all_at_once() -> None:
    """A table that lacks columns of the mapping is rejected whole, by the names in the mapping."""
    rows = [{name: text for name, text in row.items() if name not in {"Unit", "Serial"}} for row in texts()]

    for data in (
        tables.as_csv(rows),
        tables.as_xlsx(rows),
        tables.as_parquet(rows),
        json.dumps(rows).encode(),
    ):
        assert [("table.column.missing", "header[Serial, Unit]")] == found(data)


def test_repeated_column_counts_only_if_it_is_mapped() -> None:
    """Two columns of one name reject the file if the mapping uses it; other ones are nobody's business."""
    text = CSV.decode()

    assert [("table.column.repeated", "header[Unit]")] == found(text.replace(";Driver;", ";UNIT ;").encode())
    assert [] == found(text.replace(";Driver;", ";Remarks;").encode())


def test_names_of_columns_may_differ_in_blanks_and_capitals() -> None:
    """A line end, a no-break blank or a capital in a header is not seen in a spreadsheet."""
    header = (
        CSV.decode().replace("Permit no;", '"PERMIT\n no";', 1).replace(";Net weight;", ";Net\u00a0Weight ;")
    )

    assert [] == found(header.encode())


def test_declared_format_is_kept(tmp_path: Path) -> None:
    """A workbook that is named .csv is read as what it is, unless the mapping declares CSV."""
    adapter = table(tmp_path, ('delimiter = ";"', 'delimiter = ";"\nformat = "csv"'))

    assert [("table.file.format", "file")] == found(FORMATS["xlsx"](), adapter)
    assert [] == found(CSV, adapter)


def test_sheet_that_is_not_there(tmp_path: Path) -> None:
    """A workbook without the sheet of the mapping is rejected."""
    adapter = table(tmp_path, ('delimiter = ";"', 'sheet = "2025"'))

    assert [("table.xlsx.sheet", "file")] == found(FORMATS["xlsx"](), adapter)


@pytest.mark.parametrize(
    ("cells", "rule", "column"),
    [
        ({"Ticket": " "}, "table.document.missing", "Ticket"),
        ({"Changed": ""}, "table.recorded_at.form", "Changed"),
        ({"Changed": TEXT}, "table.recorded_at.form", "Changed"),
        ({"Changed": "01/01/1960 00:00"}, "table.recorded_at.form", "Changed"),
        ({"Notification": TEXT}, "table.notification.form", "Notification"),
        ({"Notification": "unknown"}, "table.notification.form", "Notification"),
        ({"Serial": ""}, "table.notification.form", "Notification"),
        ({"Serial": "1234567"}, "table.notification.form", "Notification"),
        ({"Notification": "", "Annex_VII_no": TEXT}, "table.annex_vii.form", "Annex VII no"),
        ({"Country_of_origin": TEXT}, "table.country.unknown", "Country of origin"),
        ({"Hazardous": "perhaps"}, "table.hazardous.unknown", "Hazardous"),
        ({"Date_received": "31/02/2025"}, "table.date.form", "Date received"),
        ({"Date_received": "2025-03-04"}, "table.date.form", "Date received"),
        ({"Date_received": "45720"}, "table.date.form", "Date received"),
        ({"Date_received": "04/03/25"}, "table.date.form", "Date received"),
        ({"Net_weight": "23.86"}, "table.number.form", "Net weight"),
        ({"Net_weight": "1.234,5"}, "table.number.form", "Net weight"),
        ({"Net_weight": "23,86 t"}, "table.number.form", "Net weight"),
        ({"Net_weight": "2,4E+01"}, "table.number.form", "Net weight"),
        ({"Net_weight": "\u0663"}, "table.number.form", "Net weight"),
        ({"Net_weight": "NaN"}, "table.number.form", "Net weight"),
        ({"Net_weight": "9" * 60}, "table.number.form", "Net weight"),
        ({"Unit": "lorry"}, "table.unit.unknown", "Unit"),
        ({"Unit": ""}, "table.unit.missing", "Unit"),
        ({"Net_weight": "#DIV/0!"}, "table.cell.formula", "Net weight"),
        ({"Net_weight": "#WERT!"}, "table.cell.formula", "Net weight"),
        ({"Ticket": "#N/A"}, "table.cell.formula", "Ticket"),
        ({"Status": "#REF!"}, "table.cell.formula", "Status"),
        ({"EWC_code": TEXT * 20}, "table.cell.size", "EWC code"),
    ],
)
def test_error_rejects_the_row_and_names_the_column(cells: dict[str, str], rule: str, column: str) -> None:
    """Each error is one finding at its column; nothing is published, no value is told."""
    (outcome,) = outcomes(EXAMPLE_TABLE, row(**cells))

    assert [(rule, f"line[2].{column}", Severity.ERROR)] == [
        (item.rule, item.path, item.severity) for item in outcome.findings
    ]
    assert () == outcome.events
    assert TEXT not in repr(outcome)


@pytest.mark.parametrize(
    ("cells", "rule", "column"),
    [
        ({"Country_of_origin": ""}, "table.country.missing", "Country of origin"),
        ({"Province": TEXT}, "table.region.form", "Province"),
        ({"EWC_code": "10101"}, "table.low.form", "EWC code"),
        ({"EWC_code": TEXT}, "table.low.form", "EWC code"),
        ({"EWC_code": "19 12 04*"}, "table.low.asterisk", "EWC code"),
        ({"Hazardous": "J"}, "table.hazardous.conflict", "Hazardous"),
        ({"Basel_code": TEXT}, "table.basel.form", "Basel code"),
        ({"Material": TEXT}, "table.code.form", "Material"),
        ({"R/D_code": TEXT}, "table.operation.form", "R/D code"),
        ({"Net_weight": ""}, "table.quantity.missing", "Net weight"),
        ({"Date_received": ""}, "table.date.missing", "Date received"),
    ],
)
def test_doubtful_cell_is_a_warning(cells: dict[str, str], rule: str, column: str) -> None:
    """What is in doubt is noted once, however many statements need it, and the rest is published."""
    (outcome,) = outcomes(EXAMPLE_TABLE, row(**cells))

    assert [(rule, f"line[2].{column}", Severity.WARNING)] == [
        (item.rule, item.path, item.severity) for item in outcome.findings
    ]
    assert outcome.events
    assert TEXT.encode() not in b"".join(event.body for event in outcome.events)


@pytest.mark.parametrize(
    ("form", "dispatched", "received", "expected"),
    [
        ("dd.mm.yyyy", "05.02.2025", "04.02.2025", ["table.date.order"]),
        ("dd.mm.yyyy", "04.02.2025", "04.02.2025", []),
        ("mm.yyyy", "05.02.2025", "02.2025", []),
        ("dd.mm.yyyy", "31.02.2025", "04.02.2025", ["table.date.form"]),
    ],
)
def test_arrival_before_departure_is_a_warning(
    tmp_path: Path, form: str, dispatched: str, received: str, expected: list[str]
) -> None:
    """Days in an impossible order are told, and published as they are stated; a month is no day."""
    date = f'date = {{ column = "Annahmedatum", format = "{form}" }}'
    adapter = table(tmp_path, ('date = "Annahmedatum"', date), mapping=DOCUMENTS / "germany.toml")
    header, first, *_ = (DOCUMENTS / "germany.csv").read_bytes().decode("cp1252").splitlines()
    changed = first.replace("03.02.2025;04.02.2025", f"{dispatched};{received}")
    (outcome,) = outcomes(adapter, f"{header}\n{changed}\n".encode("cp1252"))

    assert expected == [finding.rule for finding in outcome.findings]
    assert outcome.is_rejected is (expected == ["table.date.form"])


def test_a_plan_may_be_dated_after_what_came_of_it() -> None:
    """A load that was announced for a later day and came earlier is in no wrong order."""
    (outcome,) = outcomes(EXAMPLE_TABLE, row(Date_received="01/02/2025"))

    assert (outcome.findings, len(outcome.events)) == ((), 2)


def test_everything_wrong_with_a_row_is_told_at_once() -> None:
    """A row without identity, date, country and unit names all four."""
    cells = {"Ticket": "", "Date_received": "soon", "Country_of_origin": "?", "Unit": "?"}

    assert ["Ticket", "Country of origin", "Date received", "Unit"] == [
        path.removeprefix("line[2].") for _, path in found(row(**cells))
    ]


def test_a_row_with_nothing_that_happened() -> None:
    """A row without any date is told."""
    cells = {"Status": "Announced", "Date_announced": "", "Date_received": ""}

    assert [("table.row.silent", "line[2].date")] == found(row(**cells))


def test_numbers_that_lost_digits_are_not_repaired() -> None:
    """A code that lost its zero is a warning, an identity that lost its last digits an error."""
    load = tables.typed()[1]

    assert [("table.low.form", "line[2].EWC code")] == found(tables.as_xlsx([load | {"EWC code": 10101}]))
    assert [("table.cell.digits", "line[2].Ticket")] == found(
        tables.as_xlsx([load | {"Ticket": 1234567890123456789}])
    )


def test_bad_rows_hide_no_neighbours() -> None:
    """Broken rows are told in their place; those between them are published, empty ones are no rows."""
    header, first, second = (line + "\r\n" for line in CSV.decode().splitlines()[:3])
    empty = ";" * header.count(";") + "\r\n"
    text = (header + first + empty + "\r\nshort;row\r\n" + second).encode() + b"\xff\xfe\r\n"
    text += second.replace(";t;", ';"t"x;').encode() + second.replace(";t;", ";t;t;").encode()
    text += (";" * 30).encode() + b"\r\n" + texts_line(7).encode()

    assert [
        ("table.row.width", "line[5]"),
        ("csv.encoding", "line[7]"),
        ("csv.row", "line[8]"),
        ("table.row.width", "line[9]"),
    ] == found(text)
    assert 3 == sum(bool(reading.statements) for reading in read(EXAMPLE_TABLE, text))


def texts_line(number: int) -> str:
    """Return a line of the CSV file as a spreadsheet counts rows."""
    lines = tables.as_csv([texts()[number]]).decode().splitlines()
    return lines[1] + "\r\n"


def test_row_that_is_there_twice_is_rejected() -> None:
    """The second row of one identity and version is refused instead of correcting the first."""
    load = texts()[1]

    assert [("table.row.repeated", "line[3].identity")] == found(tables.as_csv([load, load]))
    assert [] == found(tables.as_csv([load, load | {"Changed": "05/03/2025 10:00"}]))


def test_errors_of_formulas_in_a_workbook_are_seen() -> None:
    """A cell whose formula failed rejects its row; one that nobody looks at does not."""
    first, second, third = tables.typed()[:3]
    rows = [first | {"Remarks": FormulaError("#REF!")}, second | {"Net weight": FormulaError("#REF!")}, third]

    assert [("table.cell.formula", "line[3].Net weight")] == found(tables.as_xlsx(rows))


def test_rows_of_json_have_every_column() -> None:
    """A row that lacks a column, holds several values in a cell or is no object is rejected alone."""
    loads = json.loads(FORMATS["json"]())[:4]
    del loads[1]["Unit"]
    loads[2]["Unit"] = ["t"]
    loads[3] = 7

    assert [
        ("table.row.kind", "line[2]"),
        ("table.cell.kind", "line[3].Unit"),
        ("table.row.kind", "line[4]"),
    ] == found(json.dumps(loads).encode())


def test_rows_before_a_cut_are_read() -> None:
    """What stands before the end of a cut JSON file is published."""
    text = FORMATS["json"]()

    readings = read(EXAMPLE_TABLE, text[: text.index(b"P-200")])

    assert [True] * 4 + [False] == [bool(reading.statements) for reading in readings]
    assert [("json.truncated", "line[5]")] == [(item.rule, item.path) for item in readings[-1].findings]


def test_cells_of_parquet_that_python_cannot_hold() -> None:
    """A text that is no UTF-8 and a day beyond the calendar reject their row, not the file."""
    loads = tables.typed()[1:4]
    columns = {name: [load[name] for load in loads] for name in loads[0]}
    arrays = {name: pa.array(values) for name, values in columns.items()}
    broken = pa.array([b"t", b"\xff", b"kg"]).cast(pa.binary())
    arrays["Unit"] = pa.Array.from_buffers(pa.string(), 3, broken.buffers())
    arrays["Date announced"] = pa.array([20150, 20150, 2**31 - 1], pa.int32()).cast(pa.date32())
    file = io.BytesIO()
    pq.write_table(pa.table(arrays), file)

    assert [("table.cell.encoding", "line[2].Unit"), ("table.cell.kind", "line[3].Date announced")] == found(
        file.getvalue()
    )


def of_one_text(column: str, text: object, rows: int) -> bytes:
    """Return a Parquet file in which all rows share a cell."""
    load = tables.typed()[1] | {column: text}
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([load] * rows), file, compression="zstd")
    return file.getvalue()


def test_text_that_many_rows_of_parquet_share_takes_no_memory(tmp_path: Path) -> None:
    """A text of a megabyte in a thousand rows is kept once, and every row is told."""
    file = tmp_path / "shared.parquet"
    file.write_bytes(of_one_text("Unit", "x" * 1_000_000, 1000))
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(EXAMPLE), str(file)], capture_output=True, text=True, check=True
    )

    count, peak_kb = map(int, answer.stdout.split())
    assert 0 == count
    assert peak_kb < 200_000


def test_column_of_parquet_that_unpacks_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row group whose mapped columns would not fit the memory is refused before it is read."""
    monkeypatch.setattr(parquet_lines, "_UNPACKED_BYTES_MAX", 1_000_000)

    assert [("table.parquet.size", "file")] == found(of_one_text("Unit", "x" * 2_000_000, 1))
    assert [] == found(of_one_text("Remarks", "x" * 2_000_000, 1))


def zigzag(number: int) -> bytes:
    """Return a number as the metadata of Parquet files write it."""
    rest, written = number << 1, bytearray()
    while rest > 127:
        written.append(rest & 127 | 128)
        rest >>= 7
    return bytes([*written, rest])


def without_its_size(data: bytes) -> bytes:
    """Return a Parquet file whose footer says of its largest column that it unpacks to next to nothing."""
    group = pq.read_metadata(io.BytesIO(data)).row_group(0)
    size = max(group.column(number).total_uncompressed_size for number in range(group.num_columns))
    stated = zigzag(size)
    at = data.rindex(stated)
    return data[:at] + b"\x80" * (len(stated) - 1) + b"\0" + data[at + len(stated) :]


def test_parquet_whose_footer_lies_takes_no_memory(tmp_path: Path) -> None:
    """A text that unpacks to more than the footer says is refused before it does."""
    file = tmp_path / "lying.parquet"
    file.write_bytes(without_its_size(of_one_text("Unit", "x" * 200_000_037, 1)))
    group = pq.read_metadata(file).row_group(0)
    assert all(group.column(number).total_uncompressed_size < 1000 for number in range(group.num_columns))
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(EXAMPLE), str(file)], capture_output=True, text=True, check=True
    )

    count, peak_kb = map(int, answer.stdout.split())
    assert 0 == count
    assert peak_kb < 200_000
    assert [("table.parquet.size", "file")] == found(file.read_bytes())


def by_differences(rows: list[dict[str, Any]], version: Literal["1.0", "2.0"], encoding: str) -> bytes:
    """Return a Parquet file whose texts are written as what they have other than the text before."""
    file, table = io.BytesIO(), pa.Table.from_pylist(rows)
    encodings = {
        name: encoding if pa.types.is_string(kind) else "PLAIN"
        for name, kind in zip(table.schema.names, table.schema.types, strict=True)
    }
    pq.write_table(
        table, file, use_dictionary=False, column_encoding=encodings, data_page_version=version,
        row_group_size=max(1, len(rows) // 2),
    )  # fmt: skip
    return file.getvalue()


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("encoding", ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"])
def test_texts_of_parquet_that_are_written_by_differences(
    version: Literal["1.0", "2.0"], encoding: str
) -> None:
    """Whichever way a file writes its texts, it is the same table."""
    data = by_differences(tables.typed(), version, encoding)

    assert outcomes(EXAMPLE_TABLE, FORMATS["parquet"]()) == outcomes(EXAMPLE_TABLE, data)


def test_long_texts_of_parquet_that_differ_in_nothing_take_no_memory(tmp_path: Path) -> None:
    """A text of a megabyte is written once for a thousand rows that all get it: refused as it is read."""
    file = tmp_path / "differences.parquet"
    load = tables.typed()[1] | {"Unit": "x" * 1_000_000}
    file.write_bytes(by_differences([load] * 2000, "2.0", "DELTA_BYTE_ARRAY"))
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(EXAMPLE), str(file)], capture_output=True, text=True, check=True
    )

    count, peak_kb = map(int, answer.stdout.split())
    assert 0 == count
    assert peak_kb < 200_000
    assert file.stat().st_size < 10_000_000
    assert "table.parquet.size" == found(file.read_bytes())[-1][0]


def test_rows_of_parquet_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal rows take no room in a file: more of them than any table has are refused."""
    monkeypatch.setattr(parquet_lines, "_ROWS_MAX", 99)
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([tables.typed()[1]] * 100), file, row_group_size=10)

    assert [("table.parquet.size", "file")] == found(file.getvalue())
    monkeypatch.setattr(parquet_lines, "_ROWS_MAX", 100)
    assert 99 == len(found(file.getvalue()))


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_pages_of_parquet_are_counted_as_footers_count_them(version: Literal["1.0", "2.0"]) -> None:
    """What the headers of an honest file state is what its footer states."""
    file = io.BytesIO()
    columns = {"text": [f"{number:0300}" for number in range(5000)], "number": [None, 1] * 2500}
    pq.write_table(
        pa.table(columns), file, row_group_size=3000, data_page_size=10_000, data_page_version=version
    )
    metadata = pq.read_metadata(file)

    for number, columns_of_group in enumerate(parquet_pages.chunks(file, [0, 1])):
        for place, chunk in enumerate(columns_of_group):
            counted = list(parquet_pages.pages(file, chunk))
            stated = metadata.row_group(number).column(place)
            assert stated.total_uncompressed_size == sum(page.unpacked_bytes for page in counted)
            assert stated.num_values == sum(page.values for page in counted)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_pages_of_parquet(data: bytes) -> None:
    """Whatever stands where a page or a footer should, it is pages or a ValueError, and ends."""
    file = io.BytesIO(data + len(data).to_bytes(4, "little") + b"PAR1")
    with contextlib.suppress(ValueError):
        list(parquet_pages.pages(file, parquet_pages.Chunk(0, len(data), 1_000_000)))
    with contextlib.suppress(ValueError):
        list(parquet_pages.chunks(file, [0]))


def test_a_list_of_parquet_that_says_it_goes_on_for_ever() -> None:
    """A list in a header that says it has more items than bytes ends with the bytes."""
    data = bytes([0x29, 0xF1, *[0x80] * 3, 0x01])
    started = time.process_time()
    with pytest.raises(ValueError, match="no header ends here"):
        list(parquet_pages.pages(io.BytesIO(data), parquet_pages.Chunk(0, len(data), 1)))

    assert time.process_time() - started < 0.5


def test_statistics_of_parquet_that_are_wrong(tmp_path: Path) -> None:
    """Counts in a footer that do not fit their column reject the file, and do not end the process."""
    written = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([tables.typed()[1]] * 100), written)
    # A list of the numbers 0 and 100, as one of another number.
    data = written.getvalue().replace(b"\x26\x00\xc8\x01", b"\x16\x80\xc8\x01")
    assert data != written.getvalue()
    file = tmp_path / "wrong.parquet"
    file.write_bytes(data)
    subprocess.run([sys.executable, "-c", PROGRAM, str(EXAMPLE), str(file)], check=True, capture_output=True)

    assert ["table.parquet.broken"] == [rule for rule, _ in found(data)]


@pytest.mark.parametrize("cell", [["t"], {"of": "t"}, b"t"])
def test_column_of_parquet_with_several_values_a_cell(cell: object) -> None:
    """A column that no cell can be read of is told once."""
    assert [("table.cell.kind", "header[Unit]")] == found(of_one_text("Unit", cell, 3))


def test_parquet_that_is_corrupt_inside() -> None:
    """Whatever byte of a Parquet file is changed, it is read or rejected, never more."""
    data, random = bytearray(FORMATS["parquet"]()), Random(7)  # noqa: S311  # a seeded choice
    for _ in range(200):
        copy = bytearray(data)
        copy[random.randrange(4, len(copy))] ^= random.randrange(1, 256)

        assert all(reading.statements or reading.findings for reading in read(EXAMPLE_TABLE, bytes(copy)))


def test_workbook_that_is_corrupt_inside() -> None:
    """Whatever byte of a workbook is changed, it is read or rejected, never more."""
    data, random = FORMATS["xlsx"](), Random(7)  # noqa: S311  # a seeded choice
    for _ in range(200):
        copy = bytearray(data)
        copy[random.randrange(4, len(copy))] ^= random.randrange(1, 256)

        assert all(reading.statements or reading.findings for reading in read(EXAMPLE_TABLE, bytes(copy)))


def test_archive_that_unpacks_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive that is larger unpacked than it says is refused before it is read."""
    monkeypatch.setattr(xlsx_parts, "UNPACKED_BYTES_MAX", 8 * 1024 * 1024)
    bomb = bytearray(workbook([], **{"xl/sharedStrings.xml": b"<sst>".ljust(64 * 1024 * 1024)}))
    assert len(bomb) < 100_000
    lying = bytes(bomb).replace(struct.pack("<I", 64 * 1024 * 1024), struct.pack("<I", 1000))
    assert lying != bytes(bomb)

    assert [("table.xlsx.size", "file")] == found(bytes(bomb))
    assert [("table.xlsx.size", "file")] == found(lying)


def test_parts_that_no_sheet_needs_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture or another sheet, however large, keeps no sheet from being read."""
    monkeypatch.setattr(xlsx_parts, "UNPACKED_BYTES_MAX", 8 * 1024 * 1024)
    rows = [list(texts()[1]), list(tables.typed()[1].values())]
    large = bytes(64 * 1024 * 1024)
    data = workbook(rows, **{"xl/media/image1.png": large, "xl/worksheets/sheet1.xml": large})

    assert [] == found(data)


@pytest.mark.parametrize(
    ("last", "rule"),
    [
        ('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "table.xlsx.size"),
        ('<row r="1048576"><c s="1" r=\'XFD1048576\'><v>1</v></c></row>', "table.xlsx.size"),
        ("<row><c s=\" r='A2' \" r='XFD1048576'><v>1</v></c></row>", "table.xlsx.size"),
        ('<row><c s=">" r="XFD1048576"><v>1</v></c></row>', "table.xlsx.size"),
        ('<x:row xmlns:x="x"><x:c r="XFD1048576"><v>1</v></x:c></x:row>', "table.xlsx.size"),
        ('<row><c r="&#88;FD1048576"><v>1</v></c></row>', "table.xlsx.size"),
        ('<!-- > --><row><c r="XFD1048576"><v>1</v></c></row>', "table.xlsx.size"),
        ('<row r="1048576"><c><v>1</v></c></row>', "table.xlsx.broken"),
        ('<row r="1048576"><c x="A1" R="A1"><v>1</v></c></row>', "table.xlsx.broken"),
        ('<row r="1048576"><c r="1048576"><v>1</v></c></row>', "table.xlsx.broken"),
    ],
)
def test_cell_far_out_takes_no_memory(last: str, rule: str) -> None:
    """One cell in the last corner would make a sheet of 17 thousand million cells: it is refused."""
    part = sheet([[1]]).replace("</sheetData>", f"{last}</sheetData>")

    assert [(rule, "file")] == found(workbook([], sheet2=part))


@pytest.mark.parametrize("tags", ["<c " * 60_000, f"<!-- {'<c ' * 60_000}-->", "<c r='A1'" + " " * 9_000_000])
def test_tags_that_never_end_take_no_time(tags: str) -> None:
    """However a sheet is written, looking for its cells takes time by its length only."""
    part = sheet([[1]]).replace("</sheetData>", f"{tags}</sheetData>")
    begun = time.process_time()

    assert 1 == len(found(workbook([], sheet2=part)))
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("text", "cells", "number"),
    [
        ("x" * 32_768, 1, "0"),
        ("x" * 32_000, 4500, "0"),
        ("\u20ac" * 32_000, 1500, "0"),
        ("x" * 32_000, 4500, "0&#48;"),
    ],
)
def test_text_that_many_cells_share_takes_no_memory(text: str, cells: int, number: str) -> None:
    """Text counts as often as cells refer to it, and no cell holds more than a spreadsheet program keeps."""
    rows = "".join(f'<row><c r="J{row}" t="s"><v>{number}</v></c></row>' for row in range(1, cells + 1))
    part = sheet([]).replace("</sheetData>", f"{rows}</sheetData>")
    shared = f"<sst><si><t>{text}</t></si></sst>"

    assert [("table.xlsx.size", "file")] == found(
        workbook([], sheet2=part, **{"xl/sharedStrings.xml": shared})
    )


def test_shared_texts_are_read() -> None:
    """Cells that refer to a text are read as it."""
    names = list(texts()[1])
    shared = "".join(f"<si><r><t>{name[:2]}</t></r><r><t>{name[2:]}</t></r></si>" for name in names)
    cells = "".join(f'<c r="{chr(ord("A") + n)}1" t="s"><v>{n}</v></c>' for n in range(len(names)))
    part = sheet([[], list(tables.typed()[1].values())]).replace('<row r="1">', f'<row r="1">{cells}')

    assert [] == found(workbook([], sheet2=part, **{"xl/sharedStrings.xml": f"<sst>{shared}</sst>"}))


@pytest.mark.parametrize(
    "parts",
    [
        {"xl/workbook.xml": "<workbook"},
        {"sheet2": f"<!DOCTYPE w [<!ENTITY e 'x'>]>{sheet([['a']])}"},
        {"sheet2": sheet([["a"]]).replace('t="inlineStr"', 't="s"').replace("<is>", "<v>7</v><is>")},
        {"xl/workbook.xml": "<!DOCTYPE w [<!ENTITY e 'x'>]><workbook>&e;</workbook>"},
        {"xl/_rels/workbook.xml.rels": PARTS["xl/_rels/workbook.xml.rels"].replace("sheet2", "sheet9")},
        {"xl/styles.xml": "<styleSheet"},
        {"sheet2": sheet([["a"]]).replace("<row", "<row <")},
        {"sheet2": sheet([["a"]]).encode("utf-16")},
        {"sheet2": "<" + "c" * 3_000_000},
    ],
)
def test_workbook_with_a_bad_part(parts: dict[str, str | bytes]) -> None:
    """A workbook whose parts do not fit together is one reject."""
    assert all(rule.startswith("table.") for rule, _ in found(workbook([["a"]], **parts)))
    assert 1 == len(found(workbook([["a"]], **parts)))


def test_workbook_with_a_part_twice() -> None:
    """Two parts of one name are two truths."""
    packed = io.BytesIO(FORMATS["xlsx"]())
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("XL/worksheets/sheet2.xml", sheet([["other"]]))

    assert [("table.xlsx.broken", "file")] == found(packed.getvalue())


@settings(max_examples=200)
@given(
    data=st.binary(max_size=200), start=st.sampled_from([b"", b"PK\x03\x04", b"PAR1", b"[", b"{", CSV[:400]])
)
def test_bytes_of_any_kind_are_read_or_rejected(data: bytes, start: bytes) -> None:
    """Nothing that a file holds makes the adapter fail."""
    assert all(reading.statements or reading.findings for reading in read(EXAMPLE_TABLE, start + data))


@settings(max_examples=200)
@given(column=st.sampled_from(sorted(texts()[1])), cell=st.text(max_size=60))
def test_text_of_any_kind_in_a_cell_is_read_or_rejected(column: str, cell: str) -> None:
    """Whatever stands in a cell, the row is read, or rejected with a rule at its place."""
    data = tables.as_csv([texts()[1] | {column: cell.encode(errors="replace").decode()}])

    for outcome in outcomes(EXAMPLE_TABLE, data):
        assert "adapter.failed" not in {finding.rule for finding in outcome.findings}
        assert outcome.events or outcome.findings


def test_large_table_takes_little_memory(tmp_path: Path) -> None:
    """Tables of many rows, as CSV and Parquet, are read in pieces."""
    row = next(csv.reader(io.StringIO(texts_line(1)), delimiter=";"))
    header = CSV.decode().splitlines()[0]
    file = tmp_path / "large.csv"
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, delimiter=";")
        text.write(header + "\r\n")
        for number in range(15_000):
            writer.writerow([row[0], number, *row[2:-1], "x" * 8000])
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(EXAMPLE), str(file)], capture_output=True, text=True, check=True
    )

    count, peak_kb = map(int, answer.stdout.split())
    assert 30_000 == count
    assert file.stat().st_size > 120_000_000
    assert peak_kb < 150_000


def test_quotation_mark_that_is_never_closed_ends_the_file() -> None:
    """The pieces of rows behind it are not told one by one without end."""
    readings = found(CSV + b'"x\n' + b"x\n" * 100_000)

    rules = [rule for rule, _ in readings]
    assert ["csv.row", *["table.row.width"] * 999, "csv.rows.broken"] == rules[-1001:]
    assert 1 == rules.count("csv.rows.broken")


def test_windows_characters_that_are_none() -> None:
    """Bytes that are no characters of Windows-1252 either are told in their row."""
    adapter = Table({"mapping": str(DOCUMENTS / "germany.toml")})
    data = (DOCUMENTS / "germany.csv").read_bytes().replace(b"Stra\xdfe", b"Stra\x81e")

    assert [("csv.encoding", "line[2]")] == found(data, adapter)
