"""Date formats as people write them in spreadsheets: `dd/mm/yyyy`, `yyyymmdd hh:mm`, `iso`.

A format says the order; a reader that guessed it would take the third of April for the
fourth of March. Where signs stand between the parts, a leading zero may be missing.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from producers.reading import dates
from producers.reading.dates import Stamp

_PARTS = re.compile(r"yyyy|mm?|dd?|hh?|ss?")
_GROUPS = {"y": "year", "m": "month", "d": "day", "h": "hour", "s": "second"}
_MONTH, _MINUTE = "month", "minute"


class DateFormat(NamedTuple):
    """A format by its text, in small letters."""

    text: str

    def is_known(self) -> bool:
        """Say whether the format has a year, a month, each part once, and none without the larger one."""
        names = _names(self.text)
        finer = ["day", "hour", _MINUTE, "second"]
        stated = [name for name in finer if name in names]
        has_parts = {"year", _MONTH} <= set(names) and len(names) == len(set(names))
        return self == ISO or (has_parts and stated == finer[: len(stated)] and stated[-1:] != ["hour"])

    def stamp(self, stated: str) -> Stamp | None:
        """Return what a text says of a date, None where it has another format or is no date."""
        if self == ISO:
            return dates.stamp(stated)
        match = _pattern(self.text).fullmatch(stated)
        if match is None:
            return None
        part = match.groupdict()
        written = f"{part['year']}-{part[_MONTH]:0>2}"
        if "day" in part:
            written += f"-{part['day']:0>2}"
        if "hour" in part:
            written += f"T{part['hour']:0>2}:{part[_MINUTE]:0>2}:{part.get('second', ''):0>2}"
        return dates.stamp(written)


ISO = DateFormat("iso")


@cache
def _pattern(text: str) -> re.Pattern[str]:
    pieces, end = [], 0
    names = iter(_names(text))
    for part in _PARTS.finditer(text):
        pieces.append(re.escape(text[end : part.start()]))
        width = len(part[0])
        # Parts without a sign between them are told apart by their width alone.
        is_fixed = part[0] == "yyyy" or _touches(text, part.start() - 1) or _touches(text, part.end())
        pieces.append(f"(?P<{next(names)}>[0-9]{{{width if is_fixed else '1,2'}}})")
        end = part.end()
    return re.compile("".join([*pieces, re.escape(text[end:])]), re.ASCII)


def _names(text: str) -> list[str]:
    """Return what the parts of a format are, in order; `mm` after hours are minutes."""
    names: list[str] = []
    for part in _PARTS.findall(text):
        name = _GROUPS[part[0]]
        names.append(_MINUTE if name == _MONTH and "hour" in names else name)
    return names


def _touches(text: str, place: int) -> bool:
    return 0 <= place < len(text) and text[place].isalpha()
