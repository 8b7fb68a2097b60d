"""What figures share where no table has it: two books of the same loads, tables that overlap."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest

from consumers.disclosure import outputs
from consumers.disclosure.cells import cells_of
from consumers.disclosure.disclosure import FREE, protect
from consumers.disclosure.overlaps import differences
from consumers.disclosure.problem import LOAD, Dimension, Problem, Protection, Rules, Table
from consumers.disclosure.verifier import verifier

_DIMENSIONS = (Dimension("book", ("of_book",)), Dimension("material", ("of_material",)))
_BROAD = ("a", "b", "c", "d", "e")


class Row(NamedTuple):
    """A contribution: rows of one load tell of the same mass."""

    of_book: str
    of_material: str
    group: str
    load: int
    agency: str | None = None
    value: int = 100


def _both(
    material: str, groups: Sequence[str], first: int, agencies: Sequence[str | None] = (None,)
) -> list[Row]:
    return [
        Row(book, material, group, load, agencies[load % len(agencies)])
        for load, group in enumerate(groups, start=first)
        for book in ("sent", "got")
    ]


def _problem(rows: Sequence[Row], **changed: object) -> Problem:
    frame = pl.DataFrame(rows, orient="row", schema=[*Row._fields], schema_overrides={"agency": pl.String})
    contributions = frame.select(
        *("of_book", "of_material", "value"),
        "agency",
        groups=pl.concat_list("group"),
        is_waived=pl.lit(value=False),
        is_public=pl.lit(value=False),
        load="load",
    )
    table = Table("table", ("book", "material"))
    given = Problem(
        contributions, _DIMENSIONS, (table,), Rules(), Protection(attackers=("outsider", "agency"))
    )
    return replace(given, **changed)  # type: ignore[arg-type]  # a problem's own fields


def _free(problem: Problem) -> set[tuple[str, str]]:
    decided = protect(problem)
    assert decided.is_complete
    places = decided.cells.places.filter(pl.Series(decided.status == FREE))
    return {*places.select("book", "material").iter_rows()}


# Two loads of one company were sent and never got, so that each total betrays them by the other one.
_LOST = [
    *_both("glass", _BROAD, 0),
    *_both("paper", _BROAD, 10),
    Row("sent", "glass", "lone", 20),
    Row("sent", "paper", "lone", 21),
]


def test_what_one_book_tells_alone_is_a_figure() -> None:
    """The difference of two totals, each of which is broad, is one company's, and must not be worked out."""
    problem = _problem(_LOST)

    system = cells_of(problem).system
    assert (differences(system) @ system.room == 200).any()
    both = [{("sent", material), ("got", material)} for material in ("glass", "paper", "Total")]
    free = _free(problem)
    assert not any(figures <= free for figures in both)
    without = _free(replace(problem, contributions=problem.contributions.drop(LOAD)))
    assert any(figures <= without for figures in both)


def test_books_of_the_same_loads_are_published_both() -> None:
    """Where both tell the same, nothing is withheld."""
    assert 9 == len(_free(_problem(_LOST[:-2])))


def test_an_agency_does_not_learn_what_the_other_book_tells_alone() -> None:
    """Who knows what one book has alone knows the rest of the difference, of which it states nothing."""
    alone = [Row("sent", "glass", group, load, "A") for load, group in enumerate("xyz", start=20)]
    problem = _problem([*_LOST[:-2], *alone, Row("got", "glass", "lone", 23, "B")])

    figures = {("sent", "glass"), ("got", "glass")}
    assert not figures <= _free(problem)
    outsiders = replace(problem, protection=Protection(attackers=("outsider",)))
    assert figures <= _free(outsiders)


def test_nothing_at_all_publishes_nothing() -> None:
    """Books without a load have no figure, and nothing fails."""
    nothing = _problem(_LOST).contributions.clear()
    assert set() == _free(_problem(_LOST, contributions=nothing))


def test_tables_without_a_common_finer_one_do_not_tell_what_they_share() -> None:
    """Glass minus what was sent is what one company got of glass, and no table has it."""
    rows = [
        *(Row("sent", "glass", group, load) for load, group in enumerate(_BROAD)),
        *(Row("got", "paper", group, load) for load, group in enumerate(_BROAD, start=10)),
        Row("got", "glass", "lone", 20),
    ]
    tables = Table("books", ("book",)), Table("materials", ("material",))
    problem = _problem(rows, tables=tables)

    assert not {("sent", "Total"), ("Total", "glass")} <= _free(problem)
    without = _problem(rows, tables=tables, contributions=problem.contributions.drop(LOAD))
    assert {("sent", "Total"), ("Total", "glass")} <= _free(without)


def test_each_agency_of_a_line_knows_the_row() -> None:
    """Four companies whose loads two agencies know leave a fifth one alone in the eyes of either."""
    rows = [*_both("glass", _BROAD[:4], 0, ["A\nB"]), *_both("glass", ("lone",), 9, ["C"])]

    assert set() == _free(_problem(rows))
    decided = protect(_problem(rows))
    names = {decided.attackers[target.attacker].name for target in decided.targets}
    assert {"agency 0", "agency 1"} <= names


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a decision on the loads that were lost, as it is written."""
    outputs.write(protect(_problem(_LOST)), tmp_path)
    return tmp_path


def test_a_decision_on_loads_is_proven(folder: Path) -> None:
    """The verifier finds the same cells, overlaps and differences, and a witness of each."""
    assert [] == verifier.verify(_problem(_LOST), folder)


def test_every_requirement_that_is_dropped_is_missed(folder: Path) -> None:
    """A certificate that does not speak of what one book tells alone, or of a part of it, is refused."""
    path = folder / outputs.CERTIFICATE
    said = json.loads(path.read_bytes())
    sums = [number for number, (cells, *_) in enumerate(said["targets"]) if len(cells) > 1]
    assert sums
    for number in range(len(said["targets"])):
        less = [target for place, target in enumerate(said["targets"]) if place != number]
        path.write_text(json.dumps(said | {"targets": less}), "utf-8")
        assert [] != verifier.verify(_problem(_LOST), folder)


def test_a_decision_that_knew_of_no_loads_is_refused(tmp_path: Path) -> None:
    """What is safe book by book has no proof that it is safe in both."""
    alone = _problem(_LOST, contributions=_problem(_LOST).contributions.drop(LOAD))
    outputs.write(protect(alone), tmp_path)
    path = tmp_path / outputs.CERTIFICATE
    digests = verifier.digests(_problem(_LOST), (tmp_path / outputs.PUBLISHED).read_bytes())
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"digests": digests}), "utf-8")

    assert [] == [found for found in verifier.verify(alone, tmp_path) if "another" not in found]
    assert [] != verifier.verify(_problem(_LOST), tmp_path)
