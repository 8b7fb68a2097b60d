"""The truth: what a hub holds once everything is delivered, reckoned without any adapter or hub.

Each answer is that of a query over a hub's views, with the columns and the order of `weighbridge hub
sql --json`, so that a test compares the two as they are. Memory holds the cells and the companies of
each quarter, never the movements.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from producers.simulation.claims import Claim, counted

Row = tuple[Any, ...]

FIGURES = """
SELECT agency, flow, measure, region, partner, material, low_code, operation, period,
    CAST(coalesce(sum(mass_g), 0) AS BIGINT) AS mass_g, count(*) AS statements,
    count(*) FILTER (mass_g IS NULL) AS unconverted
FROM facts GROUP BY ALL ORDER BY ALL
"""
COMPANIES = """
SELECT agency, split_part(source_format, '/', 1) AS "system", flow, measure, period,
    count(DISTINCT contributor) AS companies
FROM facts GROUP BY ALL ORDER BY ALL
"""
PASSED_OVER = """
SELECT agency, split_part(source_format, '/', 1) AS "system", counted_agency, counted_system,
    count(*) AS statements
FROM uncounted GROUP BY ALL ORDER BY ALL
"""
PROGRESS = """
SELECT furthest, is_abroad, is_received_only, is_under_way, lines FROM progress ORDER BY ALL
"""
PAIRS = """
SELECT compared, export_agency, import_agency, count(*) AS lines,
    CAST(coalesce(sum(export_g), 0) AS BIGINT) AS export_g,
    CAST(coalesce(sum(import_g), 0) AS BIGINT) AS import_g
FROM pairs GROUP BY ALL ORDER BY ALL
"""
# The furthest first, as a hub tells how far a line is.
_FURTHEST = (
    "END_OF_WASTE",
    "TREATED",
    "REPATRIATED",
    "RECEIVED",
    "REFUSED",
    "STOPPED",
    "DISPATCHED",
    "ANNOUNCED",
)
_ENDS = frozenset(_FURTHEST[:6])


class Answer(NamedTuple):
    """What a hub must answer to a query."""

    query: str
    rows: tuple[Row, ...]


@dataclass(slots=True)
class Truth:
    """Sums over all movements."""

    _figures: defaultdict[Row, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))
    _companies: defaultdict[Row, set[str]] = field(default_factory=lambda: defaultdict(set))
    _passed_over: Counter[Row] = field(default_factory=Counter)
    _progress: Counter[Row] = field(default_factory=Counter)
    _pairs: defaultdict[Row, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))

    def add(self, claims: Iterable[Claim]) -> None:
        """Add what stands of one movement."""
        found = tuple(counted(claims))
        for item in found:
            if item.is_counted:
                self._count(item.claim)
            else:
                self._passed_over[(*item.claim.reporter, *item.by)] += 1
        for line in _lines(item.claim for item in found):
            self._progress[_how_far(line)] += 1
        for line in _lines(item.claim for item in found if item.is_counted):
            self._pair(line)

    def answers(self) -> dict[str, Answer]:
        """Return every answer by its name."""
        return {
            "figures": _answer(FIGURES, ((*cell, *sums) for cell, sums in self._figures.items())),
            "companies": _answer(COMPANIES, ((*row, len(found)) for row, found in self._companies.items())),
            "passed_over": _answer(PASSED_OVER, ((*row, count) for row, count in self._passed_over.items())),
            "progress": _answer(PROGRESS, ((*row, count) for row, count in self._progress.items())),
            "pairs": _answer(PAIRS, ((*row, *sums) for row, sums in self._pairs.items())),
        }

    def _count(self, claim: Claim) -> None:
        cell = (
            claim.agency,
            claim.flow,
            claim.measure,
            claim.region,
            claim.partner,
            claim.material,
            claim.low,
            claim.operation,
            claim.period,
        )
        sums = self._figures[cell]
        sums[0] += claim.mass_g or 0
        sums[1] += 1
        sums[2] += claim.mass_g is None
        self._companies[(*claim.reporter, claim.flow, claim.measure, claim.period)].add(claim.company)

    def _pair(self, line: list[Claim]) -> None:
        """Add a line that is in both books of a movement."""
        for compared, exported, imported in _paired(line):
            sums = self._pairs[compared, exported[0].agency, imported[0].agency]
            sums[0] += 1
            sums[1] += _mass(exported)
            sums[2] += _mass(imported)


def _answer(query: str, rows: Iterable[Row]) -> Answer:
    # Nothing stands behind everything, as in the database.
    ordered = sorted(
        rows, key=lambda row: [(value is None, value if value is not None else 0) for value in row]
    )
    return Answer(" ".join(query.split()), tuple(ordered))


def _lines(claims: Iterable[Claim]) -> Iterator[list[Claim]]:
    lines: dict[tuple[str, int], list[Claim]] = defaultdict(list)
    for claim in claims:
        lines[claim.reference, claim.line].append(claim)
    yield from lines.values()


def _how_far(line: list[Claim]) -> Row:
    stages = {claim.stage for claim in line}
    furthest = next((stage for stage in _FURTHEST if stage in stages), "OTHER")
    is_under_way = "DISPATCHED" in stages and not stages & _ENDS
    is_received_only = "RECEIVED" in stages and "DISPATCHED" not in stages
    return furthest, any(claim.is_abroad for claim in line), is_received_only, is_under_way


def _paired(line: list[Claim]) -> Iterator[tuple[str, list[Claim], list[Claim]]]:
    """Yield each measure that both books have, and what was sent beside what has arrived."""
    books: dict[str, dict[str, list[Claim]]] = {"EXPORT": defaultdict(list), "IMPORT": defaultdict(list)}
    for claim in line:
        if claim.flow in books:
            books[claim.flow][claim.measure].append(claim)
    exported, imported = books["EXPORT"], books["IMPORT"]
    for measure in exported.keys() & imported.keys():
        yield measure, exported[measure], imported[measure]
    arrived = [claim.measure for claim in line if claim.flow == "IMPORT" and claim.stage == "RECEIVED"]
    if "DISPATCHED" in exported and arrived:
        yield "DISPATCHED/RECEIVED", exported["DISPATCHED"], imported[max(arrived)]


def _mass(claims: list[Claim]) -> int:
    """Return the mass of a line in a book; one that is not known in whole is none."""
    masses = [claim.mass_g for claim in claims]
    return 0 if None in masses else sum(mass for mass in masses if mass is not None)
