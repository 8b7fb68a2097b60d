"""A pattern of suppressed cells in a CSV file, ours or that of another program.

Columns are found by name. Whatever a file does not show is suppressed, for nobody sees it;
whatever it shows in one table is shown, whether or not another table suppresses it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import polars as pl

from consumers.disclosure.audit.cells import cells_of
from consumers.disclosure.problem import TOTAL, Dimension, Place, Problem
from schemas.errors import ConfigurationError

VALUE, STATUS = "value", "status"
_IS_SUPPRESSED = {"free": False, "primary": True, "secondary": True, "suppressed": True}
# The header is row 1.
_FIRST_ROW = 2

Row = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a file suppresses.

    Attributes:
        suppressed: Places that are not shown.
        absent: How many of them the file does not even name.
    """

    suppressed: frozenset[Place]
    absent: int


def read(path: Path, problem: Problem) -> Pattern:
    """Read the pattern of the tables of a problem.

    For each dimension a column with its name tells the code, "Total" or nothing for the total,
    and a column `<name>_level` the level, which may be left out where codes are of one level
    each. A dimension without a column stands at its total. `status` says what is suppressed;
    without it a row without a `value` is.

    Raises:
        ConfigurationError: A column or row is not of these tables; the error names it.
    """
    rows = _rows(path)
    header = set(rows[0]) if rows else set()
    _check_header(path, header, problem)
    values = _values(problem)
    codes = [_levels_of_codes(problem, dimension) for dimension in problem.dimensions]
    shown: set[Place] = set()
    named: set[Place] = set()
    for number, row in enumerate(rows, _FIRST_ROW):
        where = f"{path} row {number}"
        place = tuple(
            _node(row, dimension, known, where)
            for dimension, known in zip(problem.dimensions, codes, strict=True)
        )
        _check_is_in_a_table(place, problem, where)
        if _is_shown(row, where):
            _check_value(row, values.get(place, 0), problem.decimals, where)
            shown.add(place)
        named.add(place)
    return Pattern(frozenset(values.keys() - shown), len(values.keys() - named))


def _rows(path: Path) -> Sequence[Row]:
    try:
        frame = pl.read_csv(path.read_bytes(), infer_schema=False)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read", hint="name a CSV file of cells") from error
    except pl.exceptions.PolarsError as error:
        # The cause may quote a row.
        raise ConfigurationError(
            f"{path} cannot be read as CSV ({type(error).__name__})",
            hint="give UTF-8 text with commas, a header, and the same number of fields in each row",
        ) from None
    return frame.to_dicts()


def _check_header(path: Path, header: set[str], problem: Problem) -> None:
    names = [dimension.name for dimension in problem.dimensions]
    if not header.intersection(names):
        raise ConfigurationError(
            f"{path} has no column of a dimension",
            hint=f"name columns of codes as the specification names its dimensions: {', '.join(names)}",
        )
    if not header & {STATUS, VALUE}:
        raise ConfigurationError(
            f"{path} says of no cell whether it is suppressed",
            hint=f"add a column {STATUS} ({', '.join(_IS_SUPPRESSED)}), or {VALUE}, empty where suppressed",
        )


def _values(problem: Problem) -> dict[Place, int]:
    """Return the true value of each cell that is not empty."""
    cells = cells_of(problem)
    return dict(zip(cells.places, cells.sums(cells.records.value).tolist(), strict=True))


def _levels_of_codes(problem: Problem, dimension: Dimension) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {TOTAL: {0}}
    for level, column in enumerate(dimension.columns, 1):
        for code in problem.contributions[column].unique():
            found.setdefault(code, set()).add(level)
    return found


def _node(row: Row, dimension: Dimension, known: Mapping[str, set[int]], where: str) -> tuple[int, str]:
    code, level = row.get(dimension.name) or TOTAL, row.get(f"{dimension.name}_level")
    levels = known.get(code, set())
    if level is not None:
        levels = {found for found in levels if str(found) == level.strip()}
    if not levels:
        raise ConfigurationError(
            f"{where}, {dimension.name}: the data have no such code on that level",
            hint=f"write codes as the data do, and {TOTAL} for the total, which is on level 0",
        )
    if len(levels) > 1:
        raise ConfigurationError(
            f"{where}, {dimension.name}: the code stands on more than one level",
            hint=f"add a column {dimension.name}_level: 0 for the total, then 1, 2 ... from coarse to fine",
        )
    return min(levels), code


def _check_is_in_a_table(place: Place, problem: Problem, where: str) -> None:
    used = {dimension.name for dimension, (level, _) in zip(problem.dimensions, place, strict=True) if level}
    if not any(used.issubset(table.dimensions) for table in problem.tables):
        raise ConfigurationError(
            f"{where}: no table of the specification has a cell by {' and '.join(sorted(used))}",
            hint="list every table that is published as [[table]]: an attacker sees all of them",
        )


def _is_shown(row: Row, where: str) -> bool:
    status = row.get(STATUS)
    if STATUS not in row:
        return bool((row.get(VALUE) or "").strip())
    if status is None or status.strip().lower() not in _IS_SUPPRESSED:
        raise ConfigurationError(
            f"{where}, {STATUS}: not a status", hint=f"write one of {', '.join(_IS_SUPPRESSED)}"
        )
    return not _IS_SUPPRESSED[status.strip().lower()]


def _check_value(row: Row, units: int, decimals: int, where: str) -> None:
    """Refuse a value that is not that of the data, as far as its digits tell."""
    text = (row.get(VALUE) or "").strip()
    if not text:
        return
    try:
        value = Decimal(text)
        digits = min(-int(value.as_tuple().exponent), decimals)
    except (InvalidOperation, ValueError):
        raise ConfigurationError(
            f"{where}, {VALUE}: not a number", hint="write it with digits and a decimal point"
        ) from None  # the cause quotes it
    if abs(value - Decimal(units).scaleb(-decimals)) > Decimal(1).scaleb(-digits) / 2:
        raise ConfigurationError(
            f"{where}, {VALUE}: not the sum of the contributions",
            hint="audit a table with the data, weights and filters that it was made of",
        )
