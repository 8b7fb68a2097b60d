"""The French waste registry, second version: register lines to statements.

A file is a register's CSV with French labels, told by its header, or the JSON of the registry's
interface: lines, an array of them, or envelopes {register, lines}. Every line is a document of
its own, known by register, SIRET and identifier; its reason says whether it is new, corrects or
withdraws. Lines have no order of their own: that of their delivery, and in a file of their
place, decides.
"""

from __future__ import annotations

import codecs
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, ClassVar, TypeVar

from pydantic import BaseModel, ValidationError

from producers.adapters.fr_registry import registers
from producers.adapters.fr_registry.checks import checked
from producers.adapters.fr_registry.facts import Telling
from producers.adapters.fr_registry.header import Header, header
from producers.adapters.fr_registry.model import MEMBERS, Key, Line, Parties
from producers.adapters.fr_registry.registers import REGISTERS, Register
from producers.adapters.fr_registry.rules import RULES, RULES_BY_ID
from producers.adapters.fr_registry.sealed import Said, Takers, member, members
from producers.reading import csv_stream, json_stream
from producers.reading.csv_stream import Row
from producers.reading.file_rules import FILE_RULES, FILE_RULES_BY_ID
from producers.reading.json_stream import BrokenJsonError
from producers.reading.native_model import model_findings
from producers.statement import Identity, Intent, Reading, Statement
from schemas.findings import Finding, Rule, has_error

_DELIMITER = ";"
_START_BYTES = 4096
_LINE_MEMBERS = frozenset({"publicId", "reportForCompanySiret"})
_TAKERS = Takers(member, members)
_Model = TypeVar("_Model", bound=BaseModel)


class FrRegistry:
    """The adapter; see `producers.adapter.Adapter`."""

    name: ClassVar[str] = "fr-registry"
    source_format: ClassVar[str] = "fr-registry/2"
    version: str = "1"
    default_agency: str = "FR-DGPR"
    settings: ClassVar[Mapping[str, str]] = {
        "register": "Register of JSON lines without an envelope: "
        f"{', '.join(register.name for register in REGISTERS)}."
    }
    native_models: ClassVar[tuple[type[BaseModel], ...]] = (Key, Line, Parties)
    rules: ClassVar[tuple[Rule, ...]] = (*FILE_RULES, *RULES)
    has_complete_sets: ClassVar[bool] = False

    def __init__(self, values: Mapping[str, str]) -> None:
        """Take the register of bare lines; an envelope's own wins."""
        self._register = registers.find(values.get("register"))

    def read(self, stream: BinaryIO) -> Iterator[Reading]:
        """Yield one reading for each line; see `producers.adapter.Adapter.read`."""
        is_json = stream.read(_START_BYTES).removeprefix(codecs.BOM_UTF8).lstrip()[:1] in {b"{", b"["}
        stream.seek(0)
        yield from self._json(stream) if is_json else _csv(stream)

    def _json(self, stream: BinaryIO) -> Iterator[Reading]:
        number, lines = 0, _Lines()
        try:
            for native, source in json_stream.originals(stream):
                yield from (item.of(source) for item in self._document(native, f"$[{number}]", lines))
                number += 1
        except BrokenJsonError as error:
            path = f"$[{number}]"
            yield Reading(path, findings=(FILE_RULES_BY_ID[error.rule].at(path),))

    def _document(self, native: Any, path: str, lines: _Lines) -> Iterator[Reading]:
        """Yield the line that a value is, or those of an envelope."""
        if not isinstance(native, dict) or not isinstance(native.get("lines"), list):
            yield self._bare(native, path, self._register, lines)
            return
        register = registers.find(native["register"]) if "register" in native else self._register
        for number, line in enumerate(native["lines"]):
            yield self._bare(line, f"{path}.lines[{number}]", register, lines)

    def _bare(self, native: Any, path: str, register: Register | None, lines: _Lines) -> Reading:
        if not isinstance(native, dict) or _LINE_MEMBERS.isdisjoint(native):
            return Reading(path, findings=(FILE_RULES_BY_ID["layout.unknown"].at(path),))
        if register is None:
            return Reading(path, findings=(RULES_BY_ID["fr.register.unknown"].at(path),))
        filled = {name: value for name, value in native.items() if name in MEMBERS and not _is_blank(value)}
        return lines.reading(filled, _TAKERS.said(native), register, path)


