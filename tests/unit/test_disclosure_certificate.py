"""Certificates: compact, the same for the same decision, about one decision only, and marked confidential."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from consumers.disclosure import certificate, outputs
from consumers.disclosure.disclosure import Protected, protect
from consumers.disclosure.problem import Problem, Protection
from consumers.disclosure.proving import NO_WITNESS, Proofs
from consumers.disclosure.verifier.verifier import digests, verify
from tests.support import synthetic

PUBLISHED = b"table,value\n"


@cache
def problem() -> Problem:
    """Return a problem with insiders."""
    return synthetic.problem([[2], [3]], 20, 0, agencies=2, public=0.2, groups_are_companies=True)


@cache
def decision() -> Protected:
    """Return what is decided of it."""
    return protect(problem())


def said(protected: Protected, **more: Any) -> dict[str, Any]:
    """Return a certificate as read."""
    found: dict[str, Any] = json.loads(certificate.text(protected, PUBLISHED, **more))
    return found


def test_certificate_says_that_it_is_confidential_before_anything_else() -> None:
    """Whoever opens it sees the notice first."""
    assert certificate.text(decision(), PUBLISHED).startswith(b'{"notice":"CONFIDENTIAL')


def test_same_decision_has_the_same_certificate() -> None:
    """Decided twice, byte by byte the same, on one line without blanks that say nothing."""
    first, again = (certificate.text(found, PUBLISHED) for found in (decision(), protect(problem())))

    assert first == again
    assert first.count(b"\n") == 1
    assert b": " not in first.replace(b"CONFIDENTIAL: ", b"")


def test_certificate_is_about_its_contributions_problem_and_publication() -> None:
    """The digests are SHA-256, and each changes with what it is of and with nothing else."""
    before = digests(problem(), PUBLISHED)
    less = replace(problem(), contributions=problem().contributions[1:])
    milder = replace(problem(), protection=Protection(cost="value"))

    assert before == said(decision())["digests"]
    assert hashlib.sha256(PUBLISHED).hexdigest() == before["published"]
    for changed, name in (
        (digests(less, PUBLISHED), "contributions"),
        (digests(milder, PUBLISHED), "problem"),
        (digests(problem(), b""), "published"),
    ):
        assert {name} == {key for key in before if before[key] != changed[key]}


def test_position_in_the_ledger_is_kept() -> None:
    """A release says what it comes after; a decision by itself says nothing."""
    assert said(decision())["ledger"] == ""
    assert said(decision(), ledger="epoch 7")["ledger"] == "epoch 7"


def test_every_target_names_its_figure_level_attacker_and_witness() -> None:
    """What is written is what was decided, attackers by name."""
    found = said(decision())
    written = [
        (tuple(figure), level, found["attackers"][attacker], found["vectors"][found["witnesses"][witness][0]])
        for figure, level, attacker, witness in found["targets"]
    ]
    proofs = decision().proofs
    decided = [
        (
            target.cells,
            target.level,
            decision().attackers[target.attacker].name,
            [proofs.witnesses[witness].cells.tolist(), proofs.witnesses[witness].moves.tolist()],
        )
        for target, witness in zip(decision().targets, proofs.witness_of, strict=True)
    ]

    assert len(written) > 10
    assert decided == written


def test_witnesses_that_differ_by_their_scale_share_a_vector() -> None:
    """One corner, made smaller for one attacker after the other, is written once."""
    larger = synthetic.problem([[3], [3]], 20, 0, agencies=2, public=0.2, groups_are_companies=True)
    found = said(protect(larger))

    assert len(found["vectors"]) < len(found["witnesses"])
    assert len(found["vectors"]) == len({json.dumps(vector) for vector in found["vectors"]})


@pytest.mark.parametrize("number", [0, 5])
def test_target_without_a_witness_is_left_for_the_verifier_to_tell(tmp_path: Path, number: int) -> None:
    """What could not be proven is not claimed, and so is found."""
    witness_of = decision().proofs.witness_of.copy()
    witness_of[number] = NO_WITNESS
    unproven = replace(decision(), proofs=Proofs(decision().proofs.witnesses, witness_of))
    outputs.write(unproven, tmp_path)

    assert len(decision().targets) - 1 == len(said(unproven)["targets"])
    assert [True] == ["no proof" in finding for finding in verify(problem(), tmp_path)]


def test_certificate_without_targets_is_one() -> None:
    """Where nothing is sensitive there is nothing to prove."""
    nothing = replace(decision(), targets=[], proofs=Proofs([], np.zeros(0, dtype=np.int32)))

    assert [[], [], []] == [said(nothing)[key] for key in ("vectors", "witnesses", "targets")]
