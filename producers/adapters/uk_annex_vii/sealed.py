"""What a row says to authorities alone: its reference, its parties, and where the waste leaves."""

from __future__ import annotations

from collections.abc import Iterator

from producers.adapters.uk_annex_vii.model import Entry
from producers.adapters.uk_annex_vii.route import exits
from producers.reading import sealed_values
from producers.reading.remembered import remembered
from producers.statement import Company, Party, Reference, Sealed
from schemas.sealed import PartyRole, ReferenceKind

_CACHED_EXITS = 1024


def sealed(entry: Entry, exporter: Company) -> Sealed:
    """Return what the statement of a row says to authorities alone.

    Args:
        entry: The row, in which nothing is wrong.
        exporter: The account whose record it is.
    """
    return Sealed(entry.reference, tuple(_parties(entry, exporter)), _exits(entry.exit_location))


@remembered(_CACHED_EXITS)
def _exits(stated: str) -> tuple[Reference, ...]:
    found = (sealed_values.place(ReferenceKind.EXIT_POINT, name) for name in exits(stated))
    return tuple(reference for references in found for reference in references)


def _parties(entry: Entry, exporter: Company) -> Iterator[Party]:
    if entry.exporter is not None:
        known = entry.exporter.sealed
        yield Party(PartyRole.EXPORTER, exporter.scheme, exporter.identifier, known.name, known.address)
    if entry.collection is not None:
        yield entry.collection.sealed
    for carrier in entry.carriers.values():
        yield carrier.sealed
    if entry.importer is not None:
        yield entry.importer.sealed
    if entry.interim is not None:
        yield entry.interim.sealed._replace(role=PartyRole.INTERIM_FACILITY)
    if entry.laboratory_site is not None:
        yield entry.laboratory_site.sealed._replace(role=PartyRole.LABORATORY)
    for facility in entry.facilities.values():
        yield facility.sealed
