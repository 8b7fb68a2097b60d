"""What a row says of the waste: its listing and its codes.

Waste is listed by one code of one column, or by a mixture's codes, or it is unlisted and
goes to a laboratory. Only what has the form of a code travels.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Annotated

from producers.adapters.uk_annex_vii.noticing import Broken, Notice
from producers.adapters.uk_annex_vii.part import Part
from producers.reading import waste_codes
from producers.reading.waste_codes import Low
from producers.statement import WasteCode
from schemas import codes
from schemas.confidentiality import Confidentiality
from schemas.movement import Hazardous

MIXTURE_SCHEME = "ANNEX-IIIA"
IIIB_SCHEME = "ANNEX-IIIB"
NATIONAL_SCHEME = "NATIONAL"

_LISTINGS = ("basel_code", "oecd_code", "annex_iiia_codes", "annex_iiib_code")
_CODE_CHARACTERS_MAX = 20
_EWC_CODES_MAX = 5
_DESCRIPTION_CHARACTERS_MAX = 100

_NATIONAL = re.compile(r"[A-Za-z0-9\\ -]{1,50}", re.ASCII)
# Every code has a digit; letters alone may be somebody's name, a longer one a phone number.


class Kind(Enum):
    """Whether the waste is on the green list, or unlisted and goes to a laboratory."""

    LISTED = "listed"
    LABORATORY = "laboratory"


@dataclass(frozen=True, slots=True)
class Waste:
    """The waste of a row.

    Attributes:
        kind: None where the row does not say it, so that no other rule follows from it.
        broken: The rules that the codes break.
    """

    kind: Kind | None
    codes: tuple[WasteCode, ...]
    hazardous: Hazardous
    broken: Broken


class Codes(Part):
    """The columns of codes, of which rows have few combinations."""

    basel_code: Annotated[str, Confidentiality.PUBLIC]
    oecd_code: Annotated[str, Confidentiality.PUBLIC]
    annex_iiia_codes: Annotated[str, Confidentiality.PUBLIC]
    annex_iiib_code: Annotated[str, Confidentiality.PUBLIC]
    laboratory: Annotated[str, Confidentiality.PUBLIC]
    ewc_codes: Annotated[str, Confidentiality.PUBLIC]
    national_code: Annotated[str, Confidentiality.PUBLIC]

    @cached_property
    def waste(self) -> Waste:
        """Return what the codes say, and each rule that they break."""
        broken: list[tuple[str, str]] = []

        def notice(rule: str, column: str) -> None:
            broken.append((rule, column))

        kind, listing = _listing(self, notice)
        low = _low(self.ewc_codes, notice)
        national = _national(self.national_code, notice)
        found = (*listing, *(item.code for item in low), *national)
        return Waste(kind, found, _hazardous(low), tuple(broken))


def check_description(stated: str, notice: Notice) -> None:
    """Notice a description that is missing or too long."""
    if not stated:
        notice("annex7.description.missing", "description")
    elif len(stated) > _DESCRIPTION_CHARACTERS_MAX:
        notice("annex7.description.long", "description")


def _listing(stated: Codes, notice: Notice) -> tuple[Kind | None, tuple[WasteCode, ...]]:
    listings = [name for name in _LISTINGS if getattr(stated, name)]
    if len(listings) > 1:
        notice("annex7.listing.several", listings[1])
    elif listings and stated.laboratory:
        notice("annex7.listing.laboratory", "laboratory")
    elif listings:
        return _listed(getattr(stated, listings[0]), listings[0], notice)
    elif stated.laboratory:
        return _laboratory(stated.laboratory, notice), ()
    else:
        notice("annex7.listing.missing", "basel_code")
    return None, ()


def _listed(stated: str, column: str, notice: Notice) -> tuple[Kind | None, tuple[WasteCode, ...]]:
    read, rule = _READERS[column]
    found = read("".join(stated.split()).upper())
    if not found:
        notice(rule, column)
        return None, ()
    return Kind.LISTED, found


def _laboratory(stated: str, notice: Notice) -> Kind | None:
    word = "".join(stated.split()).casefold()
    if word not in {"yes", "y"}:
        notice("annex7.laboratory.unknown", "laboratory")
        return None
    if word == "y":
        notice("annex7.laboratory.short", "laboratory")
    return Kind.LABORATORY


def _green(stated: str) -> WasteCode | None:
    """Return a listed code of the green list: Basel Annex IX, or of the OECD's own entries."""
    code = waste_codes.basel_or_oecd(stated) if len(stated) <= _CODE_CHARACTERS_MAX else None
    is_green = code is not None and code.code.startswith("B" if code.scheme == "BASEL" else "G")
    return code if is_green and code is not None and codes.find(code.scheme, code.code) else None


