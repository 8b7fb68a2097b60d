"""What one row of the packaging log states: up to two movements, each with its stages.

A load received is one movement, the same load sent abroad another one that continues it;
a load sent on and a product are movements of their own. A leg without its date is no
fact and only a finding. The contributor is the registered organisation throughout.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from producers.adapters.uk_packaging.codes import Codes
from producers.adapters.uk_packaging.model import Cells, Row, Upload
from producers.adapters.uk_packaging.rules import RULES_BY_ID
from producers.adapters.uk_packaging.sealed import sealed
from producers.adapters.uk_packaging.sites import overseas_site
from producers.statement import Company, Place, Quantity, Statement, When
from schemas import places
from schemas.findings import Finding
from schemas.movement import Basis, Relation, Side, Stage

_HOME = Place("GB")
_UNIT = "TNE"
_DESTINATIONS = {"Reprocessor": "REPROCESSOR", "Exporter": "EXPORTER"}


class Legs:
    """The statements of one row, and the findings about what they lack."""

    def __init__(self, upload: Upload, row: Row, cells: Cells, document_id: str, path: str) -> None:
        self._upload = upload
        self._row = row
        self._cells = cells
        self._path = path
        self._codes = Codes(cells, path)
        self.findings: list[Finding] = self._codes.findings
        self._abroad_at = self._destination()
        self._contributor = Company("GB-EPR-ORGANISATION", upload.organisation)
        self._overseas_site = overseas_site(upload, cells.osr_id)
        self._sealed = sealed(cells, upload, document_id, self._contributor)
        self._export_codes = (*self._codes.waste, *self._codes.export)
        self.statements = tuple(self._stated())

    def _stated(self) -> Iterator[Statement]:
        if self._row.row_type in {"received", "exported"}:
            yield from self._received()
        if self._row.row_type == "exported":
            yield from self._exported()
        elif self._row.row_type == "sentOn":
            yield from self._sent_on()
        elif self._row.row_type == "processed":
            yield from self._processed()

    def _received(self) -> Iterator[Statement]:
        cells = self._cells
        is_only_leg = self._row.row_type == "received"
        if self._is_dated(cells.received, cells.received_tonnes, "DATE_RECEIVED", is_needed=is_only_leg):
            # The supplier stays in the agency: commercial relations never travel.
            yield self._statement(Stage.RECEIVED, "in", cells.received, cells.received_tonnes)

    def _exported(self) -> Iterator[Statement]:
        cells = self._cells
        tonnes = cells.tonnage_of_uk_packaging_waste_exported
        is_returned = bool(cells.was_the_waste_refused or cells.was_the_waste_stopped)
        if self._is_dated(cells.date_of_export, tonnes, "DATE_OF_EXPORT", is_needed=is_returned):
            yield self._abroad(Stage.DISPATCHED, cells.date_of_export, tonnes)
            if cells.was_the_waste_refused:
                yield self._abroad(Stage.REFUSED, cells.date_of_export, tonnes)
            if cells.was_the_waste_stopped:
                yield self._abroad(Stage.STOPPED, cells.date_of_export, tonnes)
        arrived = cells.tonnage_received_by_osr
        if not cells.was_the_waste_refused and self._is_dated(
            cells.date_received_by_osr, arrived, "DATE_RECEIVED_BY_OSR"
        ):
            yield self._abroad(Stage.RECEIVED, cells.date_received_by_osr, arrived)
        if cells.date_the_refused_stopped_waste_repatriated is not None:
            yield self._abroad(Stage.REPATRIATED, cells.date_the_refused_stopped_waste_repatriated, tonnes)

    def _sent_on(self) -> Iterator[Statement]:
        cells = self._cells
        tonnes = cells.tonnage_of_uk_packaging_waste_sent_on
        if self._is_dated(cells.date_load_left_site, tonnes, "DATE_LOAD_LEFT_SITE", is_needed=True):
            yield self._statement(
                Stage.DISPATCHED,
                "sent",
                cells.date_load_left_site,
                tonnes,
                native_operation_code=_DESTINATIONS.get(cells.final_destination_facility_type or "", "OTHER"),
            )

    def _processed(self) -> Iterator[Statement]:
        cells = self._cells
        stage = Stage.END_OF_WASTE if cells.end_of_waste_standards else Stage.TREATED
        tonnes = cells.product_tonnage
        if self._is_dated(cells.date_load_left_site, tonnes, "DATE_LOAD_LEFT_SITE", is_needed=True):
            yield self._statement(stage, "product", cells.date_load_left_site, tonnes)

    def _is_dated(
        self, when: When | None, tonnes: Decimal | None, column: str, *, is_needed: bool = False
    ) -> bool:
        """Say whether a leg has its date, and note what it lacks."""
        if when is None and (is_needed or tonnes is not None):
            self.findings.append(RULES_BY_ID["uk.date.missing"].at(f"{self._path}.data.{column}"))
        if when is not None and tonnes is None:
            self.findings.append(RULES_BY_ID["uk.tonnage.missing"].at(f"{self._path}.data.{column}"))
        return when is not None

    def _abroad(self, stage: Stage, when: When | None, tonnes: Decimal | None) -> Statement:
        cells = self._cells
        received = ((self._reference("in"), Relation.ONWARD_OF),) if cells.received is not None else ()
        return self._statement(
            stage,
            "out",
            when,
            tonnes,
            counterparty=self._overseas_site,
            related=received,
        )

    def _statement(
        self,
        stage: Stage,
        leg: str,
        when: When | None,
        tonnes: Decimal | None,
        *,
        counterparty: Company | None = None,
        native_operation_code: str | None = None,
        related: tuple[tuple[str, Relation], ...] = (),
    ) -> Statement:
        assert when is not None
        is_abroad = leg == "out"
        return Statement(
            line_number=0,
            stage=stage,
            side=Side.ORIGIN if is_abroad else Side.DOMESTIC,
            when=when,
            movement_reference=self._reference(leg),
            origin=_HOME,
            destination=self._abroad_at if is_abroad else _HOME,
            codes=self._export_codes if is_abroad else self._codes.waste,
            hazardous=self._codes.hazardous,
            native_operation_code=native_operation_code,
            quantity=None if tonnes is None else Quantity(tonnes, _UNIT, Basis.WEIGHED),
            contributor=self._contributor,
            counterparty=counterparty,
            related=related,
            sealed=self._sealed,
        )

    def _reference(self, leg: str) -> str:
        upload = self._upload
        return f"GB-EPR:{upload.organisation}:{upload.registration}:{leg}:{self._row.row_id}"

    def _destination(self) -> Place:
        stated = self._cells.osr_country
        country = places.country(stated) if stated is not None else None
        if stated is not None and country is None:
            self.findings.append(RULES_BY_ID["uk.country.unknown"].at(f"{self._path}.data.OSR_COUNTRY"))
        return Place(country) if country is not None else Place()
