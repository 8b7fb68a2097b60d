"""Classes of the recovery and disposal operations of Directive 2008/98/EC, by day.

Energy and recycling as Regulation (EC) 2150/2002 counts them. What is done before another operation
is interim; D8 and D9 count as such since Regulation (EU) 2024/1157, D9 was so in what it was used for.
"""

from __future__ import annotations

from datetime import date

_INTERIM = frozenset({"R12", "R13", "D9", "D13", "D14", "D15"})
_D8_INTERIM_SINCE = date(2026, 5, 21)
RECOVERY = ("R1", "R3", "R4", "R5", "R12", "R13")
USUAL = ("R1", "R3", "R4", "R5", "R9", "R12", "R13", "D1", "D5", "D8", "D9", "D10", "D15")


def class_of(code: str, on: date) -> str:
    """Return the class of an operation on a day."""
    if code in _INTERIM or (code == "D8" and on >= _D8_INTERIM_SINCE):
        return "INTERIM"
    if code == "R1":
        return "ENERGY"
    return "RECYCLING" if code.startswith("R") else "DISPOSAL"
