"""Waste lines of a US manifest: quantity, codes, hazard, treatment, as statements need them.

A line is read once and stated at every stage. Codes go as stated, without blanks and in
capitals; what has not the form of a code is not passed on, as it may be a text about
somebody. A volume has a mass only by a density that a waste can have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from producers.adapters.us_emanifest.model import AdditionalInfo, Code, Waste
from producers.reading import waste_codes
from producers.reading.notices import Notice
from producers.reading.remembered import remembered
from producers.statement import Place, Quantity, WasteCode
from schemas import codes, units
from schemas.movement import Basis, Hazardous

_REC20 = {"P": "LBR", "T": "STN", "K": "KGM", "M": "TNE", "G": "GLL", "L": "LTR", "Y": "YDQ", "N": "MTQ"}
# Code 1 is pounds per US gallon (0.45359237 kg in 3.785411784 L), code 2 specific gravity. The quotient
# has no end: it is rounded up, where no mass of less than a billion tonnes shows it, so that half a gram
# stays half a gram.
_KG_PER_L = {"1": Decimal("0.11982642731689662855"), "2": Decimal(1)}
_DENSITY_MAX = Decimal("999.99")

_FEDERAL, _OF_TEXAS, _TRANSPORT = "US-EPA", "US-STATE-TX", "UN"
# Sequence number, form and class: longer runs than other states have.
_TEXAS = re.compile(r"[A-Z0-9]{4}[0-9]{3}[123H]", re.ASCII)
_UN_NUMBER = re.compile(r"(?:UN|NA|ID)[0-9]{4}", re.ASCII)
_MANAGEMENT_METHOD = re.compile(r"H[0-9]{3}", re.ASCII)
_CACHED_CODES = 4096


class Line(NamedTuple):
    """One waste of a manifest; number 0 stands for a manifest without lines."""

    number: int = 0
    codes: tuple[WasteCode, ...] = ()
    hazardous: Hazardous = Hazardous.UNKNOWN
    value: Decimal | None = None
    unit: str = ""
    density_kg_per_l: Decimal | None = None
    container_count: int | None = None
    management_method: str | None = None
    info: AdditionalInfo | None = None
    path: str = ""

    def quantity(self, basis: Basis) -> Quantity | None:
        """Return the quantity as known at a stage, None where none is stated."""
        if self.value is None:
            return None
        return Quantity(self.value, self.unit, basis, self.density_kg_per_l)


def line(waste: Waste, origin: Place, destination: Place, path: str, notice: Notice) -> Line:
    """Return what a line states; `notice` is told each rule that it breaks, and where."""
    found = tuple(dict.fromkeys(_codes(waste, origin, destination, path, notice)))
    quantity = waste.quantity
    value = quantity.quantity if quantity is not None else None
    unit = quantity.unit_of_measurement if quantity is not None else None
    if value is None:
        notice("us.quantity.missing", f"{path}.quantity.quantity")
    elif unit is None:
        notice("us.unit.unknown", f"{path}.quantity.unitOfMeasurement")
    rec20 = _REC20[unit.code] if unit is not None else ""
    return Line(
        number=waste.line_number,
        codes=found,
        hazardous=_hazardous(waste, found),
        value=None if value is None else Decimal(value),
        unit=rec20,
        density_kg_per_l=_density(waste, rec20, path, notice),
        container_count=quantity.container_number if quantity is not None else None,
        management_method=_management_method(waste, path, notice),
        info=waste.additional_info,
        path=path,
    )


def _density(waste: Waste, unit: str, path: str, notice: Notice) -> Decimal | None:
    report = waste.br_info
    if report is None or report.density is None or units.kind(unit) != "volume":
        return None
    measure = report.density_unit_of_measurement
    factor = _KG_PER_L.get((measure.code or "").strip()) if measure is not None else None
    # Compared before it is multiplied: a number of any exponent may stand there.
    if factor is not None and 0 < report.density <= _DENSITY_MAX:
        density = report.density * factor
        if density <= units.DENSITY_KG_PER_L_MAX:
            return density
    notice("us.density.implausible", f"{path}.brInfo.density")
    return None


def _hazardous(waste: Waste, found: tuple[WasteCode, ...]) -> Hazardous:
    """Say whether it is hazardous by 40 CFR 261; `epaWaste` says only whether it is a waste."""
    schemes = {code.scheme for code in found}
    if _FEDERAL in schemes:
        return Hazardous.YES
    has_waste_code = bool(schemes - {_TRANSPORT})
    return Hazardous.UNKNOWN if has_waste_code or waste.pcb or waste.epa_waste else Hazardous.NO


def _codes(waste: Waste, origin: Place, destination: Place, path: str, notice: Notice) -> Iterator[WasteCode]:
    for scheme, name, values in _code_lists(waste, origin, destination):
        for number, value in enumerate(values):
            code = _waste_code(scheme, value)
            if code is None:
                notice("us.code.form", f"{path}.hazardousWaste.{name}[{number}]")
            else:
                yield code
    dot = waste.dot_information
    if dot is not None and dot.id_number is not None:
        code = _waste_code(_TRANSPORT, dot.id_number.code)
        if code is None:
            notice("us.code.form", f"{path}.dotInformation.idNumber.code")
        else:
            yield code


def _code_lists(waste: Waste, origin: Place, destination: Place) -> Iterator[tuple[str, str, list[str]]]:
    """Yield scheme, name and codes of each list of a line that holds any."""
    stated = waste.hazardous_waste
    if stated is None:
        return
    if stated.federal_waste_codes:
        yield _FEDERAL, "federalWasteCodes", _texts(stated.federal_waste_codes)
    if stated.generator_state_waste_codes:
        of_generator = _texts(stated.generator_state_waste_codes)
        yield _state_scheme(origin), "generatorStateWasteCodes", of_generator
    if stated.tsdf_state_waste_codes:
        yield _state_scheme(destination), "tsdfStateWasteCodes", _texts(stated.tsdf_state_waste_codes)
    if stated.tx_waste_codes:
        yield _OF_TEXAS, "txWasteCodes", stated.tx_waste_codes


def _texts(stated: list[Code]) -> list[str]:
    return [item.code for item in stated]


def _state_scheme(where: Place) -> str:
    return f"US-STATE-{where.region.removeprefix('US-')}" if where.region else "US-STATE"


def _management_method(waste: Waste, path: str, notice: Notice) -> str | None:
    if waste.management_method is None:
        return None
    code = waste_codes.national(waste.management_method.code)
    if code is None or _MANAGEMENT_METHOD.fullmatch(code) is None:
        notice("us.code.form", f"{path}.managementMethod.code")
        return None
    return code


@remembered(_CACHED_CODES)
def _waste_code(scheme: str, stated: str) -> WasteCode | None:
    """Return a code in the one spelling of its list, None where it has not the form of that."""
    compact = "".join(stated.split()).upper()
    if scheme == _OF_TEXAS and _TEXAS.fullmatch(compact):
        return WasteCode(scheme, compact)
    code = waste_codes.national(stated)
    if code is None or (scheme == _FEDERAL and not codes.is_us_federal_code(code)):
        return None
    if scheme == _TRANSPORT and _UN_NUMBER.fullmatch(code) is None:
        return None
    return WasteCode(scheme, code)
