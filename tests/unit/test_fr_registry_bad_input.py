"""Wrong lines and files of the French registers: findings that say what and where, never the value."""

from __future__ import annotations

import csv
import io
import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.adapters.fr_registry import FrRegistry
from producers.adapters.fr_registry.model import MEMBERS
from producers.adapters.fr_registry.registers import REGISTERS
from producers.pipeline import Outcome, Pipeline
from producers.positions import Positions
from producers.statement import Reading
from schemas.findings import has_error
from schemas.identity import DEMONSTRATION_KEYS

DOCUMENTS = Path(__file__).parents[1] / "documents" / "fr_registry"
INCOMING = (DOCUMENTS / "incoming_waste.csv").read_bytes()
RULES = {rule.id for rule in FrRegistry.rules}
TEXT = "Never Published"


def read(data: bytes, **settings: str) -> list[Reading]:
    """Return the readings of a file."""
    return list(FrRegistry(settings).read(io.BytesIO(data)))


def outcomes(data: bytes, **settings: str) -> list[Outcome]:
    """Return what becomes of a file."""
    pipeline = Pipeline(FrRegistry(settings), "FR-DGPR", DEMONSTRATION_KEYS, Positions("test"))
    return list(pipeline.outcomes(io.BytesIO(data), "file"))


def found(item: Reading | Outcome) -> list[tuple[str, str]]:
    """Return (rule, path) of the findings."""
    return [(finding.rule, finding.path) for finding in item.findings]


def rows(data: bytes = INCOMING) -> list[list[str]]:
    """Return the cells of a file."""
    return list(csv.reader(io.StringIO(data.decode()), delimiter=";"))


def written(cells: list[list[str]]) -> bytes:
    """Return a file of these cells."""
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(cells)
    return text.getvalue().encode()


def test_each_fault_is_told_by_its_rule_at_its_member() -> None:
    """Every line of the file has the fault that stands here, and the right one is published."""
    right, *wrong = read((DOCUMENTS / "incoming_waste_faulty.csv").read_bytes())

    expected = [
        ("fr.siret.invalid", "reportForCompanySiret"),
        ("fr.id.form", "publicId"),
        ("fr.date.invalid", "receptionDate"),
        ("fr.amount.range", "weightValue"),
        ("fr.amount.range", "weightValue"),
        ("fr.amount.decimals", "weightValue"),
        ("fr.amount.number", "weightValue"),
        ("fr.weight.estimated", "weightIsEstimate"),
        ("fr.weight.type", "weightIsEstimate"),
        ("fr.flag.unknown", "wastePop"),
        ("fr.ewc.form", "wasteCode"),
        ("fr.operation.unknown", "operationCode"),
        ("fr.mode.unknown", "operationMode"),
        ("fr.company.type", "emitterCompanyType"),
        ("fr.shipment.form", "ttdImportNumber"),
        ("fr.hour.invalid", "weighingHour"),
        ("fr.reason.unknown", "reason"),
        ("fr.country.unknown", "emitterCompanyCountryCode"),
    ]
    assert (1, ()) == (len(right.statements), right.findings)
    assert [
        [(rule, f"line[{number}].{member}")] for number, (rule, member) in enumerate(expected, start=3)
    ] == [found(item) for item in wrong[: len(expected)]]
    assert [
        [
            ("fr.field.missing", f"line[21].{member}")
            for member in ("weightValue", "receptionDate", "wasteCode")
        ],
        [("fr.amount.range", "line[22].volume")],
    ] == [found(item) for item in wrong[len(expected) :]]
    assert all(has_error(item.findings) and not item.statements for item in wrong)


def test_all_faults_of_a_line_are_told_at_once() -> None:
    """Whoever repairs a line need not send it again and again, even where it is not known which one it is."""
    line = {
        "publicId": "?",
        "reportForCompanySiret": TEXT,
        "receptionDate": TEXT,
        "wastePop": 7,
        "reason": [],
    }
    (item,) = read(json.dumps(line).encode(), register="incoming_waste")

    assert {
        ("fr.id.form", "$[0].publicId"),
        ("fr.siret.invalid", "$[0].reportForCompanySiret"),
        ("fr.field.type", "$[0].reason"),
        ("fr.field.missing", "$[0].weightValue"),
        ("fr.field.missing", "$[0].weightIsEstimate"),
        ("fr.field.missing", "$[0].emitterCompanyType"),
        ("fr.field.missing", "$[0].operationCode"),
        ("fr.field.missing", "$[0].wasteCode"),
        ("fr.date.invalid", "$[0].receptionDate"),
        ("fr.flag.unknown", "$[0].wastePop"),
    } == set(found(item))


