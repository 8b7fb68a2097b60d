"""The columns of a file: where those of the mapping are, and what is wrong with the header row.

Names are compared without case and with single blanks, as line ends and no-break blanks of headers are
not seen. Of a column that the mapping does not name, nothing but its place is ever told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from producers.adapters.table.cells import CellError, folded, text
from producers.adapters.table.rules import RULES_BY_ID
from schemas.findings import Finding

_TOLD_MAX = 20
_LETTERS = 26


class Columns:
    """The mapped columns of one file, in the order of the mapping.

    Attributes:
        places: Places of the mapped columns in the file, from 0.
        findings: What keeps the whole file from being read.
        undecided: The warning about columns of which the mapping says nothing.
    """

    def __init__(self, header: Sequence[object], mapped: Sequence[str], ignored: Sequence[str]) -> None:
        names = [_name(cell) for cell in header]
        self._numbers = {folded(name): number for number, name in enumerate(mapped)}
        self.findings = tuple(_findings(names, mapped))
        self.places = [] if self.findings else [names.index(folded(name)) for name in mapped]
        decided = self._numbers.keys() | {folded(name) for name in ignored}
        undecided = [place for place, name in enumerate(names) if name and name not in decided]
        self.undecided = (_undecided(undecided),) if undecided else ()

    def number(self, column: str) -> int:
        """Return where the cell of a mapped column stands in a line."""
        return self._numbers[folded(column)]


def _name(cell: object) -> str:
    try:
        return folded(text(cell))
    except CellError:
        return ""


def _findings(names: list[str], mapped: Sequence[str]) -> Iterator[Finding]:
    missing = [name for name in mapped if folded(name) not in names]
    if missing:
        yield RULES_BY_ID["table.column.missing"].at(f"header[{', '.join(missing)}]")
    repeated = [name for name in mapped if names.count(folded(name)) > 1]
    if repeated:
        yield RULES_BY_ID["table.column.repeated"].at(f"header[{', '.join(repeated)}]")


def _undecided(places: Sequence[int]) -> Finding:
    letters = [_letter(place) for place in places[:_TOLD_MAX]]
    if len(places) > _TOLD_MAX:
        letters.append("...")
    return RULES_BY_ID["table.column.undecided"].at(f"header[{', '.join(letters)}]")


def _letter(place: int) -> str:
    """Return a place as spreadsheet programs name columns: A to Z, AA ..."""
    rest, last = divmod(place, _LETTERS)
    return (_letter(rest - 1) if rest else "") + chr(ord("A") + last)
