"""What sealed values are called: the closed lists of roles and references.

Whoever opens a part reads these words; a new one is added here, and never changed.
"""

from __future__ import annotations

from enum import StrEnum

# The one part of an event's sealed values that there is: who and which document it is about.
PART = "identity"


class PartyRole(StrEnum):
    """What a company or site does in a movement."""

    GENERATOR = "GENERATOR"
    # Hands the waste over, whether it made it or held it for others.
    SENDER = "SENDER"
    EXPORTER = "EXPORTER"
    COLLECTOR = "COLLECTOR"
    CARRIER = "CARRIER"
    IMPORTER = "IMPORTER"
    CONSIGNEE = "CONSIGNEE"
    INTERIM_FACILITY = "INTERIM_FACILITY"
    FACILITY = "FACILITY"
    LABORATORY = "LABORATORY"
    REGISTRANT = "REGISTRANT"


class ReferenceKind(StrEnum):
    """What a further reference of a movement names."""

    NOTIFICATION = "NOTIFICATION"
    ANNEX_VII = "ANNEX_VII"
    CONSENT = "CONSENT"
    CONSIGNMENT = "CONSIGNMENT"
    BILL_OF_LADING = "BILL_OF_LADING"
    AUTHORISATION = "AUTHORISATION"
    EXIT_POINT = "EXIT_POINT"
    ENTRY_POINT = "ENTRY_POINT"
    CUSTOMS = "CUSTOMS"
    CONTAINER = "CONTAINER"
