"""Companies that are one, and enterprise groups: what an agency knows of the identifiers it states.

A CSV file that the agency maintains, one row for each identifier and period:

    scheme,identifier,canonical_scheme,canonical_identifier,group_scheme,group_identifier,valid_from,valid_to
    FR-SIREN,999000111,EU-VAT,FR12999000111,LEI,5493001KJTIIGC8Y1R12,2024-07-01,

The canonical identifier stands for the company instead of the stated one, so that two agencies that know it
by different numbers mean one contributor. The group counts as one under the disclosure rules. Either may be
empty; so may the first and the last day, which both belong to the period. A row for a French company
(FR-SIREN) is one for each of its establishments (FR-SIRET) that has no row of its own.

A row holds on the day of the fact. No message shows an identifier: the file tells who belongs to whom.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from producers.statement import Company, Statement
from schemas.errors import ConfigurationError

COLUMNS = (
    "scheme",
    "identifier",
    "canonical_scheme",
    "canonical_identifier",
    "group_scheme",
    "group_identifier",
    "valid_from",
    "valid_to",
)
_REMEMBERED_MAX = 16_384
_MISTAKES_SHOWN = 20
_SCHEME = re.compile(r"[A-Z0-9][A-Z0-9:._-]{0,31}", re.ASCII)
_IDENTIFIER = re.compile(r"[!-~]{1,100}", re.ASCII)
# Numbers that systems of the United Kingdom draw, in which case may count; nobody types them.
_DRAWN = frozenset({"GB-EPR-ORGANISATION", "GB-EPR-OVERSEAS-SITE", "GB-GLW-ACCOUNT"})
# Numbers that people group with points and strokes, and whose form is that of no other.
_FORMS = {
    # Directive 2006/112/EC, article 215, and the forms of its member states.
    "EU-VAT": re.compile(r"[A-Z]{2}[A-Z0-9+*]{2,13}", re.ASCII),
    # Delegated Regulation (EU) 2015/2446, annex B, data element 3/2.
    "EORI": re.compile(r"[A-Z]{2}[A-Z0-9]{1,15}", re.ASCII),
    # ISO 17442-1.
    "LEI": re.compile(r"[A-Z0-9]{18}[0-9]{2}", re.ASCII),
    "FR-SIREN": re.compile(r"[0-9]{9}", re.ASCII),
    "FR-SIRET": re.compile(r"[0-9]{14}", re.ASCII),
}
_STROKES = str.maketrans("", "", ".-/")
_SIREN_DIGITS = 9
_LEI_DIVISOR = 97


@lru_cache(_REMEMBERED_MAX)
def spelled(company: Company) -> Company:
    """Return a company as everybody spells it: no blanks, capital letters, no strokes where none belong."""
    scheme, identifier = "".join(company.scheme.split()).upper(), "".join(company.identifier.split())
    if scheme in _DRAWN:
        return Company(scheme, identifier)
    if scheme in _FORMS:
        identifier = identifier.translate(_STROKES)
    return Company(scheme, identifier.upper())


class _Row(NamedTuple):
    """What holds of one identifier from the first to the last day."""

    line: int
    canonical: Company | None
    group: Company | None
    first: date
    last: date

    def meets(self, other: _Row) -> bool:
        return self.first <= other.last and other.first <= self.last


_Rows = Mapping[Company, Iterable[_Row]]


@dataclass(frozen=True, slots=True)
class Groups:
    """What an agency knows of identifiers; nothing, if made without rows.

    Attributes:
        digest: Of the file: with another one, documents may say something new.
    """

    rows: _Rows = field(default_factory=dict, repr=False)
    digest: bytes = b""

    def applied(self, statement: Statement) -> Statement:
        """Return a statement whose companies are those that count.

        Where the file knows no group of the contributor, the one that the document states remains.
        """
        on = statement.when.on
        contributor, group = self._of(statement.contributor, on)
        companies = (
            contributor,
            self._of(group or statement.contributor_group, on)[0],
            self._of(statement.counterparty, on)[0],
        )
        # Most are spelled well and in no table, and a copy of a statement costs more than to look.
        if companies == (statement.contributor, statement.contributor_group, statement.counterparty):
            return statement
        return statement._replace(
            contributor=companies[0], contributor_group=companies[1], counterparty=companies[2]
        )

    def names_of(self, company: Company) -> set[Company]:
        """Return every company for which an identifier ever stood, to find what was kept by company."""
        return {spelled(company)} | {row.canonical for row in _rows_of(company, self.rows) if row.canonical}

    def _of(self, company: Company | None, on: date) -> tuple[Company | None, Company | None]:
        """Return the company that an identifier stands for on a day, and its group."""
        if company is None:
            return None, None
        named = spelled(company)
        found = self._row(named, on)
        if found is None:
            return named, None
        if found.canonical is None:
            return named, found.group
        other = None if found.group is not None else self._row(found.canonical, on)
        return found.canonical, found.group if other is None else other.group

    def _row(self, named: Company, on: date) -> _Row | None:
        found = _on(self.rows.get(named, ()), on)
        if found is None and named.scheme == "FR-SIRET":
            return _on(self.rows.get(_siren(named), ()), on)
        return found


# What an agency knows that keeps no table: how identifiers are spelled, and no more.
NO_GROUPS = Groups()


def _rows_of(company: Company, rows: _Rows) -> Iterator[_Row]:
    """Yield the rows of an identifier, then those of the company that an establishment belongs to."""
    named = spelled(company)
    yield from rows.get(named, ())
    if named.scheme == "FR-SIRET":
        yield from rows.get(_siren(named), ())


def _on(rows: Iterable[_Row], on: date) -> _Row | None:
    for row in rows:
        if row.first <= on <= row.last:
            return row
    return None


def _siren(establishment: Company) -> Company:
    """Return the company of an establishment: the first digits of its number (INSEE, SIRENE directory)."""
    return Company("FR-SIREN", establishment.identifier[:_SIREN_DIGITS])


def load(path: Path) -> Groups:
    """Read the file of an agency.

    Raises:
        ConfigurationError: It is absent or has mistakes; the message names all of them by line and rule.
    """
    try:
        content = path.read_bytes()
        rows, mistakes = _read(content.decode("utf-8-sig"))
    except OSError as error:
        raise ConfigurationError(f"no groups at {path}", hint="look at agency.groups") from error
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8", hint="save it as CSV in UTF-8") from None
    except csv.Error:
        raise ConfigurationError(f"{path} is no CSV", hint="look at its quotation marks") from None
    if mistakes:
        more = len(mistakes) - _MISTAKES_SHOWN
        shown = [f"line {line}: {text}" for line, text in sorted(mistakes)[:_MISTAKES_SHOWN]]
        told = "; ".join([*shown, f"and {more} more"] if more > 0 else shown)
        raise ConfigurationError(f"{path}: {told}", hint=f"the columns are {','.join(COLUMNS)}")
    return Groups(rows, hashlib.sha256(content).digest())


_Mistakes = list[tuple[int, str]]


def _read(text: str) -> tuple[_Rows, _Mistakes]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = [name.strip() for name in next(reader, [])]
    if sorted(header) != sorted(COLUMNS):
        return {}, [(1, "not the columns of this file")]
    rows: dict[Company, list[_Row]] = defaultdict(list)
    mistakes: _Mistakes = []
    for cells in filter(any, reader):
        line = reader.line_num
        if len(cells) != len(header):
            mistakes.append((line, "not one cell for each column"))
            continue
        named = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
        broken = list(_mistakes_of(named))
        mistakes += ((line, mistake) for mistake in broken)
        if not broken:
            rows[_company(named, "")].append(_row(line, named))
    mistakes += _contradictions(rows)
    return {company: tuple(found) for company, found in rows.items()}, mistakes


def _mistakes_of(cells: Mapping[str, str]) -> Iterator[str]:
    if not (cells["scheme"] and cells["identifier"]):
        yield "scheme and identifier are needed"
    if not (cells["canonical_identifier"] or cells["group_identifier"]):
        yield "neither a canonical identifier nor a group"
    for part in ("", "canonical_", "group_"):
        if bool(cells[f"{part}scheme"]) != bool(cells[f"{part}identifier"]):
            yield f"{part}scheme and {part}identifier go together"
        elif cells[f"{part}scheme"] and not _is_formed(_company(cells, part)):
            yield f"{part}identifier has not the form of its scheme"
    days = [name for name in ("valid_from", "valid_to") if not _is_day(cells[name])]
    yield from (f"{name} is no date such as 2026-07-01" for name in days)
    if not days and _row(0, cells).first > _row(0, cells).last:
        yield "valid_to lies before valid_from"


def _is_formed(company: Company) -> bool:
    form = _FORMS.get(company.scheme, _IDENTIFIER)
    if _SCHEME.fullmatch(company.scheme) is None or form.fullmatch(company.identifier) is None:
        return False
    return company.scheme != "LEI" or _has_check_digits(company.identifier)


def _has_check_digits(lei: str) -> bool:
    """Say whether the last two digits fit the others (ISO/IEC 7064, MOD 97-10)."""
    return int("".join(str(int(character, 36)) for character in lei)) % _LEI_DIVISOR == 1


def _is_day(text: str) -> bool:
    try:
        return not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _company(cells: Mapping[str, str], part: str) -> Company:
    return spelled(Company(cells[f"{part}scheme"], cells[f"{part}identifier"]))


def _row(line: int, cells: Mapping[str, str]) -> _Row:
    return _Row(
        line,
        _company(cells, "canonical_") if cells["canonical_scheme"] else None,
        _company(cells, "group_") if cells["group_scheme"] else None,
        date.fromisoformat(cells["valid_from"]) if cells["valid_from"] else date.min,
        date.fromisoformat(cells["valid_to"]) if cells["valid_to"] else date.max,
    )


def _contradictions(rows: _Rows) -> Iterator[tuple[int, str]]:
    """Yield what two rows that hold on one day cannot both say."""
    for company, found in rows.items():
        for row in found:
            if any(row.line > other.line and row.meets(other) for other in found):
                yield row.line, "another row says something of the same identifier in the same time"
            yield from ((row.line, text) for text in _led_on(company, row, rows))


def _led_on(company: Company, row: _Row, rows: _Rows) -> Iterator[str]:
    """Yield what is wrong with where a row leads: to something that leads on, or to two groups."""
    for other in _met(row.canonical, company, row, rows):
        if other.canonical not in {None, row.canonical}:
            yield f"the canonical identifier has another one itself, on line {other.line}"
        if row.group is not None and other.group not in {None, row.group}:
            yield f"the canonical identifier has another group, on line {other.line}"
    known_as = {row.group} | {other.canonical for other in _met(row.group, company, row, rows)}
    for other in (other for name in known_as for other in _met(name, company, row, rows)):
        if other.group not in known_as | {None}:
            yield f"the group has a group itself, on line {other.line}: name that one"


def _met(target: Company | None, company: Company, row: _Row, rows: _Rows) -> Iterator[_Row]:
    """Yield the rows of what a row leads to that hold in its time, itself left out."""
    if target is not None and target != company:
        yield from (other for other in _rows_of(target, rows) if row.meets(other))
