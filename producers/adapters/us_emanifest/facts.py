"""What one version of a US manifest states: which stages, when, by whom, about which lines.

A status says which stages were reached; a stage whose date is nowhere is no statement.
Management methods are what the facility intends, so nothing is ever stated as treated.
The manifest has one quantity for each line: before receipt it is the generator's
estimate. What a partial rejection sent away stands on the manifests that replace it, so neither
what was refused nor what was kept has a quantity here: it would count twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from functools import partial
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from producers.adapters.us_emanifest import places as sites
from producers.adapters.us_emanifest.model import (
    ANNOUNCED_STATUS,
    ARRIVED_STATUSES,
    AdditionalInfo,
    Manifest,
    Site,
    is_mtn,
)
from producers.adapters.us_emanifest.rules import RULES_BY_ID
from producers.adapters.us_emanifest.sealed import of_line, sealed
from producers.adapters.us_emanifest.wastes import Line, line
from producers.reading import dates
from producers.reading.dates import Stamp
from producers.reading.notices import Notices
from producers.statement import Company, Place, Related, Sealed, Statement, When
from schemas.movement import UNKNOWN_COUNTRY, Basis, Precision, Relation, Side, Stage

# 40 CFR 260.2(c): public 90 days after receipt.
_PUBLIC_AFTER = timedelta(days=90)
_ORDER = itemgetter(0)


class _Fact(NamedTuple):
    """One stage of a manifest, to be stated of each of its lines."""

    stage: Stage
    when: When
    contributor: Company | None
    counterparty: Company | None
    step: int = 0
    basis: Basis = Basis.ESTIMATED
    has_quantity: bool = True
    has_operation: bool = False
    related: Related = ()


class _Turn(NamedTuple):
    """A transporter, its order, and its place in the list from 0."""

    order: int
    place: int
    site: Site


class _Common(NamedTuple):
    """What every statement of a manifest, or of a line, says."""

    reference: str
    side: Side
    release_at: datetime | None
    sealed: Sealed


@dataclass(slots=True)
class Telling:
    """One manifest, and what was noticed while it was told."""

    manifest: Manifest
    path: str
    notice: Notices = field(default_factory=partial(Notices, RULES_BY_ID))
    _origin: Place = field(init=False)
    _origin_site: Place = field(init=False)
    _destination: Place = field(init=False)
    _generator: Company | None = field(init=False)
    _facility: Company | None = field(init=False)

    def __post_init__(self) -> None:
        """Look up the two ends of the movement."""
        manifest = self.manifest
        self._origin_site = self._place(manifest.generator, "generator")
        self._origin = self._foreign_origin() if manifest.is_import else self._origin_site
        self._destination = self._place(manifest.designated_facility, "designatedFacility")
        self._generator = self._company(manifest.generator, "generator")
        self._facility = self._company(manifest.designated_facility, "designatedFacility")

    def statements(self) -> Iterator[Statement]:
        """Yield one statement for each stage and line."""
        facts = list(self._facts())
        lines = self._lines()
        side = self._side()
        common = _Common(
            _reference(self.manifest.manifest_tracking_number),
            side,
            self._release_at(facts, side),
            sealed(self.manifest),
        )
        of_all = self._originals(self.manifest.additional_info, self.path)
        for item in lines:
            own = self._originals(item.info, item.path)
            originals = tuple(dict.fromkeys(of_all + own)) if own else of_all
            said = common._replace(sealed=of_line(common.sealed, item.info))
            for fact in facts:
                yield self._statement(fact, item, said, originals)

    def _statement(self, fact: _Fact, item: Line, common: _Common, originals: Related) -> Statement:
        return Statement(
            line_number=item.number,
            stage=fact.stage,
            step=fact.step,
            side=common.side,
            when=fact.when,
            movement_reference=common.reference,
            origin=self._origin,
            destination=self._destination,
            codes=item.codes,
            hazardous=item.hazardous,
            native_operation_code=item.management_method if fact.has_operation else None,
            quantity=item.quantity(fact.basis) if fact.has_quantity else None,
            load_count=item.container_count if fact.has_quantity else None,
            contributor=fact.contributor,
            counterparty=fact.counterparty,
            related=originals + fact.related,
            release_at=common.release_at,
            sealed=common.sealed,
        )

    def _facts(self) -> Iterator[_Fact]:
        if self.manifest.status == ANNOUNCED_STATUS:
            yield self._announced()
            return
        transporters = self._transporters()
        shipped = self._shipped(transporters)
        if shipped is not None:
            yield self._at_origin(Stage.DISPATCHED, shipped)
        yield from self._transferred(transporters)
        if self.manifest.status in ARRIVED_STATUSES:
            yield from self._arrived(shipped)

    def _announced(self) -> _Fact:
        planned = self.manifest.potential_ship_date
        stamp = dates.stamp(planned) if planned else None
        if planned and stamp is None:
            self._notice("us.date.planned", "potentialShipDate")
        stated = stamp or Stamp(self.manifest.updated_date, Precision.MINUTE)
        return self._at_origin(Stage.ANNOUNCED, sites.local(stated, self._origin_site))

    def _at_origin(self, stage: Stage, when: When) -> _Fact:
        return _Fact(stage=stage, when=when, contributor=self._generator, counterparty=self._facility)

    def _shipped(self, transporters: list[_Turn]) -> When | None:
        stamp = self.manifest.shipped_date
        if stamp is None and transporters:
            stamp = _signed(transporters[0].site)
        return self._happened(stamp, self._origin_site, "shippedDate")

    def _transferred(self, transporters: list[_Turn]) -> Iterator[_Fact]:
        """Yield each signature but the first transporter's, who took over from the one before."""
        for before, (step, place, transporter) in pairwise(transporters):
            stamp = _signed(transporter)
            if stamp is None:
                continue
            name = f"transporters[{place}]"
            yield _Fact(
                stage=Stage.TRANSFERRED,
                step=step,
                when=sites.local(stamp, self._place(transporter, name)),
                contributor=self._company(transporter, name),
                counterparty=sites.company(before.site),
            )

    def _transporters(self) -> list[_Turn]:
        """Return the transporters in their order; one that has none follows the list."""
        stated = enumerate(self.manifest.transporters or ())
        return sorted((_Turn(site.order or place + 1, place, site) for place, site in stated), key=_ORDER)

    def _arrived(self, shipped: When | None) -> Iterator[_Fact]:
        rejection = self._rejection()
        facility = self.manifest.designated_facility
        stamp = self.manifest.received_date or (_signed(facility) if facility is not None else None)
        when = self._happened(stamp or self.manifest.certified_date, self._destination, "receivedDate")
        if when is None:
            return
        if shipped is not None and when.on < shipped.on:
            self._notice("us.date.order", "receivedDate")
        if rejection != "FullReject":
            # How much of a partial rejection stayed, the document does not say.
            is_whole = rejection is None
            yield self._at_destination(
                self._receipt_stage(), when, related=self._residues(), is_known=is_whole
            )
        if rejection is not None:
            is_full = rejection == "FullReject"
            yield self._at_destination(Stage.REFUSED, when, related=self._replacements(), is_known=is_full)

    def _at_destination(self, stage: Stage, when: When, *, related: Related, is_known: bool = True) -> _Fact:
        return _Fact(
            stage=stage,
            when=when,
            contributor=self._facility,
            counterparty=self._generator,
            basis=Basis.WEIGHED,
            has_quantity=is_known,
            has_operation=stage is Stage.RECEIVED,
            related=related,
        )

    def _receipt_stage(self) -> Stage:
        """Return what it means that the manifest arrived: refused waste that comes home is not received."""
        return Stage.REPATRIATED if _is_return(self.manifest) else Stage.RECEIVED

    def _rejection(self) -> str | None:
        info = self.manifest.rejection_info
        kind = info.rejection_type if info is not None else None
        if bool(self.manifest.rejection) != (kind is not None):
            self._notice("us.rejection.type", "rejectionInfo.rejectionType")
        return kind

    def _replacements(self) -> Related:
        info = self.manifest.rejection_info
        numbers = info.new_manifest_tracking_numbers if info is not None else None
        return self._links(
            numbers, Relation.REPLACED_BY, f"{self.path}.rejectionInfo.newManifestTrackingNumbers"
        )

    def _residues(self) -> Related:
        numbers = self.manifest.residue_new_manifest_tracking_numbers
        return self._links(numbers, Relation.RESIDUE_OF, f"{self.path}.residueNewManifestTrackingNumbers")

    def _originals(self, info: AdditionalInfo | None, path: str) -> Related:
        """Return the manifests that this one continues, stated for all lines or for one."""
        if info is None:
            return ()
        relation = Relation.RETURN_OF if _is_return(self.manifest) else Relation.REPLACES
        place = f"{path}.additionalInfo.originalManifestTrackingNumbers"
        return self._links(info.original_manifest_tracking_numbers, relation, place)

    def _links(self, numbers: list[str] | None, relation: Relation, place: str) -> Related:
        found = []
        for index, number in enumerate(numbers or ()):
            if is_mtn(number):
                found.append((_reference(number), relation))
            else:
                self.notice("us.mtn.related", f"{place}[{index}]")
        return tuple(dict.fromkeys(found))

    def _lines(self) -> list[Line]:
        wastes = self.manifest.wastes or ()
        if not wastes and self.manifest.submission_type != "Image":
            self._notice("us.lines.missing", "wastes")
        return [
            line(waste, self._origin_site, self._destination, f"{self.path}.wastes[{number}]", self.notice)
            for number, waste in enumerate(wastes)
        ] or [Line()]

    def _foreign_origin(self) -> Place:
        info = self.manifest.import_info
        generator = info.import_generator if info is not None else None
        if generator is None or generator.country is None:
            self._notice("us.import.country.missing", "importInfo.importGenerator.country")
            return sites.NOWHERE
        return Place(sites.country_code(generator.country.code))

    def _side(self) -> Side:
        if self.manifest.is_import:
            return Side.DESTINATION
        is_abroad = self._destination.country not in {"US", UNKNOWN_COUNTRY}
        return Side.ORIGIN if is_abroad else Side.DOMESTIC

    def _release_at(self, facts: list[_Fact], side: Side) -> datetime | None:
        """Return when EPA makes the manifest public, None before it arrived.

        Source: 40 CFR 260.2(c); imports and exports on 1 March of the next year, 260.2(d).
        """
        arrived = next((fact.when.on for fact in facts if fact.basis is Basis.WEIGHED), None)
        # A year out of reason is refused later, by a rule of its own.
        if arrived is None or arrived.year == MAXYEAR:
            return None
        if side is Side.DOMESTIC:
            return dates.midnight(arrived + _PUBLIC_AFTER, sites.EASTERN)
        return dates.midnight(date(arrived.year + 1, 3, 1), sites.EASTERN)

    def _happened(self, stamp: Stamp | None, where: Place, name: str) -> When | None:
        if stamp is None:
            self._notice("us.date.missing", name)
            return None
        when = sites.local(stamp, where)
        # A date without a time may be a day ahead of Greenwich.
        latest = when.at or datetime.combine(when.on, datetime.min.time(), UTC) - timedelta(days=1)
        if latest > self.manifest.updated_date:
            self._notice("us.date.future", name)
        return when

    def _place(self, site: Site | None, name: str) -> Place:
        found = sites.place(site)
        address = site.site_address if site is not None else None
        if address is not None and address.state is not None and found == sites.UNITED_STATES:
            self._notice("us.state.unknown", f"{name}.siteAddress.state.code")
        return found

    def _company(self, site: Site | None, name: str) -> Company | None:
        found = sites.company(site)
        if site is not None and found is None:
            self._notice("us.site.unknown", f"{name}.epaSiteId")
        return found

    def _notice(self, rule: str, name: str) -> None:
        self.notice(rule, f"{self.path}.{name}")


def _reference(number: str) -> str:
    return f"US:{number}"


def _is_return(manifest: Manifest) -> bool:
    info = manifest.additional_info
    return info is not None and info.new_manifest_destination == "OriginalGenerator"


def _signed(site: Site) -> Stamp | None:
    """Return when a handler signed first, on paper or electronically."""
    paper = site.paper_signature_info
    if paper is not None and paper.signature_date is not None:
        return paper.signature_date
    stated = (item.signature_date for item in site.electronic_signatures_info or ())
    return next((stamp for stamp in stated if stamp is not None), None)
