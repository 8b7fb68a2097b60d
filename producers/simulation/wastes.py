"""Wastes that move, with their codes and the material that each list says they are.

The materials are written down here from the lists themselves, so that the truth of a simulation
depends on no crosswalk: List of Waste by Regulation (EC) 2150/2002 Annex III, Basel codes by the
wording of their entries, federal codes of the United States by 40 CFR 261.
"""

from __future__ import annotations

from typing import NamedTuple


class Waste(NamedTuple):
    """One kind of waste.

    Attributes:
        material: Class of the material that its codes lead to.
        low: List of Waste code, six digits.
        is_hazardous: Whether its entry in the List of Waste has an asterisk.
        basel: Code of the Basel Convention, None where none is used.
        description: As the United Kingdom's packaging log names it.
        customs: Heading and subheading of the Harmonised System.
    """

    material: str
    low: str
    is_hazardous: bool = False
    basel: str | None = None
    description: str = ""
    customs: str | None = None

    @property
    def starred(self) -> str:
        """Return the code as the List of Waste prints it."""
        return f"{self.low[:2]} {self.low[2:4]} {self.low[4:]}" + ("*" if self.is_hazardous else "")


class AmericanWaste(NamedTuple):
    """One line of an American manifest.

    Attributes:
        federal: Codes of 40 CFR 261, none where it is no hazardous waste.
        density_lb_per_gal: In hundredths.
    """

    material: str
    federal: tuple[str, ...]
    un_number: str | None
    density_lb_per_gal: int


PACKAGING = (
    Waste("PLASTIC", "150102", basel="B3011", description="Plastic - bottles", customs="391590"),
    Waste("PAPER", "150101", basel="B3020", description="Paper - corrugated board", customs="470710"),
    Waste("GLASS", "150107", basel="B2020", description="Glass - mixed colours", customs="700100"),
    Waste("WOOD", "150103", basel="B3050", description="Wood - broken pallets", customs="440149"),
    Waste("METAL_MIXED", "150104", basel="B1010", description="Steel - cans", customs="720449"),
)
GREEN = (
    Waste("PLASTIC", "191204", basel="B3011"),
    Waste("PAPER", "191201", basel="B3020"),
    Waste("FERROUS", "191202", basel="B1010"),
    Waste("GLASS", "191205", basel="B2020"),
    Waste("TYRE", "160103", basel="B3140"),
)
EVERYDAY = (
    Waste("PLASTIC", "200139"),
    Waste("PAPER", "200101"),
    Waste("FERROUS", "170405"),
    Waste("SOIL", "170504"),
    Waste("TYRE", "160103"),
    Waste("OIL", "130205", is_hazardous=True),
    Waste("SOLVENT", "140603", is_hazardous=True),
    Waste("PAINT_INK_ADHESIVE", "080111", is_hazardous=True),
)
AMERICAN = (
    AmericanWaste("HAZARDOUS_CHEMICAL", ("D001", "F003"), "UN1263", 767),
    AmericanWaste("HAZARDOUS_CHEMICAL", ("D002",), "UN1760", 952),
    AmericanWaste("HAZARDOUS_CHEMICAL", ("K061",), "UN3077", 1420),
    AmericanWaste("HAZARDOUS_CHEMICAL", ("U220",), "UN1294", 724),
    AmericanWaste("UNMAPPED", (), None, 834),
)
