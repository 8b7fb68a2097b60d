"""Where the parties of a form are: the region of an Italian municipality, or a foreign country.

A municipality is known by its ISTAT code of six digits, of which the first three are its
province. Codes of provinces that were abolished stay with their region: old forms hold them.

Source: ISTAT, codes of administrative units; ISO 3166-2:IT.
"""

from __future__ import annotations

import re

HOME = "IT"

_MUNICIPALITY = re.compile(r"([0-9]{3})[0-9]{3}", re.ASCII)
# Numbers of provinces, first and last of each run.
_PROVINCES = {
    "IT-21": ((1, 6), (96, 96), (103, 103)),
    "IT-23": ((7, 7),),
    "IT-42": ((8, 11),),
    "IT-25": ((12, 20), (97, 98), (108, 108)),
    "IT-32": ((21, 22),),
    "IT-34": ((23, 29),),
    "IT-36": ((30, 32), (93, 93)),
    "IT-45": ((33, 40), (99, 99)),
    "IT-57": ((41, 44), (109, 109)),
    "IT-52": ((45, 53), (100, 100)),
    "IT-55": ((54, 55),),
    "IT-62": ((56, 60),),
    "IT-72": ((61, 65),),
    "IT-65": ((66, 69),),
    "IT-67": ((70, 70), (94, 94)),
    "IT-75": ((71, 75), (110, 110)),
    "IT-77": ((76, 77),),
    "IT-78": ((78, 80), (101, 102)),
    "IT-82": ((81, 89),),
    # From 112 on: the provinces of 2026.
    "IT-88": ((90, 92), (95, 95), (104, 107), (111, 119)),
}
_REGIONS = {
    number: region
    for region, runs in _PROVINCES.items()
    for first, last in runs
    for number in range(first, last + 1)
}


def region(municipality: str) -> str | None:
    """Return the ISO 3166-2 code of the region of an ISTAT municipality code, None where it is none."""
    match = _MUNICIPALITY.fullmatch(municipality.strip())
    return _REGIONS.get(int(match[1])) if match is not None else None
