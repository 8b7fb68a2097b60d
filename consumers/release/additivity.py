"""Whether published figures add up: a free total is the sum of its parts where all of them are free.

The hierarchies are those of the code lists, as everybody has them. A table shows some of their
levels; what lies between two shown codes is passed over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from consumers.release.blocks import PLACE
from consumers.release.tables import ALL, DIMENSIONS
from schemas import codes

_BOOK = ("table", "period", "measure", "flow")

Cell = tuple[str | None, ...]


def broken(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what does not add up, without its values.

    Args:
        records: Observations of one release.
    """
    return [*_sums(records), *_links(records)]


def _sums(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    tables: dict[tuple[Any, ...], dict[Cell, int | None]] = defaultdict(dict)
    for record in records:
        book = tuple(record[name] for name in _BOOK)
        place = tuple(record[name] for name in DIMENSIONS)
        if place in tables[book]:
            yield f"{_told(book, place)} is there twice"
        tables[book][place] = record["mass_g"]
    for book, cells in tables.items():
        for number, name in enumerate(DIMENSIONS):
            for total, parts in _families(cells, number, name).items():
                masses = [cells[part] for part in parts]
                if cells[total] is not None and None not in masses and sum(masses) != cells[total]:  # type: ignore[arg-type]  # none is absent
                    yield f"{_told(book, total)} is not the sum by {name}"


def _families(cells: Mapping[Cell, int | None], number: int, name: str) -> dict[Cell, list[Cell]]:
    """Return by cell those that it is the total of, by one dimension."""
    shown = {place[number] for place in cells}
    above: dict[str | None, str | None] = {
        code: _parent(name, code, shown) for code in shown if code is not None
    }
    found: dict[Cell, list[Cell]] = defaultdict(list)
    for place in cells:
        parent = above.get(place[number])
        if parent is not None:
            found[(*place[:number], parent, *place[number + 1 :])].append(place)
    return {total: parts for total, parts in found.items() if total in cells}


def _parent(name: str, code: str, shown: set[str | None]) -> str | None:
    """Return the next code above one that a table shows, None above the uppermost."""
    while code != ALL:
        code = _above(name, code)
        if code in shown:
            return code
    return None


def _above(name: str, code: str) -> str:
    match name:
        case "region":
            # FR-ZZ, a part that is not known, is of France too.
            return code.partition("-")[0] if "-" in code else ALL
        case "material":
            return _material_parents().get(code, ALL)
        case _:
            return ALL


@cache
def _material_parents() -> dict[str, str]:
    return {row["code"]: row["parent"] for row in codes.rows("materials")}


def _links(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield cells that differ between two tables which both show them."""
    seen: dict[tuple[Any, ...], int] = {}
    for record in records:
        if record["mass_g"] is None:
            continue
        # A dimension that a table lacks is summed over.
        place = (record["period"], *(record[name] or ALL for name in PLACE))
        if seen.setdefault(place, record["mass_g"]) != record["mass_g"]:
            yield f"{_told((record['table'], *place[:3]), place[3:])} is another in another table"


def _told(book: Sequence[Any], place: Sequence[Any]) -> str:
    return " ".join(str(part) for part in (*book, *place) if part is not None)
