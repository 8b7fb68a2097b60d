"""Waste codes of a packaging log row: material, List of Waste, Basel or OECD, customs.

Only what has the form of a code travels: the cells are free text in the workbook and may
hold anything. Each function returns what it read and what it found wrong.
"""

from __future__ import annotations

import re

from producers.adapters.uk_packaging.model import Cells
from producers.adapters.uk_packaging.rules import RULES_BY_ID
from producers.statement import WasteCode
from schemas import codes
from schemas.findings import Finding
from schemas.movement import Hazardous

MATERIAL_SCHEME = "GB-EPR-MATERIAL"
CUSTOMS_SCHEME = "GB-COMMODITY"

# The log's list of descriptions begins each with its material; one has an en dash.
_MATERIALS = {
    "Aluminium": "ALUMINIUM",
    "Fibre-based composite": "FIBRE-BASED-COMPOSITE",
    "Glass": "GLASS",
    "Paper": "PAPER",
    "Plastic": "PLASTIC",
    "Steel": "STEEL",
    "Wood": "WOOD",
}
_DASH = re.compile(r" [-\u2013] ")
_BASEL = re.compile(r"[AB][0-9]{4}|Y[0-9]{1,2}", re.ASCII)
_OECD = re.compile(r"[A-Z]{2}[0-9]{3}|EU3011|EU48|BEU0[45]", re.ASCII)
_CUSTOMS = re.compile(r"[0-9]{6,10}", re.ASCII)
# Waste of plastic, wood, paper, glass, steel and aluminium in the Harmonised System.
_WASTE_HEADINGS = ("3915", "4401", "4707", "7001", "7204", "7602")
_HS_DIGITS = 6
_MINING_CHAPTER = "01"


class Codes:
    """The codes of one row, and the findings about them."""

    def __init__(self, cells: Cells, path: str) -> None:
        self._path = path
        self.findings: list[Finding] = []
        self.hazardous = Hazardous.UNKNOWN
        self.waste = (*self._material(cells.description_waste), *self._low(cells.ewc_code))
        self.export = (*self._basel(cells.basel_export_code), *self._customs(cells.customs_codes))

    def _broken(self, rule: str, column: str) -> None:
        self.findings.append(RULES_BY_ID[rule].at(f"{self._path}.data.{column}"))

    def _material(self, description: str | None) -> tuple[WasteCode, ...]:
        if description is None:
            return ()
        material = _MATERIALS.get(_DASH.split(description, maxsplit=1)[0])
        if material is None:
            self._broken("uk.material.unknown", "DESCRIPTION_WASTE")
            return ()
        return (WasteCode(MATERIAL_SCHEME, material),)

    def _low(self, stated: str | None) -> tuple[WasteCode, ...]:
        if stated is None:
            return ()
        read = codes.normalise_low(stated)
        if read is None:
            self._broken("uk.ewc.form", "EWC_CODE")
            return ()
        code, is_starred = read
        listed = codes.find("LOW", code)
        is_hazardous = listed[-1].hazardous if listed and listed[-1].hazardous is not None else is_starred
        if is_hazardous != is_starred:
            self._broken("uk.ewc.asterisk", "EWC_CODE")
        if code.startswith(_MINING_CHAPTER):
            self._broken("uk.ewc.chapter", "EWC_CODE")
        if listed or is_starred:
            self.hazardous = Hazardous.YES if is_hazardous else Hazardous.NO
        return (WasteCode("LOW", code),)

    def _basel(self, stated: str | None) -> tuple[WasteCode, ...]:
        code = "".join((stated or "").split()).upper()
        if not code:
            return ()
        if _BASEL.fullmatch(code):
            return (WasteCode("BASEL", code),)
        if _OECD.fullmatch(code):
            return (WasteCode("OECD", code),)
        self._broken("uk.basel.form", "BASEL_EXPORT_CODE")
        return ()

    def _customs(self, stated: str | None) -> tuple[WasteCode, ...]:
        if stated is None:
            return ()
        if stated.startswith(_WASTE_HEADINGS) and _CUSTOMS.fullmatch(stated):
            return (WasteCode("HS", stated[:_HS_DIGITS]),)
        self._broken("uk.customs.heading", "CUSTOMS_CODES")
        return (WasteCode(CUSTOMS_SCHEME, stated),) if _CUSTOMS.fullmatch(stated) else ()
