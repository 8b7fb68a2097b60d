"""The verifier believes what is true and nothing else: every lie about a decision is found."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.optimize import linprog

from consumers.disclosure import outputs
from consumers.disclosure.attackers import Insiders, attackers
from consumers.disclosure.cells import cells_of
from consumers.disclosure.disclosure import FREE, PRIMARY, SECONDARY, Protected, protect
from consumers.disclosure.primary import levels
from consumers.disclosure.problem import VALUE, Place, Problem, Protection, Rules
from consumers.disclosure.proving import prove
from consumers.disclosure.residuals import known_sums, unions
from consumers.disclosure.system import Attacker, Target
from consumers.disclosure.verifier import verifier
from consumers.disclosure.verifier.cells import Figure, World
from consumers.disclosure.verifier.needs import by_contributors, by_rules
from consumers.disclosure.verifier.verifier import FindingError, digests, hidden_cells, verify
from tests.support import synthetic

VERIFIER = sorted(Path(verifier.__file__).parent.glob("*.py"))
OUTSIDER = Attacker("outsider", np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int64))
ALONE = Protection(attackers=("outsider",))


@dataclass
class Publication:
    """A decision as it lies in a folder, open to forgery."""

    problem: Problem
    certificate: dict[str, Any]
    cells: pl.DataFrame
    published: pl.DataFrame

    @classmethod
    def read(cls, problem: Problem, folder: Path) -> Publication:
        """Read what was decided."""
        certificate = json.loads((folder / "certificate.json").read_bytes())
        frames = [pl.read_csv(folder / f"{name}.csv", infer_schema=False) for name in ("cells", "published")]
        return cls(problem, certificate, *frames)

    def findings(self, folder: Path, *, is_forged: bool = True) -> list[str]:
        """Write it and say what the verifier finds; a forger gets the digests right."""
        published = self.published.write_csv().encode()
        if is_forged:
            self.certificate["digests"] = digests(self.problem, published)
        (folder / "cells.csv").write_bytes(self.cells.write_csv().encode())
        (folder / "published.csv").write_bytes(published)
        (folder / "certificate.json").write_text(json.dumps(self.certificate), encoding="utf-8")
        return verify(self.problem, folder)

    def is_free(self, cell: int) -> bool:
        """Say whether a cell is shown."""
        return bool(self.cells["status"][rows_of(self, cell)[0]] == FREE)

    def publish(self, row: int) -> None:
        """Show a suppressed cell, in both files."""
        where = pl.int_range(pl.len()) == row
        self.cells = self.cells.with_columns(
            pl.when(where).then(pl.lit(FREE)).otherwise("status").alias("status")
        )
        value = self.cells[VALUE][row]
        self.published = self.published.with_columns(
            pl.when(where).then(pl.lit(value)).otherwise(VALUE).alias(VALUE)
        )


PROBLEMS = {
    "two dimensions": synthetic.problem([[2, 2], [2]], 9, 8, protection=ALONE),
    "three dimensions": synthetic.problem([[2], [2], [2]], 10, 4, protection=ALONE),
    "linked tables": synthetic.problem(
        [[2], [2], [2]], 8, 11, protection=ALONE, tables=[["a", "b"], ["b", "c"]]
    ),
    "retractions": synthetic.problem([[2, 2], [2]], 9, 9, protection=ALONE, negative=0.3),
    "insiders": synthetic.problem([[2], [3]], 20, 0, agencies=2, public=0.2, groups_are_companies=True),
}
Read = Callable[[], Publication]
Decided = Callable[[str], Publication]


@pytest.fixture(scope="session")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Decided:
    """Return a function that returns the proven publication of a problem, a new one each time."""
    folder = tmp_path_factory.mktemp("decided")

    @cache
    def proven(name: str) -> Publication:
        outputs.write(protect(PROBLEMS[name]), folder / name)
        return Publication.read(PROBLEMS[name], folder / name)

    return lambda name: deepcopy(proven(name))


@pytest.fixture(params=[name for name in PROBLEMS if name != "insiders"])
def read(request: pytest.FixtureRequest, decided: Decided) -> Read:
    """Return a function that returns the same proven publication each time, for each of some problems."""
    return lambda: decided(request.param)


def rows_of(publication: Publication, cell: int) -> list[int]:
    """Return the rows that show a cell; linked tables may show it more than once."""
    numbers = np.concatenate(list(World(publication.problem).tables.values()))
    return np.flatnonzero(numbers == cell).tolist()


def test_decision_is_proven(read: Read, tmp_path: Path) -> None:
    """What was decided, and written by the product, holds; also after a reader wrote it again."""
    assert [] == read().findings(tmp_path, is_forged=False)
    assert [] == read().findings(tmp_path)


def test_every_cell_that_a_proof_needs_must_stay_suppressed(read: Read, tmp_path: Path) -> None:
    """Whichever target or moving cell is published, with all files in agreement, is found."""
    certificate = read().certificate
    needed = {cell for figure, *_ in certificate["targets"] for cell in figure}
    needed |= {cell for cells, _ in certificate["vectors"] for cell in cells}

    assert needed
    for cell in sorted(needed):
        publication = read()
        for row in rows_of(publication, cell):
            publication.publish(row)
        assert publication.findings(tmp_path)


def test_no_cell_may_be_shown_in_one_table_only(decided: Decided, tmp_path: Path) -> None:
    """A figure that one table suppresses must not be read in another."""
    saved = decided("linked tables")
    hidden = [cell for cell in range(12) if len(rows_of(saved, cell)) > 1 and not saved.is_free(cell)]
    saved.publish(rows_of(saved, hidden[0])[0])

    assert ["cells.csv publishes a figure in one table that it suppresses in another"] == saved.findings(
        tmp_path
    )


def test_every_altered_move_is_found(read: Read, tmp_path: Path) -> None:
    """A witness with any entry moved by 1, or left out, does not add up."""
    for vector, (moving, _) in enumerate(read().certificate["vectors"]):
        for entry in range(len(moving)):
            publication = read()
            cells, moves = publication.certificate["vectors"][vector]
            if entry % 2:
                moves[entry] += 1
            else:
                del cells[entry], moves[entry]
            assert publication.findings(tmp_path)


def test_every_witness_made_smaller_or_larger_is_found(read: Read, tmp_path: Path) -> None:
    """A change that adds up, but moves a target by too little, or exceeds what is conceivable."""
    for vector in range(len(read().certificate["vectors"])):
        publication = read()
        moves = publication.certificate["vectors"][vector][1]
        moves[:] = [0] * len(moves)
        assert publication.findings(tmp_path)
        publication = read()
        moves = publication.certificate["vectors"][vector][1]
        moves[:] = [10**6 * move for move in moves]
        assert publication.findings(tmp_path)
    for witness in range(len(read().certificate["witnesses"])):
        for scale in (10**9, 10**30, 0, -1):
            publication = read()
            publication.certificate["witnesses"][witness][1] = scale
            assert publication.findings(tmp_path)


def test_every_target_must_be_named_with_its_level(read: Read, tmp_path: Path) -> None:
    """Dropping a target, or lowering what it must reach, is found for each of them."""
    for number in range(len(read().certificate["targets"])):
        publication = read()
        del publication.certificate["targets"][number]
        assert publication.findings(tmp_path)
        publication = read()
        publication.certificate["targets"][number][1] -= 1
        assert publication.findings(tmp_path)


def test_proof_against_one_attacker_is_none_against_another(decided: Decided, tmp_path: Path) -> None:
    """Each target that is said to be about another attacker than it is leaves the right one unanswered."""
    proven = decided("insiders")

    assert len(proven.certificate["attackers"]) > 3
    for number in range(len(proven.certificate["targets"])):
        publication = deepcopy(proven)
        target = publication.certificate["targets"][number]
        target[2] = (target[2] + 1) % len(publication.certificate["attackers"])
        assert publication.findings(tmp_path)


def test_witness_that_an_insider_would_see_through_is_found(decided: Decided, tmp_path: Path) -> None:
    """What is conceivable to an outsider may contradict what a contributor, an agency or the public knows."""
    proven = decided("insiders")
    seen = set()
    for number, (_, _, attacker, witness) in enumerate(proven.certificate["targets"]):
        name, publication = proven.certificate["attackers"][attacker], deepcopy(proven)
        other = (witness + 1) % len(proven.certificate["witnesses"])
        publication.certificate["targets"][number][3] = other
        vector = proven.certificate["witnesses"][other][0]
        if f"witness {vector} is not conceivable to {name}" in publication.findings(tmp_path):
            seen.add(name.split()[0])

    assert {"contributor", "agency", "public"} <= seen


def test_exchanged_targets_are_found(read: Read, tmp_path: Path) -> None:
    """Two targets that give each other their cells do not reach both levels."""
    targets = read().certificate["targets"]
    for one, other in pairwise(range(len(targets))):
        if targets[one][0] != targets[other][0] and targets[one][1] != targets[other][1]:
            publication = read()
            first, second = (publication.certificate["targets"][number] for number in (one, other))
            first[0], second[0] = second[0], first[0]
            assert publication.findings(tmp_path)


def test_target_on_a_witness_that_does_not_move_it_is_found(read: Read, tmp_path: Path) -> None:
    """A witness proves what it moves."""
    publication = read()
    publication.certificate["vectors"].append([[], []])
    publication.certificate["witnesses"].append([len(publication.certificate["vectors"]) - 1, 1])
    publication.certificate["targets"][0][3] = len(publication.certificate["witnesses"]) - 1

    assert publication.findings(tmp_path)


@pytest.mark.parametrize(
    "change",
    [{"p_permille": 1_000}, {"p_permille": 151}, {"min_groups": 4}, {"coalition": 2}],
    ids=lambda change: next(iter(change)),
)
def test_stricter_rules_are_another_problem(read: Read, tmp_path: Path, change: dict[str, int]) -> None:
    """A certificate made under milder rules is refused by its digest."""
    publication = read()
    publication.problem = replace(publication.problem, rules=replace(publication.problem.rules, **change))

    assert publication.findings(tmp_path, is_forged=False)


def test_higher_p_needs_other_proofs(read: Read, tmp_path: Path) -> None:
    """Levels are computed afresh: with p raised, even right digests do not help."""
    publication = read()
    publication.problem = replace(publication.problem, rules=Rules(p_permille=300))

    assert publication.findings(tmp_path)


def test_every_contribution_counts(read: Read, tmp_path: Path) -> None:
    """Dropping or doubling a contribution, or changing it by 1, is found even with right digests."""
    rows = read().problem.contributions
    where = pl.int_range(pl.len())
    for number in range(rows.height):
        changed = rows.with_columns(
            pl.when(where == number).then(pl.col(VALUE) + 1).otherwise(VALUE).alias(VALUE)
        )
        doubled = pl.concat([rows, rows.filter(where == number)])
        contributions = (rows.filter(where != number), changed, doubled)[number % 3]
        publication = read()
        publication.problem = replace(publication.problem, contributions=contributions)
        assert publication.findings(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        pl.lit(["somebody"]).alias("groups"),
        pl.lit("somebody").alias("agency"),
        ~pl.col("is_waived"),
        ~pl.col("is_public"),
    ],
    ids=["groups", "agency", "waiver", "publicity"],
)
def test_all_that_is_known_of_a_contribution_is_part_of_the_proof(
    read: Read, tmp_path: Path, change: pl.Expr
) -> None:
    """A certificate is about contributions with their groups, agencies, waivers and publicity."""
    publication = read()
    first, others = (publication.problem.contributions[rows] for rows in (slice(0, 1), slice(1, None)))
    contributions = pl.concat([first.with_columns(change), others])
    publication.problem = replace(publication.problem, contributions=contributions)

    assert publication.findings(tmp_path, is_forged=False)


def test_every_changed_figure_is_found(read: Read) -> None:
    """No value, code or row of either file can be changed, left out, added or moved."""
    publication, where = read(), pl.int_range(pl.len())
    world = World(publication.problem)
    files = {name: getattr(publication, name) for name in ("cells", "published")}
    hidden_cells(world, **{name: frame.write_csv().encode() for name, frame in files.items()})
    for (name, frame), number in product(files.items(), range(publication.cells.height)):
        row, others = frame.filter(where == number), frame.filter(where != number)
        for other in (
            frame.with_columns(pl.when(where == number).then(pl.lit("1")).otherwise(VALUE).alias(VALUE)),
            frame.with_columns(pl.when(where == number).then(pl.lit("X")).otherwise("a").alias("a")),
            others,
            pl.concat([frame, row]),
            pl.concat([others, row]) if number + 1 < frame.height else pl.concat([row, others]),
        ):
            forged = files | {name: other}
            with pytest.raises(FindingError):
                hidden_cells(world, **{name: frame.write_csv().encode() for name, frame in forged.items()})


def test_other_tables_are_another_problem(read: Read, tmp_path: Path) -> None:
    """Neither a table less nor a coarser dimension goes with the same publication."""
    publication = read()
    problem = publication.problem
    table = problem.tables[0]
    coarse = replace(problem.dimensions[0], columns=problem.dimensions[0].columns[1:])
    for other in (
        replace(problem, tables=(replace(table, dimensions=table.dimensions[:1]), *problem.tables[1:])),
        replace(problem, tables=(replace(table, name="another"), *problem.tables[1:])),
        replace(problem, dimensions=(coarse, *problem.dimensions[1:])),
        replace(problem, decimals=problem.decimals + 1),
    ):
        publication = read()
        publication.problem = other
        assert publication.findings(tmp_path)


@pytest.mark.parametrize("name", ["contributions", "problem", "published"])
def test_every_digest_must_be_right(read: Read, tmp_path: Path, name: str) -> None:
    """An edited or missing digest is found."""
    publication = read()
    publication.certificate["digests"][name] = "0" * 64
    assert publication.findings(tmp_path, is_forged=False)
    del publication.certificate["digests"][name]
    assert publication.findings(tmp_path, is_forged=False)


ODD_NUMBERS = [0.5, 1.0, True, "1", None, -1, 2**62, 10**30, [1]]
PARTS: dict[str, Callable[[dict[str, Any]], tuple[Any, int]]] = {
    "cell": lambda said: (said["vectors"][0][0], 0),
    "move": lambda said: (said["vectors"][0][1], 0),
    "scale": lambda said: (said["witnesses"][0], 1),
    "vector": lambda said: (said["witnesses"][0], 0),
    "figure": lambda said: (said["targets"][0][0], 0),
    "level": lambda said: (said["targets"][0], 1),
    "attacker": lambda said: (said["targets"][0], 2),
    "witness": lambda said: (said["targets"][0], 3),
}


@pytest.mark.parametrize("part", PARTS)
def test_odd_numbers_are_refused(decided: Decided, tmp_path: Path, part: str) -> None:
    """Fractions, truths, texts and numbers out of range stand for nothing in a certificate."""
    for odd in ODD_NUMBERS:
        publication = decided("two dimensions")
        holder, key = PARTS[part](publication.certificate)
        holder[key] = odd
        assert publication.findings(tmp_path, is_forged=False)


@pytest.mark.parametrize("key", ["version", "digests", "attackers", "vectors", "witnesses", "targets"])
def test_odd_certificates_are_refused(decided: Decided, tmp_path: Path, key: str) -> None:
    """Whatever is not of the form of a certificate is a finding, never a failure."""
    odd_ones: list[Any] = [None, 2, "x", [], {}, [[]], ["x"]]
    for odd in odd_ones:
        publication = decided("two dimensions")
        publication.certificate[key] = odd
        assert publication.findings(tmp_path, is_forged=False)
    publication = decided("two dimensions")
    del publication.certificate[key]
    assert publication.findings(tmp_path, is_forged=False)


@pytest.mark.parametrize("name", ["cells.csv", "published.csv", "certificate.json"])
def test_files_that_cannot_be_read_are_findings(decided: Decided, tmp_path: Path, name: str) -> None:
    """A missing, empty or broken file is said to be so, in one finding."""
    problem = PROBLEMS["two dimensions"]
    assert [] == decided("two dimensions").findings(tmp_path)
    for content in (b"", b"\xff\x00", b"[]", b"{}", b"status\nfree\n", b"[" * 100_000):
        (tmp_path / name).write_bytes(content)
        assert 1 == len(verify(problem, tmp_path))
    (tmp_path / name).unlink()
    assert 1 == len(verify(problem, tmp_path))


def test_nothing_published_needs_no_proof(decided: Decided, tmp_path: Path) -> None:
    """Where everything is withheld a certificate may be empty; one figure shown, and it may not."""
    publication = decided("two dimensions")
    publication.cells = publication.cells.with_columns(status=pl.lit(SECONDARY))
    publication.published = publication.published.with_columns(pl.lit(None).cast(pl.String).alias(VALUE))
    publication.certificate |= {"targets": [], "witnesses": [], "vectors": []}
    assert [] == publication.findings(tmp_path)
    publication.publish(0)

    assert publication.findings(tmp_path)


# --- Against what decides -----------------------------------------------------------------------


def test_verifier_knows_nothing_of_what_decides_and_proves() -> None:
    """It shares the statement of the problem with it; it has no solver, and compares without tolerance."""
    package = "consumers.disclosure.verifier"
    allowed = {"consumers.disclosure.problem", *(f"{package}.{path.stem}" for path in VERIFIER)}
    for path in VERIFIER:
        found = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        modules = {alias.name for node in found if isinstance(node, ast.Import) for alias in node.names}
        modules |= {str(node.module) for node in found if isinstance(node, ast.ImportFrom)}
        numbers = [node.value for node in found if isinstance(node, ast.Constant)]

        assert {name for name in modules if name.startswith("consumers")} <= allowed
        assert not {name for name in modules if name.split(".")[0] in {"highspy", "scipy", "schemas"}}
        assert not [number for number in numbers if isinstance(number, float)]


def random_problem(seed: int) -> Problem:
    """Return a small problem with everything that a problem may have."""
    random = np.random.default_rng(seed)
    branchings = [[2, 2], [3], [2]][: random.integers(1, 4)]
    tables = [["a", "b"], ["b", "c"], ["a", "c"]] if len(branchings) == 3 and random.random() < 0.5 else None
    made = synthetic.problem(
        branchings,
        int(random.integers(5, 25)),
        seed,
        tables=tables,
        rules=Rules(int(random.integers(1, 5)), int(random.integers(1, 600)), int(random.choice([1, 1, 2]))),
        groups_are_companies=bool(random.integers(2)),
        negative=random.choice([0, 0.3]),
        unknown=random.choice([0, 0.2]),
        both_ends=random.choice([0, 0.5]),
        waived=random.choice([0, 0.4]),
        public=random.choice([0, 0.2]),
        agencies=int(random.integers(0, 3)),
    )
    return replace(made, mirrors=_mirrors(made)) if seed % 3 == 0 else made


def _mirrors(problem: Problem) -> list[tuple[Place, Place]]:
    """Return two cells of one level that hold the same mass, as two codes of the first dimension."""
    totals = tuple((0, "Total") for _ in problem.dimensions[1:])
    one, other = (((1, code), *totals) for code in ("A1", "A2"))
    return [(one, other)]


@pytest.mark.parametrize("seed", range(15))
def test_verifier_needs_no_more_than_what_is_decided_and_that_at_the_same_levels(seed: int) -> None:
    """Two readings of the same rules: cells, rooms, sums, and all that insiders must not know."""
    problem = random_problem(seed)
    system, world = cells_of(problem).system, World(problem)
    found = levels(system, problem.rules)
    everybody = attackers(system, problem.protection.attackers, problem.rules)
    hidden = (found > 0) | (np.random.default_rng(seed).random(system.size) < 0.4)
    known = known_sums(system, hidden)
    sums = unions(system, known, problem.rules)
    decided: dict[tuple[str, Figure], int] = {
        ("outsider", (int(cell),)): int(found[cell]) for cell in np.flatnonzero(found)
    }
    for target in [*sums, *Insiders(system, everybody, problem.rules).targets(hidden, known)]:
        key = everybody[target.attacker].name, target.cells
        decided[key] = max(target.level, decided.get(key, 0))
    needed = {
        (attacker, figure): (level, is_known)
        for attacker, figure, level, is_known in (*by_rules(world, hidden), *by_contributors(world, hidden))
    }

    assert system.room.tolist() == world.by_cell(np.abs(world.value)).tolist()
    assert needed.keys() <= decided.keys()
    assert {key for key in decided if key[0] == "outsider" and len(key[1]) == 1} <= needed.keys()
    for key, (level, is_known) in needed.items():
        assert is_known or level == decided[key]


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_decided_is_proven(tmp_path: Path, seed: int) -> None:
    """Retractions, unknown groups, both ends, waivers, public records, agencies, mirrors, coalitions."""
    problem = random_problem(seed)
    outputs.write(protect(problem), tmp_path)

    assert [] == verify(problem, tmp_path)


def test_mirrors_move_together(tmp_path: Path) -> None:
    """A witness that moves one side of a mirror alone contradicts what is known of both."""
    problem = synthetic.problem([[4]], 6, 1, protection=Protection(unions=False, attackers=("outsider",)))
    outputs.write(protect(problem), tmp_path)
    publication = Publication.read(problem, tmp_path)
    cells, moves = publication.certificate["vectors"][0]
    hidden = [cell for cell in range(1, 5) if cell in cells]
    one, other = next(
        pair for pair in pairwise(hidden) if moves[cells.index(pair[0])] != moves[cells.index(pair[1])]
    )
    places = World(problem).places.rows()
    assert [] == publication.findings(tmp_path)
    publication.problem = replace(problem, mirrors=[((places[one],), (places[other],))])

    assert "witness 0 does not add up" in publication.findings(tmp_path)


# --- Against a plain audit ----------------------------------------------------------------------


def reaches(problem: Problem, is_free: dict[tuple[Any, ...], bool]) -> dict[tuple[Any, ...], float]:
    """Return how far each cell can move in the eyes of an outsider, by a linear programme for each.

    The plainest way: the unknowns are the leaves, and every cell is the sum of some of them.
    """
    columns = [dimension.columns for dimension in problem.dimensions]
    leaves = problem.contributions.group_by([names[-1] for names in columns]).agg(
        pl.col(VALUE).abs().sum(), *(pl.col(name).first() for names in columns for name in names[:-1])
    )
    rows = leaves.to_dicts()
    cells: dict[tuple[Any, ...], list[float]] = {}
    for levels_here in product(*(range(len(names) + 1) for names in columns)):
        for number, row in enumerate(rows):
            codes = (
                row[names[level - 1]] if level else "Total"
                for names, level in zip(columns, levels_here, strict=True)
            )
            place = tuple(part for pair in zip(levels_here, codes, strict=True) for part in pair)
            cells.setdefault(place, [0.0] * len(rows))[number] = 1.0
    room = leaves[VALUE].to_numpy().astype(np.float64)
    known = np.array([cells[place] for place, free in is_free.items() if free] or [[0.0] * len(rows)])
    bounds = list(zip(-room, room, strict=True))
    found = {}
    for place, cell in cells.items():
        if not is_free[place]:
            best = linprog(-np.array(cell), A_eq=known, b_eq=np.zeros(len(known)), bounds=bounds).fun
            assert best is not None
            found[place] = -float(best)
    return found


@pytest.mark.parametrize("seed", range(12))
def test_verifier_agrees_with_a_plain_audit_of_random_patterns(tmp_path: Path, seed: int) -> None:
    """A pattern with the best certificate that can be made of it is refused just if somebody is at risk."""
    random = np.random.default_rng(seed)
    branchings = [[[2, 2], [3]], [[3], [2], [2]]][seed % 2]
    problem = synthetic.problem(
        branchings,
        20,
        seed,
        protection=Protection(unions=False, attackers=("outsider",)),
        negative=0.1 * (seed % 3),
    )
    cells = cells_of(problem)
    found = levels(cells.system, problem.rules)
    suppressed = (found > 0) | (random.random(cells.system.size) < 0.3 + 0.6 * random.random())
    targets = [Target((int(cell),), int(found[cell])) for cell in np.flatnonzero(found)]
    proofs = prove(cells.system, targets, [OUTSIDER], suppressed)
    status = np.where(found > 0, PRIMARY, np.where(suppressed, SECONDARY, FREE))
    outputs.write(Protected(problem, cells, status, [OUTSIDER], targets, proofs, is_complete=True), tmp_path)
    places = list(cells.places.iter_rows())
    reach = reaches(problem, dict(zip(places, (~suppressed).tolist(), strict=True)))
    at_risk = [cell for cell in np.flatnonzero(found) if reach[places[cell]] < found[cell] * (1 - 1e-7)]

    assert len(at_risk) == len(verify(problem, tmp_path))