@pytest.mark.parametrize(
    ("register", "members", "expected"),
    [
        (
            "incoming_waste",
            {"operationCode": "R 12"},
            {"nextOperationCode", "noTraceability", "operationMode"},
        ),
        ("incoming_waste", {"operationMode": None}, {"operationMode"}),
        ("incoming_waste", {"operationMode": "ELIMINATION"}, {"operationMode"}),
        ("incoming_waste", {"operationCode": "D 5"}, {"operationMode"}),
        ("incoming_waste", {"operationCode": "D 9 F", "operationMode": "Élimination"}, set()),
        ("incoming_waste", {"emitterCompanyOrgId": "00001909100017"}, {"emitterCompanyOrgId"}),
        ("incoming_waste", {"emitterCompanyType": "PERSONNE_PHYSIQUE", "emitterCompanyOrgId": TEXT}, set()),
        (
            "incoming_waste",
            {"emitterCompanyType": "ENTREPRISE_UE", "emitterCompanyCountryCode": None},
            {"emitterCompanyOrgId", "emitterCompanyCountryCode"},
        ),
        ("incoming_waste", {"wasteCodeBale": TEXT}, {"wasteCodeBale"}),
        ("incoming_waste", {"wasteCode": "15 01 01*"}, {"wasteCode"}),
        (
            "ssd",
            {
                "processingDate": "2026-02-04",
                "useDate": "2026-02-03",
                "secondaryWasteCodes": ["15 01 02", TEXT],
            },
            {"processingDate", "secondaryWasteCodes[1]"},
        ),
    ],
)
def test_what_is_only_noteworthy_travels_on(
    register: str, members: dict[str, Any], expected: set[str]
) -> None:
    """A fault of form is told, and the fact published all the same."""
    right = {
        "publicId": "L-1",
        "reportForCompanySiret": "00001202100010",
        "wasteCode": "150101",
        "wastePop": False,
        "receptionDate": "2026-02-03",
        "weightValue": 3,
        "weightIsEstimate": False,
        "emitterCompanyType": "ETABLISSEMENT_FR",
        "emitterCompanyOrgId": "00001909100016",
        "emitterCompanyCountryCode": "FR",
        "operationCode": "R3",
        "operationMode": "RECYCLAGE",
    }
    (item,) = read(json.dumps(right | members).encode(), register=register)

    assert expected == {path.removeprefix("$[0].") for _, path in found(item)}
    assert 1 == len(item.statements)
    assert TEXT.upper() not in repr(item.statements).upper()


@pytest.mark.parametrize("register", REGISTERS, ids=lambda item: item.name)
def test_a_register_with_a_foreign_column_is_named(register: Any) -> None:
    """A header that is not quite one of a register is refused as nearly that one."""
    labels = [*register.columns, "Heure du départ"]

    (item,) = read(written([labels, [TEXT] * len(labels)]))

    assert [(f"fr.header.{register.name}", f"line[1].column[{len(labels)}]")] == found(item)


def test_a_mixed_header_names_the_nearest_register_and_each_column() -> None:
    """Columns of two registers in one file are told one by one; no line is read."""
    (item,) = read((DOCUMENTS / "mixed_header.csv").read_bytes())

    rule = "fr.header.incoming_waste"
    assert [(rule, "line[1].column[11]"), (rule, "line[1].column[12]")] == found(item)


def test_missing_and_repeated_columns_are_told() -> None:
    """Every required column has to be there, once."""
    first, *rest = rows()
    labels = ["" if label in {"POP", "Poids en tonnes"} else label for label in first]
    (lacking,) = read(written([labels, *rest]))
    (doubled,) = read(written([[*first, "DANGEREUX"], *rest]))

    assert [
        ("fr.header.incoming_waste", "line[1].wastePop"),
        ("fr.header.incoming_waste", "line[1].weightValue"),
    ] == found(lacking)
    assert [
        ("fr.header.repeated", f"line[1].column[{first.index('Dangereux') + 1}]"),
        ("fr.header.repeated", "line[1].column[100]"),
    ] == found(doubled)


