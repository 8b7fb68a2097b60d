"""Rows of tables, of any number: those of our test documents with other numbers, companies and amounts."""

from __future__ import annotations

import csv
import io
import random
from functools import cache
from pathlib import Path

from tests.benchmarks.loads.json_loads import FACILITIES, GENERATORS
from tests.support import tables
from tests.support.samples import ROOT

DOCUMENTS = ROOT / "tests" / "documents"
GREEN_LIST_FILE = DOCUMENTS / "uk_annex_vii" / "estimates.csv"
REGISTER_FILE = DOCUMENTS / "fr_registry" / "incoming_waste.csv"
LOADS_FILE = tables.DOCUMENTS / "loads.csv"

# An account is that of one exporter, or of one who arranges exports for others.
EXPORTERS, IMPORTERS = 20, 1_000
# Places of cells in a green-list row: reference, tonnes, and the names and phones of exporter and importer.
_REFERENCE, _TONNES = 0, 9
_EXPORTER, _EXPORTER_PHONE = 13, 20
_IMPORTER, _IMPORTER_PHONE = 23, 27


def green_list_row(number: int) -> str:
    """Return a row of a UK green-list upload; the same number gives the same."""
    dice = random.Random(number)  # noqa: S311  # a seeded load
    cells = _template(GREEN_LIST_FILE, ",", 2, number)
    cells[_REFERENCE] = f"B{number:09d}"
    if cells[_TONNES]:
        cells[_TONNES] = str(dice.randrange(100, 2_500) / 100)
    for name, phone, many in (
        (_EXPORTER, _EXPORTER_PHONE, EXPORTERS),
        (_IMPORTER, _IMPORTER_PHONE, IMPORTERS),
    ):
        company = dice.randrange(many)
        cells[name], cells[phone] = f"Example {company} Ltd", f"+3100{company:08d}"
    return _line(cells, ",")


def register_line(number: int) -> str:
    """Return a line of the French registry; the same number gives the same."""
    dice = random.Random(number)  # noqa: S311  # a seeded load
    names = _rows(REGISTER_FILE, ";")[0]
    cells = dict(zip(names, _template(REGISTER_FILE, ";", 1, number), strict=True))
    cells["Identifiant unique"] = f"B-{number}"
    cells["Poids en tonnes"] = str(dice.randrange(100, 25_000) / 1_000).replace(".", ",")
    cells["SIRET du destinataire"] = siret(dice.randrange(FACILITIES))
    if cells["Type d'expéditeur ou de détenteur"] == "ETABLISSEMENT_FR":
        cells["Numéro d'identification de l'expéditeur ou du détenteur"] = siret(dice.randrange(GENERATORS))
    return _line(list(cells.values()), ";")


def load(number: int) -> tables.Row:
    """Return a row of the table that the example of a mapping describes; the same number gives the same."""
    dice = random.Random(number)  # noqa: S311  # a seeded load
    found = dict(_loads()[number % len(_loads())])
    found["Ticket"] = f"B{number}"
    found["Site no"] = f"BE-{dice.randrange(FACILITIES)}"
    found["Sender no"] = f"FR-{dice.randrange(GENERATORS)}"
    for name in ("Announced", "Net weight"):
        if found[name]:
            found[name] = str(dice.randrange(100, 2_500) / 100).replace(".", ",")
    if found["Unit"]:
        found["Unit"] = "t"
    return found


def load_line(number: int) -> str:
    """Return such a row as a line of a CSV file."""
    return _line(list(load(number).values()), ";")


def head(file: Path, rows: int) -> str:
    """Return the header rows of a file, without its byte order mark."""
    text = file.read_text("utf-8-sig")
    return "".join(text.splitlines(keepends=True)[:rows])


def siret(number: int) -> str:
    """Return a number of a French establishment that passes Luhn's check; none is all zeros."""
    stem = f"{number + 1:013d}"
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in stem[::-2])
    return f"{stem}{-(sum(doubled) + sum(map(int, stem[-2::-2]))) % 10}"


def _template(file: Path, delimiter: str, headers: int, number: int) -> list[str]:
    rows = _rows(file, delimiter)[headers:]
    return list(rows[number % len(rows)])


def _line(cells: list[str], delimiter: str) -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator="\n").writerow(cells)
    return written.getvalue().removesuffix("\n")


@cache
def _rows(file: Path, delimiter: str) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.reader(text, delimiter=delimiter))


@cache
def _loads() -> list[tables.Row]:
    return tables.texts()
