"""Any table by a mapping file: CSV, Excel, Parquet, or the rows of a query as JSON.

Each row is a document of its own, and states what the sections `[[statement]]` of the mapping
say of it. Only columns that the mapping names are looked at.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, ClassVar

from pydantic import BaseModel

from producers.adapters.table import lines, mapping_file
from producers.adapters.table.columns import Columns
from producers.adapters.table.facts import Fact
from producers.adapters.table.identity import Identities
from producers.adapters.table.line import BrokenTableError, Line
from producers.adapters.table.model import SECTIONS
from producers.adapters.table.model import Mapping as TableMapping
from producers.adapters.table.movement import Movements
from producers.adapters.table.row import Getter, Once, Row, folds
from producers.adapters.table.rules import RULES, RULES_BY_ID
from producers.adapters.table.sealed import sealed
from producers.adapters.table.source import sources
from producers.reading.file_rules import FILE_RULES, FILE_RULES_BY_ID
from producers.statement import Identity, Reading, Statement
from schemas.errors import ConfigurationError
from schemas.findings import Finding, Rule, has_error
from schemas.movement import Precision, Side, Stage

_CODE_VERSION = "1"
_SEEN_BYTES = 8
_SELECTIONS_MAX = 1024
# Which stages one has moved past. Received, refused and stopped are alternatives: a row that
# changes from one to the other takes the first back.
_PROGRESS = {
    Stage.NOTIFIED: 0,
    Stage.ANNOUNCED: 1,
    Stage.DISPATCHED: 2,
    Stage.TRANSFERRED: 3,
    Stage.BORDER_CROSSED: 4,
    Stage.RECEIVED: 5,
    Stage.REFUSED: 5,
    Stage.STOPPED: 5,
    Stage.REPATRIATED: 6,
    Stage.TREATED: 6,
    Stage.END_OF_WASTE: 7,
}
# What is planned may be dated after what came of it.
_INTENDED = frozenset({Stage.NOTIFIED, Stage.ANNOUNCED})


class Table:
    """The adapter; see `producers.adapter.Adapter`."""

    name: ClassVar[str] = "table"
    source_format: ClassVar[str] = "table/1"
    version: str = _CODE_VERSION
    default_agency: str = "of the mapping"
    settings: ClassVar[Mapping[str, str]] = {
        "mapping": "File, in TOML, that says what the columns of the table mean.",
    }
    native_models: ClassVar[tuple[type[BaseModel], ...]] = SECTIONS
    rules: ClassVar[tuple[Rule, ...]] = (*FILE_RULES, *RULES)
    has_complete_sets: ClassVar[bool] = False

    def __init__(self, values: Mapping[str, str]) -> None:
        """Read the mapping.

        Raises:
            ConfigurationError: There is none, or it has mistakes.
        """
        if "mapping" not in values:
            raise ConfigurationError(
                "the adapter table needs a mapping file",
                hint="--set mapping=FILE.toml; producers/adapters/table/example.toml is one with comments",
            )
        self._mapping = mapping_file.load(Path(values["mapping"]))
        self.version = f"{_CODE_VERSION}-{mapping_file.digest(self._mapping)}"
        self.default_agency = self._mapping.table.agency

    def read(self, stream: BinaryIO) -> Iterator[Reading]:
        """Yield one reading for each row; see `producers.adapter.Adapter.read`."""
        try:
            table = lines.opened(stream, self._mapping.table)
            mapped = dict.fromkeys(str(source.column) for source in sources(self._mapping) if source.column)
            columns = Columns(table.header, list(mapped), self._mapping.table.ignore)
            if columns.findings:
                yield Reading("file", findings=columns.findings)
                return
            yield from _noted(Rows(self._mapping, columns).read(table.read(columns.places)), columns)
        except BrokenTableError as error:
            rule = RULES_BY_ID.get(error.rule) or FILE_RULES_BY_ID[error.rule]
            yield Reading(error.path, findings=(rule.at(error.path),))


class Rows:
    """The mapping, bound to the columns of a file."""

    def __init__(self, mapping: TableMapping, columns: Columns) -> None:
        self._identities = Identities(mapping.identity, columns, mapping.table)
        self._movements = Movements(mapping.movement, columns)
        once = Once()
        said = sealed(mapping, columns, once)
        self._facts = [Fact(keys, columns, mapping.table, once, said) for keys in mapping.statement]
        self._past = lru_cache(_SELECTIONS_MAX)(self._past_stages)
        self._cancels = _canceller(mapping, columns)

    def read(self, table: Iterator[Line]) -> Iterator[Reading]:
        """Yield the reading of each row that is not empty."""
        seen: set[bytes] = set()
        for line in table:
            path = f"line[{line.number}]"
            row, broken = parse(line, path)
            if broken is not None:
                yield Reading(path, findings=(broken,))
            elif row is not None:
                yield self._reading(row, seen)

    def identify(self, row: Row) -> Identity | None:
        """Return which version of which document a row is, None where it does not say so."""
        return self._identities.identify(row)

    def statements(self, row: Row, selected: list[Fact]) -> tuple[Statement, ...]:
        """Return what a row says, noting what is wrong with it: an error makes it worthless."""
        reference, side = self._movements.reference(row), self._movements.side(row)
        line_number = self._movements.line(row)
        stated = [
            fact.statement(row, reference or "", side or Side.DOMESTIC, line_number) for fact in selected
        ]
        return tuple([statement for statement in stated if statement is not None])

    def _reading(self, row: Row, seen: set[bytes]) -> Reading:
        identity = self.identify(row)
        if identity is not None and _is_repeated(identity, seen):
            row.note("table.row.repeated", "identity")
        if self._cancels(row):
            # A table holds its state: what was cancelled before it was ever published needs nothing.
            return Reading(row.path, identity, findings=row.findings)
        selected = [fact for fact in self._facts if fact.is_selected(row)]
        said = self.statements(row, selected)
        is_draft = not selected
        if is_draft:
            row.note("table.row.unselected", "when")
        elif not said and not row.findings:
            row.note("table.row.silent", "date")
        if identity is None or has_error(row.findings):
            return Reading(row.path, identity, findings=row.findings)
        if _is_out_of_order(said):
            row.note("table.date.order", "date")
        past = self._past(tuple([statement.stage for statement in said]), tuple(selected))
        return Reading(row.path, identity, said, row.findings, is_draft=is_draft, silent_stages=past)

    def _past_stages(self, said: tuple[Stage, ...], selected: tuple[Fact, ...]) -> frozenset[Stage]:
        """Return the stages that a row has moved past, and says nothing of for its `when`.

        A status that goes from announced to received takes no announcement back.
        """
        if len(selected) == len(self._facts):
            return frozenset()
        stages = {*said, *(fact.stage for fact in selected if fact.is_conditional)}
        reached = max((_PROGRESS[stage] for stage in stages), default=0)
        silent = {fact.stage for fact in self._facts} - {fact.stage for fact in selected}
        return frozenset(stage for stage in silent if _PROGRESS[stage] < reached)


def _is_out_of_order(said: tuple[Statement, ...]) -> bool:
    """Say whether a stage that happened is dated before an earlier one; a month has no day to compare."""
    days = [
        (_PROGRESS[statement.stage], statement.when.on)
        for statement in said
        if statement.stage not in _INTENDED and statement.when.precision is not Precision.MONTH
    ]
    return any(
        stage < other and on > other_on for (stage, on), (other, other_on) in itertools.permutations(days, 2)
    )


def parse(line: Line, path: str) -> tuple[Row | None, Finding | None]:
    """Return a row, nothing where all its mapped cells are empty, or what keeps it from being read."""
    if line.rule is not None:
        return None, (RULES_BY_ID.get(line.rule) or FILE_RULES_BY_ID[line.rule]).at(path)
    is_empty = all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in line.cells)
    return (None if is_empty else Row(path, line.cells)), None


def _canceller(mapping: TableMapping, columns: Columns) -> Getter:
    if mapping.cancel is None:
        return lambda _: False
    get, words = folds(mapping.cancel.column, columns), frozenset(mapping.cancel.words)
    return lambda row: (get(row) or "") in words


def _is_repeated(identity: Identity, seen: set[bytes]) -> bool:
    """Say whether a file had this version of the document before, and remember it."""
    text = f"{identity.document_id}\n{identity.revision}".encode(errors="surrogatepass")
    key = hashlib.blake2b(text, digest_size=_SEEN_BYTES).digest()
    is_repeated = key in seen
    seen.add(key)
    return is_repeated


def _noted(readings: Iterator[Reading], columns: Columns) -> Iterator[Reading]:
    """Yield all readings, the first with what is to be said once of a file."""
    first = next(readings, None)
    if first is not None:
        yield Reading(
            first.path,
            first.identity,
            first.statements,
            (*columns.undecided, *first.findings),
            is_draft=first.is_draft,
            silent_stages=first.silent_stages,
            intent=first.intent,
        )
        yield from readings
