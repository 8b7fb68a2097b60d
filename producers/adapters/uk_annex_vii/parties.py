"""The parties of a row, and what the agency demands of their names, addresses and contacts.

Countries, the nation of the site and operations are published; names and addresses travel
sealed, contacts never. Each cell is held to its form. Spreadsheets turn phone numbers into
figures without their leading zero, or with an exponent: that is a warning, any other wrong
form an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Annotated, ClassVar

from producers import statement
from producers.adapters.uk_annex_vii.noticing import Broken, Notice
from producers.adapters.uk_annex_vii.part import Part
from producers.reading import sealed_values
from producers.reading.scrub import scrubbed
from schemas import places
from schemas.confidentiality import Confidentiality
from schemas.sealed import PartyRole

PUBLIC = Confidentiality.PUBLIC
HUB = Confidentiality.HUB
SEALED = Confidentiality.SEALED
NEVER = Confidentiality.NEVER

HOME = "GB"
NATIONS = {
    "england": "GB-ENG",
    "scotland": "GB-SCT",
    "wales": "GB-WLS",
    "northern ireland": "GB-NIR",
}

# The rule that a cell breaks, None where it breaks none.
_Form = Callable[[str], str | None]

_TEXT_CHARACTERS_MAX = 250
# Spreadsheets leave apostrophes around what they would otherwise read as a number.
_AROUND_NUMBERS = "'\u2019 "
_PHONE = re.compile(r"(?:\+|00?)[-0-9 ()]{6,19}[0-9]", re.ASCII)
# `4.47811E+11`, and the digits of a number that has lost its zeros.
_PHONE_AS_NUMBER = re.compile(r"[0-9](?:\.[0-9]+)?E\+?[0-9]{1,2}|[1-9][0-9]{8,12}", re.ASCII)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)
_POSTCODE = re.compile(r"[A-Za-z]{1,2}[0-9][A-Za-z0-9]? ?[0-9][A-Za-z]{2}", re.ASCII)


def check(party: Firm | None, name: str, notice: Notice) -> None:
    """Notice what is wrong with one compulsory party, whose columns begin with `name`."""
    if party is None:
        notice("annex7.party.absent", f"{name}_organisation")
    else:
        for rule, column in party.broken:
            notice(rule, f"{name}_{column}")


def country_code(stated: str) -> str | None:
    """Return the ISO 3166-1 code of a country as written in a cell, None where it is none."""
    return places.country(stated) if len(stated) <= _TEXT_CHARACTERS_MAX else None


def _required(value: str) -> str | None:
    if not value:
        return "annex7.party.incomplete"
    return "annex7.text.long" if len(value) > _TEXT_CHARACTERS_MAX else None


def _optional(value: str) -> str | None:
    return "annex7.text.long" if len(value) > _TEXT_CHARACTERS_MAX else None


def _nation(value: str) -> str | None:
    if not value:
        return "annex7.party.incomplete"
    return None if value.casefold() in NATIONS else "annex7.nation.unknown"


def _country(value: str) -> str | None:
    if not value:
        return "annex7.party.incomplete"
    return None if country_code(value) is not None else "annex7.country.unknown"


def _abroad(value: str) -> str | None:
    if not value:
        return "annex7.party.incomplete"
    code = country_code(value)
    if code is None:
        return "annex7.country.unknown"
    return "annex7.country.home" if code == HOME else None


def _postcode(value: str) -> str | None:
    return None if not value or _POSTCODE.fullmatch(value) else "annex7.postcode.form"


def _phone(value: str) -> str | None:
    number = value.strip(_AROUND_NUMBERS)
    return _number(number) if number else "annex7.party.incomplete"


def _fax(value: str) -> str | None:
    number = value.strip(_AROUND_NUMBERS)
    return _number(number) if number else None


def _number(number: str) -> str | None:
    if _PHONE.fullmatch(number):
        return None
    return "annex7.phone.number" if _PHONE_AS_NUMBER.fullmatch(number) else "annex7.phone.form"


def _email(value: str) -> str | None:
    if not value:
        return "annex7.party.incomplete"
    if len(value) > _TEXT_CHARACTERS_MAX:
        return "annex7.text.long"
    return None if _EMAIL.fullmatch(value) else "annex7.email.form"


class Firm(Part):
    """What senders and all other parties have in common: each cell has a form."""

    forms: ClassVar[Mapping[str, _Form]] = {}
    role: ClassVar[PartyRole]

    organisation: Annotated[str, SEALED]

    @property
    def address_parts(self) -> tuple[str | None, ...]:
        """Return the address in its order, the country as a code."""
        return ()

    @cached_property
    def sealed(self) -> statement.Party:
        """Return name and address as they travel sealed, in the role that such a party mostly has."""
        address = sealed_values.one_line(self.address_parts)
        return statement.Party(self.role, name=scrubbed(self.organisation), address=address)

    @cached_property
    def broken(self) -> Broken:
        """Return the rule that each wrong cell breaks, and its column."""
        forms = self.forms.items()
        return tuple([(rule, column) for column, form in forms if (rule := form(getattr(self, column)))])


class Sender(Firm):
    """The exporter, or the site from which the waste is collected: both in the United Kingdom."""

    forms: ClassVar[Mapping[str, _Form]] = {
        "organisation": _required,
        "address_1": _required,
        "address_2": _optional,
        "town": _required,
        "country": _nation,
        "postcode": _postcode,
        "contact": _required,
        "phone": _phone,
        "fax": _fax,
        "email": _email,
    }
    # Who generated or collected the waste where it sets out: block 6 of the form in Annex VII of
    # Regulation (EC) No 1013/2006.
    role: ClassVar[PartyRole] = PartyRole.GENERATOR

    address_1: Annotated[str, SEALED]
    address_2: Annotated[str, SEALED]
    town: Annotated[str, SEALED]
    country: Annotated[str, HUB]
    postcode: Annotated[str, SEALED]
    contact: Annotated[str, NEVER]
    phone: Annotated[str, NEVER]
    fax: Annotated[str, NEVER]
    email: Annotated[str, NEVER]

    @property
    def address_parts(self) -> tuple[str | None, ...]:
        """Return the address in its order, the country as a code."""
        return self.address_1, self.address_2, self.town, self.postcode, HOME


class Party(Firm):
    """The importer, and what carriers and sites have in common with it."""

    forms: ClassVar[Mapping[str, _Form]] = {
        "organisation": _required,
        "address": _required,
        "country": _abroad,
        "contact": _required,
        "phone": _phone,
        "fax": _fax,
        "email": _email,
    }
    role: ClassVar[PartyRole] = PartyRole.IMPORTER

    address: Annotated[str, SEALED]
    country: Annotated[str, PUBLIC]
    contact: Annotated[str, NEVER]
    phone: Annotated[str, NEVER]
    fax: Annotated[str, NEVER]
    email: Annotated[str, NEVER]

    @property
    def address_parts(self) -> tuple[str | None, ...]:
        """Return the address in its order, the country as a code."""
        return self.address, country_code(self.country)


class Carrier(Party):
    """One of up to five carriers, who may be at home; the means are checked with the route."""

    forms: ClassVar[Mapping[str, _Form]] = {**Party.forms, "country": _country}
    role: ClassVar[PartyRole] = PartyRole.CARRIER

    means: Annotated[str, NEVER]
    means_details: Annotated[str, NEVER]


class Site(Party):
    """An interim site, a laboratory or one of up to five recovery facilities."""

    role: ClassVar[PartyRole] = PartyRole.FACILITY

    code: Annotated[str, PUBLIC]
