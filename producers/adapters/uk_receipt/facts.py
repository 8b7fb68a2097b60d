"""What one version of a receipt states: that each part of its waste was received.

Operations are what the receiver intends, so nothing is ever stated as treated. Where the
waste comes from is not in the receipt, but that both ends lie in the United Kingdom.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from producers.adapters.uk_receipt import nations
from producers.adapters.uk_receipt.model import Receipt
from producers.adapters.uk_receipt.rules import RULES_BY_ID
from producers.adapters.uk_receipt.sealed import sealed
from producers.adapters.uk_receipt.wastes import Line, is_hazardous, lines
from producers.reading.notices import Notices
from producers.reading.remembered import remembered
from producers.statement import Company, Identity, Place, Statement, When
from schemas.movement import Side, Stage

RECEIVER_SCHEME = "GB-WASTE-AUTHORISATION"

_CACHED_NUMBERS = 4096
_COUNTRY = "GB"
_SOMEWHERE = Place(_COUNTRY)
_ZONE = "Europe/London"
# All forms of the four regulators have digits among capitals and separators.
_AUTHORISATION = re.compile(r"(?=.*[0-9])[A-Z0-9/.-]{4,40}", re.ASCII)
# English and Welsh permits are stated with and without it.
_PERMIT_PREFIX = "EPR/"


@dataclass(slots=True)
class Telling:
    """One receipt, and what was noticed while it was told."""

    receipt: Receipt
    identity: Identity
    path: str
    notice: Notices = field(default_factory=partial(Notices, RULES_BY_ID))

    def statements(self) -> tuple[Statement, ...]:
        """Return one statement for each line."""
        self._check_papers()
        when, destination, receiver = self._when(), self._destination(), self._receiver()
        reference = f"GB-DWT:{self.identity.document_id}"
        private = sealed(self.receipt, self.identity.document_id, receiver)
        return tuple(
            Statement(
                line_number=line.number,
                stage=Stage.RECEIVED,
                side=Side.DOMESTIC,
                when=when,
                movement_reference=reference,
                origin=_SOMEWHERE,
                destination=destination,
                codes=line.codes,
                hazardous=line.hazardous,
                operation_code=line.operation_code,
                quantity=line.quantity,
                load_count=line.container_count,
                contributor=receiver,
                sealed=private,
            )
            for line in self._lines()
        )

    def _lines(self) -> Iterator[Line]:
        for index, item in enumerate(self.receipt.waste_items):
            yield from lines(item, index + 1, f"{self.path}.wasteItems[{index}]", self.notice)

    def _check_papers(self) -> None:
        receipt, carrier = self.receipt, self.receipt.carrier
        has_papers = receipt.hazardous_waste_consignment_code or receipt.reason_for_no_consignment_code
        if not has_papers and any(map(is_hazardous, receipt.waste_items)):
            self._notice("receipt.consignment.missing", "hazardousWasteConsignmentCode")
        if not (carrier.registration_number or carrier.reason_for_no_registration_number):
            self._notice("receipt.carrier.registration", "carrier.registrationNumber")
        if carrier.vehicle_registration != (carrier.means_of_transport == "Road"):
            self._notice("receipt.carrier.vehicle", "carrier.vehicleRegistration")

    def _when(self) -> When:
        when = self.receipt.date_time_received.when(_ZONE)
        recorded_at = self.identity.recorded_at
        if recorded_at is not None and when.at is not None and when.at > recorded_at:
            self._notice("receipt.date.future", "dateTimeReceived")
        return when

    def _destination(self) -> Place:
        area = nations.area(self.receipt.receipt.address.postcode)
        if area is None:
            self._notice("receipt.postcode.form", "receipt.address.postcode")
            return _SOMEWHERE
        nation = nations.nation(area)
        if nation is None:
            self._notice("receipt.postcode.nation", "receipt.address.postcode")
        return Place(_COUNTRY, nation)

    def _receiver(self) -> Company | None:
        found = _company(self.receipt.receiver.authorisation_number)
        if found is None:
            self._notice("receipt.receiver.form", "receiver.authorisationNumber")
        return found

    def _notice(self, rule: str, name: str) -> None:
        self.notice(rule, f"{self.path}.{name}")


@remembered(_CACHED_NUMBERS)
def _company(stated: str) -> Company | None:
    """Return the site by its authorisation, in the one spelling that makes its receipts meet."""
    number = "".join(stated.split()).upper().removeprefix(_PERMIT_PREFIX)
    return Company(RECEIVER_SCHEME, number) if _AUTHORISATION.fullmatch(number) else None
