"""DEFRA's green-list exports: the bulk CSV of Annex VII records, 145 columns.

A file is one upload of one account, which a setting names; each row from the third on is
a document. The columns have no number of the official form, so the reference is that of
account and row. Estimates become actuals under the same reference: a row whose date and
quantity are actual outranks every estimate, whenever it is delivered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, ClassVar

from pydantic import BaseModel

from producers.adapters.uk_annex_vii import layout, model, shipment
from producers.adapters.uk_annex_vii.columns import HEADERS
from producers.adapters.uk_annex_vii.model import Entry
from producers.adapters.uk_annex_vii.rules import RULES, RULES_BY_ID
from producers.reading import csv_stream
from producers.reading.csv_stream import Row
from producers.reading.file_rules import FILE_RULES, FILE_RULES_BY_ID
from producers.statement import Identity, Reading, Statement
from schemas.findings import Finding, Rule
from schemas.movement import Stage

# Free of the separators of references and document ids.
_ACCOUNT = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
# The stages of which a row says nothing any more once its date and quantity are actual.
_ANNOUNCED = frozenset({Stage.ANNOUNCED})
_NOTHING: frozenset[Stage] = frozenset()


class UkAnnexVii:
    """The adapter; see `producers.adapter.Adapter`."""

    name: ClassVar[str] = "uk-annex-vii"
    source_format: ClassVar[str] = "uk-annex-vii/1"
    version: str = "1"
    default_agency: str = "GB-EA"
    settings: ClassVar[Mapping[str, str]] = {
        "account": "Identifier of the account whose records the file holds.",
    }
    native_models: ClassVar[tuple[type[BaseModel], ...]] = (Entry,)
    rules: ClassVar[tuple[Rule, ...]] = (*FILE_RULES, *RULES)
    has_complete_sets: ClassVar[bool] = False

    def __init__(self, values: Mapping[str, str]) -> None:
        """Take the account; the file itself does not say it."""
        self._account = values.get("account", "").strip()

    def read(self, stream: BinaryIO) -> Iterator[Reading]:
        """Yield one reading for each row; see `producers.adapter.Adapter.read`."""
        if _ACCOUNT.fullmatch(self._account) is None:
            yield Reading("$", findings=(RULES_BY_ID["annex7.account.missing"].at("$"),))
            return
        rows = csv_stream.rows(stream)
        # The first row is guidance for people.
        next(rows, None)
        findings = layout.findings(next(rows, None))
        if findings:
            yield Reading("$", findings=findings)
            return
        yield from self._readings(rows)

    def _readings(self, rows: Iterator[Row]) -> Iterator[Reading]:
        first_lines: dict[str, int] = {}
        is_empty = True
        for row in rows:
            # Spreadsheets leave rows of nothing but separators.
            if row.rule is None and not any(map(str.strip, row.cells)):
                continue
            is_empty = False
            yield self._reading(row, first_lines).of(row.source)
        if is_empty:
            yield Reading("$", findings=(RULES_BY_ID["annex7.rows.missing"].at("$"),))

    def _reading(self, row: Row, first_lines: dict[str, int]) -> Reading:
        path = f"line[{row.line}]"
        if row.rule is not None:
            return Reading(path, findings=(FILE_RULES_BY_ID[row.rule].at(path),))
        if len(row.cells) != len(HEADERS):
            return Reading(path, findings=(RULES_BY_ID["annex7.row.cells"].at(path),))
        entry = parse(row.cells)
        identity = identify(entry, self._account)
        said, findings = statements(entry, self._account, path)
        if identity is not None:
            first_line = first_lines.setdefault(entry.reference, row.line)
            if first_line != row.line:
                return Reading(path, identity, findings=(*_repeated(path, first_line), *findings))
        past = _ANNOUNCED if identity is not None and identity.phase else _NOTHING
        return Reading(path, identity, said, findings, silent_stages=past)


def parse(cells: Sequence[str]) -> Entry:
    """Return the row that 145 cells make; any texts make one."""
    return model.entry(cells)


def identify(entry: Entry, account: str) -> Identity | None:
    """Return which record of which account it is, None where it does not say so."""
    if not model.is_reference(entry.reference):
        return None
    phase = int(shipment.stage(entry) is Stage.DISPATCHED)
    return Identity(f"{account}/{entry.reference}", phase=phase)


def statements(entry: Entry, account: str, path: str) -> tuple[tuple[Statement, ...], tuple[Finding, ...]]:
    """Return what the row says, and everything noteworthy about it."""
    return shipment.stated(entry, account, path)


def _repeated(path: str, first_line: int) -> tuple[Finding, ...]:
    """Return what is told of a row whose reference an earlier row has, at both of them."""
    return (
        RULES_BY_ID["annex7.reference.repeated"].at(f"{path}.reference"),
        RULES_BY_ID["annex7.reference.first"].at(f"line[{first_line}].reference"),
    )
