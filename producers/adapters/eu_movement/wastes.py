"""Wastes of a movement document: codes, hazard and operation of each line.

A line is read once and stated at every stage. Each code names the list it is taken from;
what has not the form of a code of that list is not passed on, as it may be a text about
somebody.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from producers.adapters.eu_movement.model import Line as Native
from producers.reading import waste_codes
from producers.reading.notices import Notice
from producers.statement import WasteCode
from schemas.movement import Hazardous

LABORATORY = "LABORATORY"
# They prepare waste for another operation: Directive 2008/98/EC, Annexes I and II; D8 too by
# Regulation (EU) 2024/1157, Article 3(2).
INTERIM = frozenset({"R12", "R13", "D8", "D9", "D13", "D14", "D15"})

_CACHED_TEXTS = 4096
_CACHED_CHARACTERS_MAX = 400
_CODE_CHARACTERS_MAX = 20
# Y46 and those after it are entries of the Convention's Annex II, the others categories of its Annex I.
_FIRST_Y_ENTRY = 46
_FORMS = {
    "HS": re.compile(r"[0-9]{6,10}", re.ASCII),
    "Y": re.compile(r"Y[0-9]{1,2}", re.ASCII),
    "H": re.compile(r"H[0-9]{1,2}(?:\.[0-9])?", re.ASCII),
    "HP": re.compile(r"HP[0-9]{1,2}", re.ASCII),
    "UN": re.compile(r"UN[0-9]{4}", re.ASCII),
    "NATIONAL": re.compile(r"(?=.*[0-9])[A-Z0-9]{1,12}", re.ASCII),
}
_NATIONAL = re.compile(r"NATIONAL-[A-Z]{2}", re.ASCII)
_HS_DIGITS = 6


class _Read(NamedTuple):
    """A code as read from its list, or the rule that it breaks.

    Attributes:
        operation: R or D code as stated: no code of a waste.
        is_laboratory: True for the purpose that is no code either.
    """

    code: WasteCode | None = None
    hazardous: Hazardous = Hazardous.UNKNOWN
    rule: str | None = None
    operation: str | None = None
    is_laboratory: bool = False


@dataclass(frozen=True, slots=True)
class Waste:
    """What the codes of one line say.

    Attributes:
        is_hazard_stated: True where a code says why the waste is hazardous.
        operation: R1 to R13 or D1 to D15.
        native_operation: As stated, where it divides the operation further.
        is_laboratory: True for waste that is sent to be analysed.
    """

    codes: tuple[WasteCode, ...] = ()
    hazardous: Hazardous = Hazardous.UNKNOWN
    is_hazard_stated: bool = False
    operation: str | None = None
    native_operation: str | None = None
    is_laboratory: bool = False

    @property
    def is_interim(self) -> bool:
        """Say whether another operation has to follow."""
        return self.operation in INTERIM


def waste(line: Native, path: str, notice: Notice) -> Waste:
    """Return what the codes of a line say; `notice` is told each rule that they break, and where."""
    texts = (*itertools.chain.from_iterable(line.codes), *line.un_numbers)
    read = _waste if len("".join(filter(None, texts))) <= _CACHED_CHARACTERS_MAX else _waste.__wrapped__
    found, broken = read(line.codes, line.un_numbers)
    for rule, place in broken:
        notice(rule, f"{path}{place}")
    return found


@lru_cache(_CACHED_TEXTS)
def _waste(
    stated: tuple[tuple[str | None, str | None], ...], un_numbers: tuple[str | None, ...]
) -> tuple[Waste, tuple[tuple[str, str], ...]]:
    """Return what codes say, with the rules that they break and where; movements repeat their codes."""
    read = [_read(_spelled(scheme), _spelled(code)) for code, scheme in stated]
    read += [_read("UN", _spelled(code)) for code in un_numbers]
    places = [f".codes[{number}]" for number in range(len(stated))]
    places += [f".un_numbers[{number}]" for number in range(len(un_numbers))]
    broken = [(item.rule, place) for item, place in zip(read, places, strict=True) if item.rule is not None]
    found = tuple(dict.fromkeys(item.code for item in read if item.code is not None))
    is_laboratory = any(item.is_laboratory for item in read)
    if not found and not is_laboratory:
        broken.append(("eu.code.missing", ""))
    native = next((item.operation for item in read if item.operation is not None), None)
    operation = waste_codes.operation(native) if native is not None else None
    said = Waste(
        codes=found,
        hazardous=_hazardous(item.hazardous for item in read),
        is_hazard_stated=any(code.scheme in {"H", "HP"} for code in found),
        operation=operation,
        native_operation=native if native != operation else None,
        is_laboratory=is_laboratory,
    )
    return said, tuple(broken)


def has_annex_vii_code(found: Waste) -> bool:
    """Say whether a waste has codes of exactly one of the lists that Annex VII allows."""
    lists = {code.scheme for code in found.codes} & {"BASEL", "OECD"}
    oecd_codes = sum(code.scheme == "OECD" for code in found.codes)
    return len(lists) + found.is_laboratory == 1 and oecd_codes <= 1


def _spelled(text: str | None) -> str:
    return "".join((text or "").split()).upper()


def _read(scheme: str, code: str) -> _Read:
    if len(code) > _CODE_CHARACTERS_MAX:
        return _Read(rule="eu.code.form")
    reader = _READERS.get(scheme)
    return reader(code) if reader is not None else _formed(scheme, code)


def _formed(scheme: str, code: str) -> _Read:
    """Return a code of a list that is not kept here, by its form alone."""
    code = f"UN{code}" if scheme == "UN" and code.isdigit() else code
    form = _FORMS.get("NATIONAL" if _NATIONAL.fullmatch(scheme) else scheme)
    if form is None:
        return _Read(rule="eu.code.list")
    if form.fullmatch(code) is None:
        return _Read(rule="eu.code.form")
    if scheme == "Y" and int(code[1:]) >= _FIRST_Y_ENTRY:
        return _listed(code)
    return _Read(WasteCode(scheme, code[:_HS_DIGITS] if scheme == "HS" else code))


def _low(stated: str) -> _Read:
    read = waste_codes.low(stated)
    if read is None:
        return _Read(rule="eu.code.form")
    return _Read(read.code, read.hazardous, "eu.low.asterisk" if read.is_mismatched else None)


def _listed(stated: str) -> _Read:
    """Return a code of the Basel or the OECD list; which of them, its form says."""
    code = waste_codes.basel_or_oecd(stated)
    return _Read(code) if code is not None else _Read(rule="eu.code.form")


def _operation(stated: str) -> _Read:
    if waste_codes.operation(stated) is None:
        return _Read(rule="eu.code.form")
    return _Read(operation=stated)


def _purpose(stated: str) -> _Read:
    return _Read(is_laboratory=True) if stated == LABORATORY else _Read(rule="eu.code.form")


def _hazardous(stated: Iterable[Hazardous]) -> Hazardous:
    """Return the hazard of a line: that of the list of waste, the union where several codes are stated."""
    found = set(stated)
    return next((item for item in (Hazardous.YES, Hazardous.NO) if item in found), Hazardous.UNKNOWN)


_READERS: dict[str, Callable[[str], _Read]] = {
    "LOW": _low,
    "EWC": _low,
    "BASEL": _listed,
    "OECD": _listed,
    "RD": _operation,
    "PURPOSE": _purpose,
}