class _Lines:
    """The lines of one file, of which it is known how often each one has come."""

    def __init__(self) -> None:
        self._seen: defaultdict[str, int] = defaultdict(int)

    def reading(self, native: dict[str, Any], said: Said, register: Register, path: str) -> Reading:
        """Return the reading of one line.

        Args:
            native: Its members that hold anything.
            said: What it says of its parties.
            register: The register it belongs to.
            path: Place of the line in its file.
        """
        key, findings = _parsed(Key, native, path)
        if key is None:
            _, more = parse(native, register, path)
            return Reading(path, findings=(*findings, *more))
        identity = self._identity(key, register)
        if key.reason is None:
            return Reading(path, identity, is_draft=True)
        if key.reason is Intent.CANCEL:
            return Reading(path, identity, is_draft=register.stage is None, intent=key.reason)
        line, findings = parse(native, register, path)
        stated, noticed = statements(line, key, said, register, path) if line is not None else ((), ())
        findings = (*findings, *noticed)
        if has_error(findings):
            return Reading(path, identity, findings=findings)
        return Reading(path, identity, stated, findings, is_draft=register.stage is None, intent=key.reason)

    def _identity(self, key: Key, register: Register) -> Identity:
        identity = identify(key, register)
        occurrence = self._seen[identity.document_id]
        self._seen[identity.document_id] += 1
        return identity._replace(occurrence=occurrence) if occurrence else identity


def parse(
    native: Mapping[str, Any], register: Register, path: str
) -> tuple[Line | None, tuple[Finding, ...]]:
    """Return the line, and everything that is wrong with its members and between them."""
    missing = RULES_BY_ID["fr.field.missing"]
    absent = [missing.at(f"{path}.{member}") for member in register.required if member not in native]
    line, findings = _parsed(Line, native, path)
    return line, (*absent, *findings, *(checked(line, register, path) if line is not None else ()))


def identify(key: Key, register: Register) -> Identity:
    """Return which line of whose register it is."""
    return Identity(f"{register.name}:{key.report_for_company_siret}:{key.public_id}")


def statements(
    line: Line, key: Key, said: Said, register: Register, path: str
) -> tuple[tuple[Statement, ...], tuple[Finding, ...]]:
    """Return what the line says, and everything noteworthy about it."""
    telling = Telling(register, key, line, said, path)
    stated = tuple(telling.statements())
    return stated, tuple(telling.findings)


def _csv(stream: BinaryIO) -> Iterator[Reading]:
    rows = csv_stream.rows(stream, _DELIMITER)
    first = next(rows, None)
    if first is None or first.rule is not None:
        path = "line[1]"
        rule = first.rule if first is not None and first.rule is not None else "layout.unknown"
        yield Reading(path, findings=(FILE_RULES_BY_ID[rule].at(path),))
        return
    head, findings = header(first)
    if head is None:
        yield Reading(f"line[{first.line}]", findings=findings)
        return
    lines = _Lines()
    for row in rows:
        reading = _row(row, head, lines)
        if reading is not None:
            yield reading.of(row.source)


def _row(row: Row, head: Header, lines: _Lines) -> Reading | None:
    path = f"line[{row.line}]"
    if row.rule is not None:
        return Reading(path, findings=(FILE_RULES_BY_ID[row.rule].at(path),))
    cells = row.cells
    if any(map(str.strip, cells[head.width :])):
        return Reading(path, findings=(RULES_BY_ID["fr.row.cells"].at(path),))
    # Cells at the end may be left out; one more stands for columns that the file has not.
    cells += [""] * (head.width + 1 - len(cells))
    stripped = zip(head.members, map(str.strip, head.picked(cells)), strict=True)
    native = {member: text for member, text in stripped if text}
    said = head.takers.said(cells)
    return lines.reading(native, said, head.register, path) if any(map(str.strip, cells)) else None


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _parsed(
    model: type[_Model], native: Mapping[str, Any], path: str
) -> tuple[_Model | None, tuple[Finding, ...]]:
    try:
        return model.model_validate(native), ()
    except ValidationError as error:
        return None, model_findings(
            error, path, RULES_BY_ID, missing="fr.field.missing", other="fr.field.type"
        )
