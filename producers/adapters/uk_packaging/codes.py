"""Waste codes of a packaging log row: material, List of Waste, Basel or OECD, customs.

Only what has the form of a code travels: the cells are free text in the workbook and may
hold anything. Each function returns what it read and what it found wrong.
"""

from __future__ import annotations

import re

from producers.adapters.uk_packaging.model import Cells
from producers.adapters.uk_packaging.rules import RULES_BY_ID
from producers.reading import waste_codes
from producers.statement import WasteCode
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
        read = waste_codes.low(stated)
        if read is None:
            self._broken("uk.ewc.form", "EWC_CODE")
            return ()
        if read.is_mismatched:
            self._broken("uk.ewc.asterisk", "EWC_CODE")
        if read.code.code.startswith(_MINING_CHAPTER):
            self._broken("uk.ewc.chapter", "EWC_CODE")
        self.hazardous = read.hazardous
        return (read.code,)

    def _basel(self, stated: str | None) -> tuple[WasteCode, ...]:
        if not (stated or "").strip():
            return ()
        code = waste_codes.basel_or_oecd(stated or "")
        if code is None:
            self._broken("uk.basel.form", "BASEL_EXPORT_CODE")
            return ()
        return (code,)

    def _customs(self, stated: str | None) -> tuple[WasteCode, ...]:
        if stated is None:
            return ()
        if stated.startswith(_WASTE_HEADINGS) and _CUSTOMS.fullmatch(stated):
            return (WasteCode("HS", stated[:_HS_DIGITS]),)
        self._broken("uk.customs.heading", "CUSTOMS_CODES")
        return (WasteCode(CUSTOMS_SCHEME, stated),) if _CUSTOMS.fullmatch(stated) else ()
