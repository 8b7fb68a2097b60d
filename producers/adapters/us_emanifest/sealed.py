"""What a US manifest says to authorities alone: its number, its sites, consents and the port of entry."""

from __future__ import annotations

import re
from collections.abc import Iterator

from producers.adapters.us_emanifest import places as sites
from producers.adapters.us_emanifest.model import AdditionalInfo, ImportGenerator, Manifest, Site
from producers.reading import sealed_values
from producers.reading.remembered import remembered
from producers.statement import Party, Place, Reference, Sealed
from schemas import places
from schemas.sealed import PartyRole, ReferenceKind

_CACHED_PARTIES = 8192
# e-Manifest schema 1.3, AdditionalInfo.consentNumber.
_CONSENT = re.compile(r"[0-9]{6}I[0-9]{5}", re.ASCII)


def sealed(manifest: Manifest) -> Sealed:
    """Return what every statement of a manifest says to authorities alone."""
    found = tuple(party for party in _parties(manifest) if party is not None)
    return Sealed(
        manifest.manifest_tracking_number, found, (*_consent(manifest.additional_info), *_port(manifest))
    )


def of_line(of_all: Sealed, info: AdditionalInfo | None) -> Sealed:
    """Return what the statements of a line say to authorities alone: its own consent too, not other lines'.

    With those of all lines, of which there may be thousands, each statement would be as long as a manifest.
    """
    own = tuple(reference for reference in _consent(info) if reference not in of_all.references)
    return of_all._replace(references=own + of_all.references) if own else of_all


def _parties(manifest: Manifest) -> Iterator[Party | None]:
    if manifest.is_import:
        # An importer stands in the place of the generator: 40 CFR 262.84(c).
        info = manifest.import_info
        if info is not None and info.import_generator is not None:
            yield _abroad(info.import_generator)
    if manifest.generator is not None:
        yield _site(PartyRole.IMPORTER if manifest.is_import else PartyRole.GENERATOR, manifest.generator)
    for transporter in manifest.transporters or ():
        yield _site(PartyRole.CARRIER, transporter)
    if manifest.designated_facility is not None:
        yield _site(PartyRole.FACILITY, manifest.designated_facility)


def _site(role: PartyRole, site: Site) -> Party | None:
    address = site.site_address
    if address is None:
        return _party(role, site.epa_site_id, site.name)
    state, country = address.state, address.country
    return _party(
        role,
        site.epa_site_id,
        site.name,
        address.street_number,
        address.address1,
        address.address2,
        address.city,
        state.code if state is not None else None,
        address.zip,
        country.code if country is not None else None,
    )


@remembered(_CACHED_PARTIES)
def _party(role: PartyRole, site_id: str | None, name: str | None, *address: str | None) -> Party | None:
    """Return a site; its address is number, street, second line, city, state, postal code, country."""
    company = sites.company_of(site_id)
    if not any(address):
        return sealed_values.party(role, company, name)
    number, street, further, city, state, code, country = address
    where = sites.located(country, state)
    first_line = " ".join(filter(None, (number, street)))
    parts = (first_line, further, city, _state(where), code, _country(where.country))
    return sealed_values.party(role, company, name, parts)


def _abroad(generator: ImportGenerator) -> Party | None:
    code = generator.country.code if generator.country is not None else ""
    country = _country(sites.country_code(code))
    address = (generator.address, generator.city, generator.province, generator.postal_code, country)
    return sealed_values.party(PartyRole.GENERATOR, None, generator.name, address)


def _state(where: Place) -> str | None:
    return where.region.partition("-")[2] if where.region is not None else None


def _country(code: str) -> str | None:
    """Return a country of the list alone: what is none is refused later."""
    return code if places.is_country(code) else None


def _consent(info: AdditionalInfo | None) -> tuple[Reference, ...]:
    stated = info.consent_number if info is not None else None
    consent = "".join((stated or "").split()).upper()
    return (Reference(ReferenceKind.CONSENT, consent),) if _CONSENT.fullmatch(consent) else ()


def _port(manifest: Manifest) -> tuple[Reference, ...]:
    port = manifest.import_info.port_of_entry if manifest.import_info is not None else None
    if port is None or port.city_port is None:
        return ()
    state = port.state.code if port.state is not None else None
    found = sealed_values.one_line((port.city_port, state))
    return (Reference(ReferenceKind.ENTRY_POINT, found),) if found is not None else ()
