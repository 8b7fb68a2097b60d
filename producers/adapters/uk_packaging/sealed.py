"""What a row says to authorities alone: which row it is, its parties, containers and customs papers.

Suppliers and customers are commercial relations and stay in the agency, and so does the site of
loading, which may be a supplier's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from producers.adapters.uk_packaging.model import Cells, Upload
from producers.adapters.uk_packaging.sites import overseas_site
from producers.reading import sealed_values
from producers.statement import Company, Party, Reference, Sealed
from schemas.sealed import PartyRole, ReferenceKind

CARRIER_SCHEME = "GB-WASTE-CARRIER"

_SITE_NUMBER = re.compile(r"[0-9]{1,3}", re.ASCII)
# What a cell says in which nothing was chosen.
_NOTHING = "Choose option"


def sealed(cells: Cells, upload: Upload, document_id: str, registrant: Company) -> Sealed:
    """Return what every statement of a row says to authorities alone.

    Args:
        cells: The row.
        upload: The log it is in.
        document_id: Which row of which registration it is.
        registrant: The organisation whose log it is.
    """
    found = (
        Party(PartyRole.REGISTRANT, registrant.scheme, registrant.identifier),
        _carrier(cells),
        _site(PartyRole.INTERIM_FACILITY, upload, cells.interim_site_id),
        _site(PartyRole.FACILITY, upload, cells.osr_id, cells.osr_name),
        _consignee(cells),
    )
    return Sealed(
        document_id, tuple(party for party in found if party is not None), tuple(_references(cells))
    )


def _carrier(cells: Cells) -> Party | None:
    """Return the carrier by its registration as carrier, broker or dealer; templates differ in the column."""
    stated = cells.cbd_reg_number or cells.cbd
    if cells.carrier_name is None and stated is None:
        return None
    registration = sealed_values.number(stated)
    company = Company(CARRIER_SCHEME, registration.upper()) if registration is not None else None
    return sealed_values.party(PartyRole.CARRIER, company, _chosen(cells.carrier_name))


def _site(role: PartyRole, upload: Upload, stated: str | None, name: str | None = None) -> Party | None:
    if stated is None and name is None:
        return None
    number = stated.strip() if stated is not None else ""
    company = overseas_site(upload, number) if _SITE_NUMBER.fullmatch(number) else None
    return sealed_values.party(role, company, _chosen(name))


def _consignee(cells: Cells) -> Party | None:
    """Return where the load was sent on to."""
    name, street = cells.final_destination_name, cells.final_destination_address
    if name is None and street is None:
        return None
    address = (_chosen(street), _chosen(cells.final_destination_postcode))
    return sealed_values.party(PartyRole.CONSIGNEE, None, _chosen(name), address)


def _chosen(stated: str | None) -> str | None:
    return None if stated == _NOTHING else stated


def _references(cells: Cells) -> Iterator[Reference]:
    yield from sealed_values.containers(cells.container_number)
    yield from sealed_values.reference(ReferenceKind.CUSTOMS, cells.customs_declaration_number)
    yield from sealed_values.reference(ReferenceKind.BILL_OF_LADING, cells.bill_of_landing_reference_number)
    yield from sealed_values.reference(ReferenceKind.CONSIGNMENT, cells.waste_transfer_note)
