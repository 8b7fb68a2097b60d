"""What one register line states: one load at one stage, from the books of the register's owner.

No register says when waste was treated: the operation of what was received is carried out some
day, so it stays with the receipt and nothing is ever stated as treated. Transporters in other
registers than their own have no date, so they are no fact. Incoming and outgoing lines of one
load inside the country share no reference: they are two measures that are never added.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from producers.adapters.fr_registry import companies, departments
from producers.adapters.fr_registry.model import MODES, ZONE, Key, Line
from producers.adapters.fr_registry.registers import Register
from producers.adapters.fr_registry.rules import RULES_BY_ID
from producers.adapters.fr_registry.sealed import Said, sealed
from producers.reading import references, waste_codes
from producers.statement import Company, Place, Quantity, Statement, WasteCode, When
from schemas import places
from schemas.findings import Finding
from schemas.movement import UNKNOWN_COUNTRY, Basis, Hazardous, Precision, Side, Stage

_MODES = {mode: WasteCode("FR-OPERATION-MODE", mode) for mode in MODES}

_PARIS = ZoneInfo(ZONE)
_CACHED = 4096
_UNIT = "TNE"
_LINE_NUMBER = 1
# The serial number, or serial and total as in block 2 of Annex IB.
_SERIAL = re.compile(r"([0-9]{1,6})(?: ?/ ?[0-9]{1,6})?", re.ASCII)
_HOME_COUNTRIES = frozenset({departments.HOME, UNKNOWN_COUNTRY})


@dataclass(slots=True)
class Telling:
    """One line of a register, and what is noticed while it is told."""

    register: Register
    key: Key
    line: Line
    said: Said
    path: str
    findings: list[Finding] = field(default_factory=list)

    def statements(self) -> Iterator[Statement]:
        """Yield the statement of the line: none of what is no waste, and of a third report."""
        when = self._when()
        if self.register.stage is not None and when is not None and self._is_waste():
            yield self._statement(self.register.stage, when)

    def _statement(self, stage: Stage, when: When) -> Statement:
        line, origin, destination = self.line, self._origin(), self._destination()
        operation, side = line.operation_code, _side(origin, destination)
        is_disposal = operation is not None and operation.native.startswith("D")
        if is_disposal and side is Side.ORIGIN and not places.is_in_eu_or_efta(destination.country, when.on):
            self._notice("fr.operation.export", "operationCode")
        return Statement(
            line_number=_LINE_NUMBER,
            stage=stage,
            side=side,
            when=when,
            movement_reference=self._reference(),
            origin=origin,
            destination=destination,
            codes=tuple(self._codes()),
            hazardous=self._hazardous(),
            operation_code=operation.code if operation is not None else None,
            native_operation_code=operation.native if operation is not None else None,
            quantity=self._quantity(),
            contributor=companies.establishment(self.key.report_for_company_siret),
            counterparty=self._sender() if self.register.has_sender else self._receiver(),
            sealed=sealed(self.register, self.key, line, self.said),
        )

    def _is_waste(self) -> bool:
        """Say whether it is waste: transporters report soil that is none too."""
        return self.line.report_for_transport_is_waste is not False

    def _when(self) -> When | None:
        hour = self.line.weighing_hour if self.register.stage is Stage.RECEIVED else None
        for member in self.register.dates:
            day = self.line.day(member)
            if day is not None:
                return _moment(day.on, hour)
        return None

    def _quantity(self) -> Quantity | None:
        line = self.line
        if line.weight_value is None:
            return None
        basis = Basis.ESTIMATED if line.weight_is_estimate else Basis.WEIGHED
        return Quantity(line.weight_value, _UNIT, basis)

    def _reference(self) -> str:
        number = self.line.ttd_import_number or self.line.gistrid_number
        if number is not None:
            serial = _SERIAL.fullmatch(self.line.movement_number or "")
            found = references.notification(number, serial[1]) if serial is not None else None
            if found is not None:
                return found
            self._notice("fr.shipment.serial", "movementNumber")
        key = self.key
        return f"FR:{self.register.name}:{key.report_for_company_siret}:{key.public_id}"

    def _codes(self) -> Iterator[WasteCode]:
        line = self.line
        if line.waste_code is None:
            self._notice("fr.ewc.missing", "wasteCode")
        else:
            if line.waste_code.is_mismatched:
                self._notice("fr.ewc.asterisk", "wasteCode")
            yield line.waste_code.code
        if line.waste_code_bale is not None:
            yield from self._basel(line.waste_code_bale)
        for number, stated in enumerate(line.secondary_waste_codes):
            found = waste_codes.low(stated)
            if found is not None:
                yield found.code
            else:
                self._notice("fr.ewc.secondary", f"secondaryWasteCodes[{number}]")
        if line.operation_mode is not None:
            yield _MODES[line.operation_mode]

    def _basel(self, stated: str) -> Iterator[WasteCode]:
        code = waste_codes.basel_or_oecd(stated)
        if code is not None:
            yield code
        else:
            self._notice("fr.basel.form", "wasteCodeBale")

    def _hazardous(self) -> Hazardous:
        """Say whether the waste is hazardous: what says that it is outweighs what says that it is not."""
        line = self.line
        listed = line.waste_code.hazardous if line.waste_code is not None else Hazardous.UNKNOWN
        if line.waste_pop or listed is Hazardous.YES:
            if line.waste_is_dangerous is False:
                self._notice("fr.hazard.conflict", "wasteIsDangerous")
            return Hazardous.YES
        if line.waste_is_dangerous is None:
            return listed
        return Hazardous.YES if line.waste_is_dangerous else Hazardous.NO

    def _origin(self) -> Place:
        line = self.line
        if self.register.has_sender:
            return self._place(
                "emitter",
                (line.emitter_pickup_site_country_code, line.emitter_pickup_site_postal_code),
                line.emitter_company_type,
                (line.emitter_company_country_code, line.emitter_company_postal_code),
            )
        site = line.report_for_pickup_site_country_code, line.report_for_pickup_site_postal_code
        if any(site):
            return departments.place(site[0] or departments.HOME, site[1])
        return self._owner()

    def _destination(self) -> Place:
        line = self.line
        if not self.register.has_destination or line.destination_company_type is None:
            # What has ended to be waste may be used where it was made.
            return self._owner()
        return self._place(
            "destination",
            (line.destination_drop_site_country_code, line.destination_drop_site_postal_code),
            line.destination_company_type,
            (line.destination_company_country_code, line.destination_company_postal_code),
        )

    def _owner(self) -> Place:
        return departments.place(departments.HOME, self.line.report_for_company_postal_code)

    def _place(
        self,
        member: str,
        site: tuple[str | None, str | None],
        kind: str | None,
        address: tuple[str | None, str | None],
    ) -> Place:
        """Return where the waste is taken from or to: the site, where it is not the company's address."""
        country, postal_code = site if any(site) else address
        implied = departments.HOME if kind in companies.FRENCH_KINDS else None
        country = country or address[0] or implied
        if country is None:
            self._notice("fr.country.missing", f"{member}CompanyCountryCode")
        return departments.place(country, postal_code)

    def _sender(self) -> Company | None:
        line = self.line
        return self._company(
            "emitter",
            line.emitter_company_type,
            line.emitter_company_org_id,
            line.emitter_company_country_code,
        )

    def _receiver(self) -> Company | None:
        line = self.line
        return self._company(
            "destination",
            line.destination_company_type,
            line.destination_company_org_id,
            line.destination_company_country_code,
        )

    def _company(
        self, member: str, kind: str | None, number: str | None, country: str | None
    ) -> Company | None:
        if kind is None or kind in companies.PRIVATE_KINDS:
            return None
        found = companies.company(kind, number or "", country or UNKNOWN_COUNTRY)
        if found is None:
            self._notice("fr.company.id", f"{member}CompanyOrgId")
        return found

    def _notice(self, rule: str, member: str) -> None:
        self.findings.append(RULES_BY_ID[rule].at(f"{self.path}.{member}"))


@lru_cache(_CACHED)
def _moment(on: date, hour: time | None) -> When:
    if hour is None:
        return When(on)
    return When(on, datetime.combine(on, hour, _PARIS).astimezone(UTC), Precision.MINUTE)


def _side(origin: Place, destination: Place) -> Side:
    """Return from whose books the statement is: France sends, receives, passes on, or all is at home."""
    is_for_abroad = destination.country not in _HOME_COUNTRIES
    if origin.country not in _HOME_COUNTRIES:
        return Side.TRANSIT if is_for_abroad else Side.DESTINATION
    return Side.ORIGIN if is_for_abroad else Side.DOMESTIC
