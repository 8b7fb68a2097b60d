"""Places: what people write for a country or a US state, to ISO 3166 codes.

Names are compared whole, without case, accents and punctuation; a name is never found
inside a longer one, so India is not the British Indian Ocean Territory. What is not
recognised is None, never a guess. The days of a code do not matter here: systems state
old events with the codes of today.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from schemas import codes
from schemas.movement import UNKNOWN_COUNTRY

_CACHED_TEXTS = 4096
# ISO 3166-2: country and subdivision.
_SUBDIVISION = re.compile(r"([A-Z]{2})-[A-Z0-9]{1,3}")
# `American Samoa [AS]` and `Germany-DE`: the code decides.
_NAME_WITH_CODE = re.compile(r".{3,}(?:-([A-Z]{2})|\[([A-Z]{2})\])")
_DROPPED = re.compile(r"[.'\u2019]")
_SEPARATORS = re.compile(r"[\W_]+")


@lru_cache(maxsize=_CACHED_TEXTS)
def country(text: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code of a country.

    Args:
        text: A code of two or three capital letters, a whole name, a name with its code as
            `Name [XX]` or `Name-XX`, a subdivision code as `GB-ENG`, or a UK nation.
    """
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


@lru_cache(maxsize=_CACHED_TEXTS)
def us_state(text: str) -> str | None:
    """Return the ISO 3166-2 code of a US state, district or territory.

    Args:
        text: The postal code in capitals, the name, or the ISO 3166-2 code.
    """
    stated = text.strip()
    return _us_states().get(stated) or _us_states().get(_folded(stated))


def is_country(code: str) -> bool:
    """Say whether a code is an ISO 3166-1 alpha-2 code; the code for unknown is none."""
    return _codes().get(code) == code


def _folded(text: str) -> str:
    """Return a name as it is compared: lower case, no accents, no punctuation, no article."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    words = _SEPARATORS.sub(" ", _DROPPED.sub("", plain.casefold()).replace("&", " and ")).split()
    return " ".join("saint" if word == "st" else word for word in words if word != "the")


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
def _us_states() -> dict[str, str]:
    states = [row for row in codes.rows("regions") if row["parent"] == "US"]
    return {
        spelling: row["code"]
        for row in states
        for spelling in (row["code"], row["code"].removeprefix("US-"), _folded(row["label"]))
    }
