"""Places: what people write for a country or a part of one, to ISO 3166 codes.

Names are compared whole, without case, accents and punctuation; a name is never found
inside a longer one, so India is not the British Indian Ocean Territory. What is not
recognised is None, never a guess. The days of a code do not matter here: systems state
old events with the codes of today.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import cache, lru_cache

from schemas import codes
from schemas.movement import UNKNOWN_COUNTRY

_CACHED_TEXTS = 4096
# A longer text names no place, and is not even looked at.
_CHARACTERS_MAX = 250
# ISO 3166-2: country and subdivision.
_SUBDIVISION = re.compile(r"([A-Z]{2})-[A-Z0-9]{1,3}")
# `American Samoa [AS]` and `Germany-DE`: the code decides.
_NAME_WITH_CODE = re.compile(r".{3,}(?:-([A-Z]{2})|\[([A-Z]{2})\])")
# What people still write for Paris and for the Aosta Valley, and ISO 3166-2 no longer has.
_FORMER = {"FR-75C": ("FR-75", "75"), "IT-23": ("IT-AO", "AO")}
_DROPPED = re.compile(r"[.'\u2019]")
_SEPARATORS = re.compile(r"[\W_]+")


def country(text: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code of a country.

    Args:
        text: A code of two or three capital letters, a whole name, a name with its code as
            `Name [XX]` or `Name-XX`, a subdivision code as `GB-ENG`, or a UK nation.
    """
    return _country(text) if len(text) <= _CHARACTERS_MAX else None


@lru_cache(maxsize=_CACHED_TEXTS)
def _country(text: str) -> str | None:
    stated = text.strip()
    if stated in _codes():
        return _codes()[stated]
    if (name := _folded(stated)) in _names():
        return _names()[name]
    if subdivision := _SUBDIVISION.fullmatch(stated):
        return _codes().get(subdivision[1])
    if with_code := _NAME_WITH_CODE.fullmatch(stated):
        return _codes().get(with_code[1] or with_code[2])
    return None


def region(country_code: str, text: str) -> str | None:
    """Return the ISO 3166-2 code of a part of a country.

    Args:
        country_code: ISO 3166-1 alpha-2; parts of BE, DE, ES, FR, GB, IT, NL and US are known.
        text: The code with or without its country, in capitals, or the whole name.
    """
    return _region(country_code, text) if len(country_code) + len(text) <= _CHARACTERS_MAX else None


@lru_cache(maxsize=_CACHED_TEXTS)
def _region(country_code: str, text: str) -> str | None:
    stated = text.strip()
    known = _regions().get(country_code, {})
    return known.get(stated) or known.get(_folded(stated))


def us_state(text: str) -> str | None:
    """Return the ISO 3166-2 code of a US state, district or territory.

    Args:
        text: The postal code in capitals, the name, or the ISO 3166-2 code.
    """
    return region("US", text)


def is_country(code: str) -> bool:
    """Say whether a code is an ISO 3166-1 alpha-2 code; the code for unknown is none."""
    return _codes().get(code) == code


def is_part(country: str, code: str) -> bool:
    """Say whether a code is that of a listed part of a country, both as ISO 3166 writes them."""
    return code in _parts().get(country, ())


def is_in_eu_or_efta(code: str, on: date) -> bool:
    """Say whether a country, by its alpha-2 code, is in the European Union or in EFTA on a day."""
    return any(first <= on.isoformat() <= (last or "9999") for first, last in _memberships().get(code, ()))


def _folded(text: str) -> str:
    """Return a name as it is compared: lower case, no accents, no punctuation, no article."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    words = _SEPARATORS.sub(" ", _DROPPED.sub("", plain.casefold()).replace("&", " and ")).split()
    return " ".join("saint" if word == "st" else word for word in words if word != "the")


@cache
def _parts() -> dict[str, frozenset[str]]:
    """Return the codes of parts by country."""
    listed = {row["code"] for row in codes.rows("regions")}
    countries = {code.partition("-")[0] for code in listed if "-" in code}
    return {
        country: frozenset(code for code in listed if code.startswith(f"{country}-")) for country in countries
    }


def _countries() -> list[dict[str, str]]:
    return [row for row in codes.rows("countries") if row["code"] != UNKNOWN_COUNTRY]


@cache
def _codes() -> dict[str, str]:
    """Return alpha-2 by alpha-2 and alpha-3."""
    return {spelling: row["code"] for row in _countries() for spelling in (row["code"], row["alpha3"])}


@cache
def _names() -> dict[str, str]:
    """Return alpha-2 by folded name."""
    labels = {_folded(row["label"]): row["code"] for row in _countries()}
    return labels | {_folded(row["name"]): row["country"] for row in codes.rows("country_names")}


@cache
def _memberships() -> dict[str, list[tuple[str, str]]]:
    """Return from when to when each country has been in the EU or in EFTA, as ISO dates."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in codes.rows("regions"):
        if row["parent"] in {"EU", "EFTA"}:
            found.setdefault(row["code"], []).append((row["valid_from"], row["valid_to"]))
    return found


@cache
def _regions() -> dict[str, dict[str, str]]:
    """Return by country the code of each part by its spellings."""
    found: dict[str, dict[str, str]] = {}
    for intervals in codes.listed("REGION").values():
        part = intervals[0]
        country_code, _, local = part.code.partition("-")
        spellings = (part.code, local, *_FORMER.get(part.code, ()), _folded(part.label))
        found.setdefault(country_code, {}).update(dict.fromkeys(spellings, part.code))
    return found
