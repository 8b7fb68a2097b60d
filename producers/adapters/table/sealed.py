"""What a row says to the authorities of its countries alone: the section `[sealed]`, bound to a file.

Cells that only recipients read break no rule: what has not the form of a number where one is mapped, and
what cannot be read, is not there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from producers.adapters.table import cells
from producers.adapters.table.cells import CellError
from producers.adapters.table.columns import Columns
from producers.adapters.table.model import Mapping, PartyKeys, ReferenceKeys, SealedKeys
from producers.adapters.table.row import Getter, Once, Row, nothing
from producers.adapters.table.source import Source
from producers.reading import sealed_values
from producers.statement import Company, Party, Reference, Sealed
from schemas.sealed import PartyRole, ReferenceKind

# Cells are bounded themselves: see `cells.CHARACTERS_MAX`.
_CACHED_VALUES = 2048
# Every number has a digit; letters alone may be a name.
_NUMBER = re.compile(r"(?=.*[0-9])[A-Z0-9][A-Z0-9 ./:*+_#-]{0,99}", re.ASCII | re.IGNORECASE)


def sealed(mapping: Mapping, columns: Columns, once: Once) -> Getter:
    """Return what gets the sealed values of a row, nothing where the mapping has none."""
    keys = mapping.sealed
    if keys is None:
        return nothing
    document = keys.document_number or mapping.identity.document
    return once.get(keys, lambda: _sealed(keys, document, columns))


def _sealed(keys: SealedKeys, document: tuple[Source, ...], columns: Columns) -> Getter:
    number = [_text(source, columns) for source in document]
    parties = [_party(item, columns) for item in keys.party]
    references = list(_references(keys.references, columns))

    def get(row: Row) -> Sealed:
        named = "/".join([part for text in number if (part := text(row))])
        found = [party for take in parties if (party := take(row)) is not None]
        said = [reference for take in references for reference in take(row)]
        return Sealed(_numbered(named) or "", tuple(found), tuple(said))

    return get


def _text(source: Source, columns: Columns) -> Callable[[Row], str]:
    """Return what gets a cell as text, none where it cannot be read."""
    place = columns.number(str(source.column))

    def get(row: Row) -> str:
        try:
            return cells.text(row.cells[place])
        except CellError:
            return ""

    return get


def _party(keys: PartyKeys, columns: Columns) -> Callable[[Row], Party | None]:
    sources = (keys.identifier, keys.name, *keys.address)
    takes = [_text(source, columns) if source is not None else lambda _: "" for source in sources]
    role, scheme = keys.role, keys.scheme

    def get(row: Row) -> Party | None:
        return _made(role, scheme, *[take(row) for take in takes])

    return get


@lru_cache(_CACHED_VALUES)
def _made(role: PartyRole, scheme: str | None, stated: str, name: str, *address: str) -> Party | None:
    number = _numbered("".join(stated.split()).upper())
    company = Company(scheme, number) if scheme is not None and number is not None else None
    return sealed_values.party(role, company, name, address)


def _numbered(stated: str) -> str | None:
    return stated if _NUMBER.fullmatch(stated) else None


def _references(keys: ReferenceKeys, columns: Columns) -> Iterable[Callable[[Row], tuple[Reference, ...]]]:
    for name in ReferenceKeys.model_fields:
        for source in getattr(keys, name) or ():
            yield _reference(ReferenceKind(name.upper()), _text(source, columns))


def _reference(kind: ReferenceKind, text: Callable[[Row], str]) -> Callable[[Row], tuple[Reference, ...]]:
    def get(row: Row) -> tuple[Reference, ...]:
        stated = text(row)
        return _found(kind, stated) if stated else ()

    return get


@lru_cache(_CACHED_VALUES)
def _found(kind: ReferenceKind, stated: str) -> tuple[Reference, ...]:
    """Return the references of a cell: ports by their names, containers by their form, numbers."""
    if kind is ReferenceKind.CONTAINER:
        return sealed_values.containers(stated)
    if kind in {ReferenceKind.EXIT_POINT, ReferenceKind.ENTRY_POINT}:
        return sealed_values.place(kind, stated)
    return (Reference(kind, stated),) if _numbered(stated) is not None else ()
