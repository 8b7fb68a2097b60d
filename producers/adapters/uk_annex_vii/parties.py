"""What the agency demands of names, addresses and contacts, none of which travels.

Each cell is held to its form. Spreadsheets turn phone numbers into figures without their
leading zero, or with an exponent: that is a warning, any other wrong form an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from producers.adapters.uk_annex_vii.model import Carrier, Party, Sender, Site
from producers.adapters.uk_annex_vii.noticing import Notice
from schemas import places

HOME = "GB"
NATIONS = {
    "england": "GB-ENG",
    "scotland": "GB-SCT",
    "wales": "GB-WLS",
    "northern ireland": "GB-NIR",
}

_TEXT_CHARACTERS_MAX = 250
# Spreadsheets leave apostrophes around what they would otherwise read as a number.
_AROUND_NUMBERS = "'\u2019 "
_PHONE = re.compile(r"(?:\+|00?)[-0-9 ()]{6,19}[0-9]", re.ASCII)
# `4.47811E+11`, and the digits of a number that has lost its zeros.
_PHONE_AS_NUMBER = re.compile(r"[0-9](?:\.[0-9]+)?E\+?[0-9]{1,2}|[1-9][0-9]{8,12}", re.ASCII)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)
_POSTCODE = re.compile(r"[A-Za-z]{1,2}[0-9][A-Za-z0-9]? ?[0-9][A-Za-z]{2}", re.ASCII)


def country_code(stated: str) -> str | None:
    """Return the ISO 3166-1 code of a country as written in a cell, None where it is none."""
    return places.country(stated) if len(stated) <= _TEXT_CHARACTERS_MAX else None


def check(party: Sender | Party | None, name: str, notice: Notice) -> None:
    """Notice what is wrong with one compulsory party, whose columns begin with `name`."""
    if party is None:
        notice("annex7.party.absent", f"{name}_organisation")
        return
    for column, form in _FORMS[type(party)]:
        rule = form(getattr(party, column))
        if rule is not None:
            notice(rule, f"{name}_{column}")


def _required(value: str) -> str | None:
    return _optional(value) if value else "annex7.party.incomplete"


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
    return "annex7.country.home" if country_code(value) == HOME else _country(value)


def _postcode(value: str) -> str | None:
    return None if not value or _POSTCODE.fullmatch(value) else "annex7.postcode.form"


def _phone(value: str) -> str | None:
    return _fax(value) if value.strip(_AROUND_NUMBERS) else "annex7.party.incomplete"


def _fax(value: str) -> str | None:
    number = value.strip(_AROUND_NUMBERS)
    if not number or _PHONE.fullmatch(number):
        return None
    return "annex7.phone.number" if _PHONE_AS_NUMBER.fullmatch(number) else "annex7.phone.form"


def _email(value: str) -> str | None:
    if not value:
        return "annex7.party.incomplete"
    if len(value) > _TEXT_CHARACTERS_MAX:
        return "annex7.text.long"
    return None if _EMAIL.fullmatch(value) else "annex7.email.form"


_Form = Callable[[str], str | None]
_CONTACT: tuple[tuple[str, _Form], ...] = (
    ("contact", _required),
    ("phone", _phone),
    ("fax", _fax),
    ("email", _email),
)


def _party(country: _Form) -> tuple[tuple[str, _Form], ...]:
    return (("organisation", _required), ("address", _required), ("country", country), *_CONTACT)


_FORMS: dict[type[Sender | Party], tuple[tuple[str, _Form], ...]] = {
    Sender: (
        ("organisation", _required),
        ("address_1", _required),
        ("address_2", _optional),
        ("town", _required),
        ("country", _nation),
        ("postcode", _postcode),
        *_CONTACT,
    ),
    Party: _party(_abroad),
    # A carrier may be at home; a site of an export never is.
    Carrier: _party(_country),
    Site: _party(_abroad),
}
