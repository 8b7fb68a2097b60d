"""Waste and operation codes as people write them, to their canonical form.

Cells of national documents are free text and may hold anything: only what has the form of
a code comes out, so that no name or remark travels as one. Whether a code is in its list,
and valid on the day, is decided later by `producers.harmonise`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from producers.reading.remembered import remembered
from producers.statement import WasteCode
from schemas import codes
from schemas.movement import Hazardous

_CACHED_TEXTS = 4096
_BASEL = re.compile(r"[AB][0-9]{4}|Y[0-9]{1,2}", re.ASCII)
_OECD = re.compile(r"[A-Z]{2}[0-9]{3}|EU3011|EU48|BEU0[45]", re.ASCII)
_NATIONAL = re.compile(r"(?=.*[0-9])(?!.*[A-Z]{4})(?!.*[0-9]{7})[A-Z0-9]{1,8}", re.ASCII)
# `D 9 F` and `R05` are D9 and R5: what follows the number divides an operation further.
_OPERATION = re.compile(r"([RD])0?([1-9][0-9]?)[A-Z]?", re.ASCII)
# `HP_7`, `HP07` and `HP 7` are one property.
_HAZARD_PROPERTY = re.compile(r"HP_?0?([1-9]|1[0-5])", re.ASCII)


class Low(NamedTuple):
    """A List of Waste code.

    Attributes:
        code: Six digits.
        hazardous: What the list says; where it says nothing, or lacks the code, the asterisk.
        is_mismatched: True where the asterisk stated is not the list's.
    """

    code: WasteCode
    hazardous: Hazardous
    is_mismatched: bool


@remembered(_CACHED_TEXTS)
def low(stated: str) -> Low | None:
    """Return a List of Waste code from text such as `16 03 07*`, None where it has not its form."""
    read = codes.normalise_low(stated)
    if read is None:
        return None
    code, is_starred = read
    listed = codes.find("LOW", code)
    is_listed = bool(listed) and listed[-1].hazardous is not None
    is_hazardous = listed[-1].hazardous if is_listed else is_starred
    # An unlisted code without an asterisk says nothing.
    says = bool(listed) or is_starred
    hazardous = (Hazardous.YES if is_hazardous else Hazardous.NO) if says else Hazardous.UNKNOWN
    return Low(WasteCode("LOW", code), hazardous, is_mismatched=is_hazardous != is_starred)


@remembered(_CACHED_TEXTS)
def basel_or_oecd(stated: str) -> WasteCode | None:
    """Return the one Basel or OECD code of a text such as `b3011`; None for none and for several."""
    code = "".join(stated.split()).upper()
    if _BASEL.fullmatch(code):
        return WasteCode("BASEL", code)
    if _OECD.fullmatch(code):
        return WasteCode("OECD", code)
    return None


@remembered(_CACHED_TEXTS)
def national(stated: str) -> str | None:
    """Return a code of a list that is not kept here, None for what may be somebody's name or telephone.

    Such a code has up to eight letters and digits, at least one digit, no four letters and no
    seven digits in a row.
    """
    code = "".join(stated.split()).upper()
    return code if _NATIONAL.fullmatch(code) else None


@remembered(_CACHED_TEXTS)
def operation(stated: str) -> str | None:
    """Return the operation of a text such as `R 5` or `D9F`, cut to R1 to R13 or D1 to D15.

    Source: Directive 2008/98/EC, Annexes I and II.
    """
    match = _OPERATION.fullmatch("".join(stated.split()).upper())
    code = f"{match[1]}{match[2]}" if match is not None else ""
    return code if codes.find("OPERATION", code) else None


@remembered(_CACHED_TEXTS)
def hazard_property(stated: str) -> WasteCode | None:
    """Return the property of hazardous waste of a text such as `HP_4` or `HP04`: scheme HP, `HP4`.

    Source: Regulation (EU) No 1357/2014, Annex: HP 1 to HP 15.
    """
    match = _HAZARD_PROPERTY.fullmatch("".join(stated.split()).upper())
    return WasteCode("HP", f"HP{match[1]}") if match is not None else None
