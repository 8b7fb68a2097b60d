"""The waste of a form: codes, hazard and quantity of departure, as statements need them.

The List of Waste decides whether a code is hazardous, and stated properties of hazard make
the waste hazardous whatever its code. A litre has no mass: forms hold no density.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from producers.adapters.it_rentri import model
from producers.adapters.it_rentri.model import Waste
from producers.reading import waste_codes
from producers.reading.notices import Notice
from producers.reading.waste_codes import Low
from producers.statement import Quantity, WasteCode
from schemas.movement import Basis, Hazardous

_REC20 = {"kg": "KGM", "l": "LTR"}
_PACKAGES = re.compile(r"[0-9]{1,6}", re.ASCII)


class Load(NamedTuple):
    """The waste as it left.

    Attributes:
        basis: WEIGHED where the quantity was verified at departure, else ESTIMATED.
        package_count: None where it is none, or in bulk.
    """

    codes: tuple[WasteCode, ...]
    hazardous: Hazardous
    quantity: Quantity | None
    basis: Basis
    package_count: int | None


def load(waste: Waste, path: str, notice: Notice) -> Load:
    """Return what a form says of its waste; `notice` is told each rule that it breaks, and where."""
    low = _low(waste.codice_eer, f"{path}.codice_eer", notice)
    if waste.quantita is None:
        notice("rentri.quantity.missing", f"{path}.quantita")
    basis = Basis.WEIGHED if waste.verificato_in_partenza else Basis.ESTIMATED
    found = [*([low.code] if low is not None else ()), *_properties(waste, path, notice)]
    return Load(
        codes=tuple(dict.fromkeys(found)),
        hazardous=_hazardous(waste, low, path, notice),
        quantity=quantity(waste.quantita, basis) if waste.quantita is not None else None,
        basis=basis,
        package_count=_package_count(waste.numero_colli),
    )


def quantity(stated: model.Quantity, basis: Basis) -> Quantity:
    """Return a quantity of departure."""
    return Quantity(stated.valore, _REC20[stated.unita_misura], basis)


def _low(stated: str, place: str, notice: Notice) -> Low | None:
    # The service's own lists write it with dots: 15.01.10.
    read = waste_codes.low(stated.replace(".", ""))
    if read is None:
        notice("rentri.eer.form", place)
    elif read.is_mismatched and read.hazardous is Hazardous.NO:
        # Without an asterisk a hazardous code is as usual as with it.
        notice("rentri.eer.asterisk", place)
    return read


def _hazardous(waste: Waste, low: Low | None, path: str, notice: Notice) -> Hazardous:
    listed = low.hazardous if low is not None else Hazardous.UNKNOWN
    has_properties = bool(waste.caratteristiche_pericolo)
    if listed is not Hazardous.UNKNOWN and has_properties != (listed is Hazardous.YES):
        notice("rentri.hazard.mismatch", f"{path}.caratteristiche_pericolo")
    return Hazardous.YES if has_properties else listed


def _properties(waste: Waste, path: str, notice: Notice) -> Iterator[WasteCode]:
    for index, text in enumerate(waste.caratteristiche_pericolo or ()):
        code = waste_codes.hazard_property(text)
        if code is not None:
            yield code
        else:
            notice("rentri.hazard.code", f"{path}.caratteristiche_pericolo[{index}]")


def _package_count(stated: str | None) -> int | None:
    """Return a number of packages; the field is free text and may hold anything."""
    text = (stated or "").strip()
    return int(text) if _PACKAGES.fullmatch(text) else None
