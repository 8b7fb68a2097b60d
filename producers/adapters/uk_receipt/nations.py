"""The nation of the United Kingdom in which a postcode lies, by its area.

The area is the letters before the first digit. Areas that reach into two nations are not
in the table, and neither are the Channel Islands, the Isle of Man and areas of no place:
their nation is not known.

Source: ONS Postcode Directory (areas whose postcodes all have one country).
"""

from __future__ import annotations

import re

from producers.reading.remembered import remembered

_CACHED_POSTCODES = 4096
_POSTCODE = re.compile(r"([A-Z]{1,2})[0-9][A-Z0-9]?[0-9][A-Z]{2}", re.ASCII)
# In two nations: CA, DG and TD (England, Scotland); CH, GL, HR, LD, LL, NP and SY (England, Wales).
_AREAS = {
    "GB-ENG": (
        "AL B BA BB BD BH BL BN BR BS CB CM CO CR CT CV CW DA DE DH DL DN DT DY E EC EN EX FY GU HA HD HG HP "
        "HU HX IG IP KT L LA LE LN LS LU M ME MK N NE NG NN NR NW OL OX PE PL PO PR RG RH RM S SE SG SK SL "
        "SM SN SO SP SR SS ST SW TA TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO"
    ),
    "GB-SCT": "AB DD EH FK G HS IV KA KW KY ML PA PH ZE",
    "GB-WLS": "CF SA",
    "GB-NIR": "BT",
}
_NATIONS = {area: nation for nation, areas in _AREAS.items() for area in areas.split()}


@remembered(_CACHED_POSTCODES)
def area(postcode: str) -> str | None:
    """Return the area of a postcode in any spelling, None where it has not the form of one."""
    match = _POSTCODE.fullmatch("".join(postcode.split()).upper())
    return match[1] if match is not None else None


def nation(postcode_area: str) -> str | None:
    """Return the ISO 3166-2 code of the nation of a postcode area, None where it is not known."""
    return _NATIONS.get(postcode_area)