def _basel(stated: str) -> tuple[WasteCode, ...]:
    code = _green(stated)
    return (code,) if code is not None and code.scheme == "BASEL" else ()


def _oecd(stated: str) -> tuple[WasteCode, ...]:
    code = _green(stated)
    return (code,) if code is not None and code.scheme == "OECD" else ()


def _mixture(stated: str) -> tuple[WasteCode, ...]:
    """Return the codes of a mixture, none of which is the code of the whole."""
    parts = dict.fromkeys(stated.split(";"))
    if len(parts) < 2 or not all(map(_green, parts)):  # noqa: PLR2004  # one waste is no mixture
        return ()
    return tuple(WasteCode(MIXTURE_SCHEME, part) for part in parts)


def _iiib(stated: str) -> tuple[WasteCode, ...]:
    return (WasteCode(IIIB_SCHEME, stated),) if stated in {"BEU04", "BEU05"} else ()


_READERS = {
    "basel_code": (_basel, "annex7.basel.unknown"),
    "oecd_code": (_oecd, "annex7.oecd.unknown"),
    "annex_iiia_codes": (_mixture, "annex7.iiia.unknown"),
    "annex_iiib_code": (_iiib, "annex7.iiib.unknown"),
}


def _low(stated: str, notice: Notice) -> tuple[Low, ...]:
    if not stated:
        notice("annex7.ewc.missing", "ewc_codes")
        return ()
    parts = stated.split(";")
    if len(parts) > _EWC_CODES_MAX:
        notice("annex7.ewc.count", "ewc_codes")
        return ()
    found = {item.code: item for item in map(_low_code, parts) if item is not None}
    if len(found) < len(parts):
        is_unknown = any(_low_code(part) is None for part in parts)
        notice("annex7.ewc.unknown" if is_unknown else "annex7.ewc.repeated", "ewc_codes")
    if any(item.hazardous is Hazardous.YES for item in found.values()):
        notice("annex7.ewc.hazardous", "ewc_codes")
    elif any(item.is_mismatched for item in found.values()):
        notice("annex7.ewc.asterisk", "ewc_codes")
    return tuple(found.values())


def _low_code(stated: str) -> Low | None:
    read = waste_codes.low(stated) if len(stated) <= _CODE_CHARACTERS_MAX else None
    return read if read is not None and codes.find("LOW", read.code.code) else None


def _hazardous(low: tuple[Low, ...]) -> Hazardous:
    stated = {item.hazardous for item in low}
    if Hazardous.YES in stated:
        return Hazardous.YES
    return Hazardous.NO if stated == {Hazardous.NO} else Hazardous.UNKNOWN


def _national(stated: str, notice: Notice) -> tuple[WasteCode, ...]:
    if not stated:
        return ()
    code = waste_codes.national(stated) if _NATIONAL.fullmatch(stated) else None
    if _NATIONAL.fullmatch(stated) is None:
        notice("annex7.national.form", "national_code")
    elif code is None:
        notice("annex7.national.text", "national_code")
    else:
        return (WasteCode(NATIONAL_SCHEME, code),)
    return ()