@pytest.mark.parametrize(
    ("data", "rule", "path"),
    [
        (b"", "layout.unknown", "line[1]"),
        (b"\xef\xbb\xbf", "layout.unknown", "line[1]"),
        ((DOCUMENTS / "other_layout.csv").read_bytes(), "layout.unknown", "line[1]"),
        (INCOMING.replace(b";", b","), "layout.unknown", "line[1]"),
        (INCOMING.decode().encode("latin-1", "replace"), "csv.encoding", "line[1]"),
        (INCOMING.decode().encode("utf-16"), "csv.encoding", "line[1]"),
        (b'{"publicId": "L-1"', "json.truncated", "$[0]"),
        (b'["text"]', "layout.unknown", "$[0]"),
        (b'{"name": "something else"}', "layout.unknown", "$[0]"),
        (b'{"publicId": "L-1"}', "fr.register.unknown", "$[0]"),
        (b'{"register": "bsdd", "lines": [{"publicId": "L-1"}]}', "fr.register.unknown", "$[0].lines[0]"),
        (b'{"register": 7, "lines": [{"publicId": "L-1"}]}', "fr.register.unknown", "$[0].lines[0]"),
        (b'{"register": "ssd", "lines": [[]]}', "layout.unknown", "$[0].lines[0]"),
        (b'{"register": "ssd", "lines": "all"}', "layout.unknown", "$[0]"),
    ],
)
def test_a_file_that_is_none_of_a_register(data: bytes, rule: str, path: str) -> None:
    """A file that is broken or of another kind is one reject that says in which way."""
    (outcome,) = outcomes(data)

    assert [(rule, path)] == found(outcome)
    assert outcome.is_rejected


def test_a_broken_row_hides_no_other() -> None:
    """Wrong bytes, a wrong code and surplus cells are told in their place; an empty row is none."""
    head, first, second, third, *_ = INCOMING.split(b"\r\n")
    broken = (
        first.replace(b"BP", b"\xe9\xe9"),
        b";" * 98,
        second.replace(b"150101", b"150"),
        second + b";surplus",
        second,
        third.replace(b";3;", b';"3"3;'),
        third,
    )

    readings = read(b"\r\n".join((head, *broken)))

    assert [
        [("csv.encoding", "line[2]")],
        [("fr.ewc.form", "line[4].wasteCode")],
        [("fr.row.cells", "line[5]")],
        [],
        [("csv.row", "line[7]")],
        [],
    ] == [found(item) for item in readings]


def test_cells_at_the_end_may_be_left_out() -> None:
    """A row that stops after its last filled cell is whole."""
    head, first, *_ = rows()
    short = [first[number] for number in range(len(first)) if number <= 60]

    (whole,), (cut,) = read(written([head, first])), read(written([head, short]))

    assert whole == cut
    assert 1 == len(cut.statements)


def test_lines_before_a_break_stand() -> None:
    """JSON that is cut in a line publishes those before it."""
    text = (DOCUMENTS / "outgoing_waste.jsonl").read_bytes()
    *right, broken = outcomes(text[:-40], register="outgoing_waste")

    assert 8 == sum(len(outcome.events) for outcome in right)
    assert [("json.truncated", "$[8]")] == found(broken)


def test_a_large_file_is_read_line_by_line() -> None:
    """The first line is there before the file's end was looked at."""
    head, *body = INCOMING.splitlines(keepends=True)
    stream = io.BytesIO(head + b"".join(body) * 500)

    first = list(islice(FrRegistry({}).read(stream), 3))

    assert 3 == len(first)
    assert stream.tell() < len(head) + 8 * max(map(len, body))


@given(data=st.binary(max_size=300), is_after_header=st.booleans())
def test_no_bytes_make_it_fail(data: bytes, *, is_after_header: bool) -> None:
    """Whatever a file holds, it is told and not raised."""
    text = INCOMING.splitlines(keepends=True)[0] + data if is_after_header else data

    assert all(finding.rule in RULES for item in read(text, register="ssd") for finding in item.findings)


_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.decimals(),
    st.text(max_size=20),
    st.lists(st.text(max_size=8), max_size=3),
    st.sampled_from(
        ["2026-01-31", "31/01/2026", "OUI", "R 3", "00001202100010", "EDIT", "FR", "1e999999", "0x1"]
    ),
)


@given(line=st.dictionaries(st.sampled_from(sorted(MEMBERS)), _VALUES), register=st.sampled_from(REGISTERS))
def test_no_value_makes_it_fail(line: dict[str, Any], register: Any) -> None:
    """Whatever a member holds, the line is published or told by a rule, with a path of its own."""
    native = {"publicId": "L-1", "reportForCompanySiret": "00001202100010", **line}
    text = json.dumps(native, default=str).encode()

    for item in outcomes(text, register=register.name):
        assert all(finding.path.startswith("$[0]") for finding in item.findings)
        assert not item.is_rejected or not item.events


@given(
    cells=st.lists(st.sampled_from(["", "1", "x", TEXT, "2026-02-30", "é", ";", '"', "0,5"]), max_size=110)
)
def test_no_cell_stands_in_a_finding(cells: list[str]) -> None:
    """Findings have rules, places and remedies, and never what they found."""
    for item in outcomes(written([rows()[0], cells])):
        assert TEXT not in repr(item.findings)
