"""What an audit found, as a table for the office. Confidential: it has true values."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from consumers.disclosure import decimals
from consumers.disclosure.audit.audit import Finding
from consumers.disclosure.problem import Problem

_PERCENT = 100
_AMOUNTS = ("value", "low", "high", "required")


def table(findings: Sequence[Finding], problem: Problem) -> pl.DataFrame:
    """Return one row for each finding, in their order.

    Columns: `attacker`, `verdict`, for each dimension `<name>_level` and `<name>`, `value`, `low`
    and `high` (texts with the decimals of the problem: what the attacker is left with),
    `required` (how far both ends must be from the value), `coverage_percent` (how much of that
    they are, rounded down).
    """
    rows = [_row(finding, problem) for finding in findings]
    frame = pl.DataFrame(rows, schema=_schema(problem), orient="row")
    return frame.with_columns([decimals.texts(frame[name], problem.decimals) for name in _AMOUNTS])


def _schema(problem: Problem) -> dict[str, type[pl.DataType]]:
    found: dict[str, type[pl.DataType]] = {"attacker": pl.String, "verdict": pl.String}
    for dimension in problem.dimensions:
        found |= {f"{dimension.name}_level": pl.Int8, dimension.name: pl.String}
    return found | dict.fromkeys(_AMOUNTS, pl.Int64) | {"coverage_percent": pl.Int64}


def _row(finding: Finding, problem: Problem) -> tuple[object, ...]:
    place = [item for node in finding.place for item in node]
    assert len(finding.place) == len(problem.dimensions)
    amounts = (finding.value, finding.low, finding.high, finding.level)
    return (
        finding.attacker,
        finding.verdict.value,
        *place,
        *amounts,
        int(finding.coverage * _PERCENT),
    )
