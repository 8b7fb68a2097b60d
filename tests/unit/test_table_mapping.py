"""Mapping files: what they may say, and what is told of their mistakes."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel, ValidationError

from producers.adapters.table import Table
from producers.adapters.table.model import CommonKeys, Mapping
from schemas.errors import ConfigurationError
from tests.support.mapping_page import PAGE, SECTIONS, with_keys
from tests.support.tables import EXAMPLE

TEXT = EXAMPLE.read_text("utf-8")


def refused(tmp_path: Path, text: str) -> ConfigurationError:
    """Return the error of a mapping."""
    file = tmp_path / "flanders.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        Table({"mapping": str(file)})
    assert caught.value.hint
    assert str(file) in str(caught.value)
    return caught.value


def told(tmp_path: Path, *changes: tuple[str, str]) -> list[str]:
    """Return what is told of the example with some texts replaced, a line for each mistake."""
    text = TEXT
    for old, new in changes:
        assert old in text, f"the example has no {old}"
        text = text.replace(old, new)
    return [line.strip() for line in str(refused(tmp_path, text)).splitlines()[1:]]


def test_no_mapping_is_a_configuration_error() -> None:
    """Without a mapping the adapter says how to name one."""
    with pytest.raises(ConfigurationError) as caught:
        Table({})

    assert "--set mapping=" in caught.value.hint


def test_the_manual_lists_the_keys_there_are() -> None:
    """The tables of keys are generated from the model."""
    text = PAGE.read_text("utf-8")

    assert with_keys(text) == text, "run python -m tests.support.mapping_page"


@pytest.mark.parametrize(("title", "section"), SECTIONS)
def test_every_example_of_the_manual_is_right(title: str, section: type[BaseModel]) -> None:
    """Each key has a sentence, and examples that the key takes."""
    for name, field in section.model_fields.items():
        key = field.alias or name
        assert field.description, f"{title} {key}"
        assert field.examples, f"{title} {key}"
        for example in field.examples:
            assert [] == mistakes(section, tomllib.loads(f"{key} = {example}"), key)


def mistakes(section: type[BaseModel], raw: dict[str, object], key: str) -> list[str]:
    """Return what a section finds wrong with one key."""
    try:
        section.model_validate(raw)
    except ValidationError as error:
        return [item["msg"] for item in error.errors() if item["loc"][:1] == (key,)]
    return []


def test_the_manual_has_every_section() -> None:
    """No section of the model is left out of the manual."""
    assert sections(Mapping) - {Mapping, CommonKeys} == {section for _, section in SECTIONS}


def sections(part: object) -> set[type[BaseModel]]:
    """Return the sections in a section or in the type of a key."""
    if isinstance(part, type) and issubclass(part, BaseModel):
        inner = (sections(field.annotation) for field in part.model_fields.values())
        return {part}.union(*inner)
    return set[type[BaseModel]]().union(*map(sections, get_args(part)))


def test_the_example_says_it_is_right() -> None:
    """The commented example loads."""
    assert "BE-OVAM" == Table({"mapping": str(EXAMPLE)}).default_agency


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([("decimal =", "decimals =")], "table.decimals: no such key here: write decimal"),
        ([("decimal =", "colour =")], "table.colour: no such key here: known are agency, zone, format"),
        ([('agency = "BE-OVAM"', "")], 'table.agency: missing: write agency = "BE-OVAM"'),
        ([('"BE-OVAM"\nzone', '"OVAM"\nzone')], "table.agency: no name of an agency: write country"),
        ([("Europe/Brussels", "Brussels")], "table.zone: no time zone: write the nearest city"),
        ([('delimiter = ";"', 'delimiter = ";;"')], "table.delimiter: write ',', ';', "),
        ([('delimiter = ";"', "header_row = 0")], "table.header_row: input should be greater than"),
        (
            [('delimiter = ";"', 'header_row = "1"')],
            "table.header_row: input should be a valid integer: write",
        ),
        ([('delimiter = ";"', 'thousands = ","')], "table: thousands and decimal are the same sign"),
        (
            [('= "dd/mm/yyyy"\nignore', '= "dd/mm/yy"\nignore')],
            "table.date_format: no format of dates: write",
        ),
        ([('"dd/mm/yyyy hh:mm"', '"hh:mm"')], "identity.recorded_at: no format of dates: write"),
        ([('["Permit no", "Ticket"]\nrecorded', "[]\nrecorded")], "identity.document: value should have at"),
        ([('["Permit no", "Ticket"]\nrecorded', "7\nrecorded")], 'identity.document 1: write "Name of'),
        ([('words = ["Cancelled"]', "words = []")], "cancel.words: an empty list"),
        (
            [('side = { value = "destination" }', 'side = "destination"')],
            "movement.side: a column of this name",
        ),
        (
            [('{ value = "destination" }', '{ value = "receiver" }')],
            'movement.side: "receiver" cannot stand here',
        ),
        ([("serial =", "serie =")], "movement.notification.serie: no such key here: write serial"),
        ([('prefix = "BE-OVAM"', 'prefix = "LOW"')], "movement.own.prefix: no name of a scheme"),
        (
            [('{ country = { value = "BE" }', '{ country = { value = "Belgistan" }')],
            "common.destination.country:",
        ),
        ([('Limburg = "BE-VLI"', 'Limburg = "the province"')], 'common.destination.region: "the province"'),
        ([('J = "yes"', 'J = "ja"')], 'common.hazardous: "ja" cannot stand here: write "yes", "no"'),
        ([('J = "yes"', 'J = "yes", j = "no"')], "common.hazardous: two words differ in capitals"),
        (
            [('low = "EWC code"', 'low = { column = "EWC code", format = "iso" }')],
            'common.codes.low: "format" has',
        ),
        (
            [('low = "EWC code"', 'ewc = "EWC code"')],
            "common.codes.ewc: no such key here: known are low, basel",
        ),
        ([('"BE-OVAM-MATERIAL"', '"BASEL"')], "common.codes.other.BASEL: no name of a scheme"),
        ([('stage = "refused"', 'stage = "rejected"')], "statement 3.stage: no stage: write one of notified"),
        ([('stage = "refused"', "")], 'statement 3.stage: missing: write stage = "received"'),
        (
            [('t = "TNE"', 't = "tonne"')],
            'statement 2.quantity.unit: "tonne" cannot stand here: write a unit',
        ),
        ([('basis = { value = "weighed" }', 'basis = { value = "exact" }')], "statement 2.quantity.basis:"),
        ([('date = "Date announced"', "")], 'statement 1.date: missing: write date = "Date received"'),
        (
            [('date = "Date announced"', 'date = { value = "2025-01-01" }')],
            'statement 1.date: "value" has no meaning',
        ),
        ([('is = ["Refused"]', "equals = 1")], "statement 3.when 1.is: missing: write is ="),
        ([("[identity]", "[identities]")], "identity: missing: write [identity]"),
        (
            [('stage = "refused"\nwhen = { column = "Status", is = ["Refused"] }', 'stage = "announced"')],
            "the file: two",
        ),
    ],
)
def test_mistake_says_key_and_remedy(tmp_path: Path, changes: list[tuple[str, str]], expected: str) -> None:
    """Each mistake is told once, with its key, what is wrong and what to write instead."""
    lines = [line for line in told(tmp_path, *changes) if line.startswith(expected)]

    assert 1 == len(lines), told(tmp_path, *changes)


PARTY = '[sealed]\n[[sealed.party]]\nrole = "carrier"\nname = "Carrier"\n\n[common]'


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (('"carrier"', '"lorry"'), "sealed.party 1.role: no role: write one of generator, sender"),
        (("role =", "rolle ="), "sealed.party 1.rolle: no such key here: write role"),
        (("name =", "scheme ="), "sealed.party 1.scheme: no name of a scheme"),
        (
            ('name = "Carrier"', 'scheme = "BE-OVAM-SITE"'),
            "sealed.party 1: scheme and identifier belong together",
        ),
        (('name = "Carrier"', ""), "sealed.party 1: nothing is said of it: write scheme and identifier"),
        (("name =", "driver ="), "sealed.party 1.driver: no such key here: known are role, scheme"),
        (('name = "Carrier"', 'name = { value = "Acme" }'), 'sealed.party 1.name: "value" has no meaning'),
        (
            ("[sealed]", '[sealed]\nreferences = { permit = "Permit" }'),
            "sealed.references.permit: no such key here: known are consent",
        ),
        (("[sealed]", "[sealed]\ndocument_number = []"), "sealed.document_number: value should have at"),
        (
            ("[sealed]", '[sealed]\nnumber = "Ticket"'),
            "sealed.number: no such key here: known are document_number",
        ),
    ],
)
def test_mistake_in_what_is_sealed_says_key_and_remedy(
    tmp_path: Path, change: tuple[str, str], expected: str
) -> None:
    """Mistakes in the section for authorities are told as all others are."""
    lines = told(tmp_path, ("[common]", PARTY.replace(*change)))

    assert 1 == len([line for line in lines if line.startswith(expected)]), lines


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """A file with five mistakes names five keys; one under [common] is told once, not for every statement."""
    lines = told(
        tmp_path,
        ("zone =", "timezone ="),
        ('t = "TNE"', 't = "tonne"'),
        ('J = "yes"', 'J = "ja"'),
        ('stage = "refused"', 'stage = "rejected"'),
    )

    assert [
        "common.hazardous",
        "statement 2.quantity.unit",
        "statement 3.stage",
        "table.timezone",
        "table.zone",
    ] == (sorted(line.partition(":")[0] for line in lines))


@pytest.mark.parametrize(
    "text",
    [
        "[table\n",
        "",
        "a = 1\n",
        "[table]\nagency = BE\n",
        "statement = 1\n",
        "[statement]\nstage = 1\n",
        "common = 1",
    ],
)
def test_file_that_is_no_mapping(tmp_path: Path, text: str) -> None:
    """A file that is no TOML, or holds something else, is refused with a remedy."""
    refused(tmp_path, text)


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A file that is absent, a folder, or not UTF-8 is named."""
    (tmp_path / "latin.toml").write_bytes(TEXT.replace("Antwerpen", "Li\u00e8ge").encode("cp1252"))

    for name in ("absent.toml", ".", "latin.toml"):
        with pytest.raises(ConfigurationError) as caught:
            Table({"mapping": str(tmp_path / name)})
        assert str(tmp_path / name) in str(caught.value)
        assert caught.value.hint
