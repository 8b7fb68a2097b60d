"""What a receipt says to authorities alone: its tracking id, carrier, site and consignment."""

from __future__ import annotations

from producers.adapters.uk_receipt.model import Carrier, Receipt
from producers.reading import sealed_values
from producers.statement import Company, Party, Sealed
from schemas.sealed import PartyRole, ReferenceKind

CARRIER_SCHEME = "GB-WASTE-CARRIER"


def sealed(receipt: Receipt, tracking_id: str, receiver: Company | None) -> Sealed:
    """Return what every statement of a receipt says to authorities alone.

    Args:
        receipt: The receipt.
        tracking_id: Its waste tracking id.
        receiver: The site by its authorisation, None where that is none.
    """
    parties = (_carrier(receipt.carrier), _receiver(receipt, receiver))
    consignment = sealed_values.reference(ReferenceKind.CONSIGNMENT, receipt.hazardous_waste_consignment_code)
    return Sealed(tracking_id, tuple(party for party in parties if party is not None), consignment)


def _carrier(carrier: Carrier) -> Party | None:
    """Return the carrier, None where it has no registration: it may be a householder."""
    registration = sealed_values.number(carrier.registration_number)
    if registration is None:
        return None
    address = carrier.address
    lies_at = (address.full_address, address.postcode) if address is not None else ()
    company = Company(CARRIER_SCHEME, registration.upper())
    return sealed_values.party(PartyRole.CARRIER, company, carrier.organisation_name, lies_at)


def _receiver(receipt: Receipt, receiver: Company | None) -> Party | None:
    address = receipt.receipt.address
    site = receiver if receiver is not None and sealed_values.number(receiver.identifier) else None
    lies_at = (address.full_address, address.postcode)
    return sealed_values.party(PartyRole.FACILITY, site, receipt.receiver.site_name, lies_at)
