"""Disclosure control of one problem: from contributions to a pattern and its proofs.

The order: cells, primary rules, secondary suppression against everybody, trimming, closure
(sums of suppressed cells and insiders, until nothing new is found), proofs. Closure only adds
suppressions, and an added suppression never takes a witness away; so it ends, and what was
proven stays proven. Where something cannot be protected or proven, more is withheld.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress as suppress_error
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from consumers.disclosure import primary
from consumers.disclosure.attackers import Insiders, attackers
from consumers.disclosure.cells import CellSet, cells_of
from consumers.disclosure.optimiser.search import Search
from consumers.disclosure.optimiser.suppression import NotProvableError, suppress
from consumers.disclosure.optimiser.trimming import trim
from consumers.disclosure.overlaps import differences
from consumers.disclosure.problem import Problem, Progress
from consumers.disclosure.proving import NO_WITNESS, Proofs, prove
from consumers.disclosure.residuals import known_sums, unions
from consumers.disclosure.system import OUTSIDER, Attacker, Flags, Target, Witness

FREE, PRIMARY, SECONDARY = "free", "primary", "secondary"


@dataclass(frozen=True, slots=True, eq=False)
class Protected:
    """What disclosure control decided, and why it may be believed. Confidential.

    Attributes:
        status: For each cell of a table "free", "primary" or "secondary".
        attackers: Everybody whom the targets speak of; the outsider first.
        targets: All figures that must stay uncertain under this pattern.
        proofs: A witness of each target.
        is_complete: False where not everything could be protected as asked, so that more was
            withheld than would be needed.
    """

    problem: Problem
    cells: CellSet
    status: NDArray[np.str_]
    attackers: Sequence[Attacker]
    targets: Sequence[Target]
    proofs: Proofs
    is_complete: bool

    @property
    def suppressed(self) -> Flags:
        """Return which cells are confidential."""
        return np.asarray(self.status != FREE, dtype=np.bool_)


def protect(problem: Problem, on_progress: Progress = lambda *_: None) -> Protected:
    """Decide which cells of a problem may be published, and prove it.

    Raises:
        ConfigurationError: There are too many cells, or their sum is too large.
    """
    return _Protection(problem, on_progress).run()


class _Protection:
    """The decision in the making.

    Attributes:
        suppressed: What is withheld so far.
        targets: What must stay uncertain given what is withheld.
    """

    def __init__(self, problem: Problem, on_progress: Progress) -> None:
        self.problem = problem
        self.on_progress = on_progress
        self.cells = cells_of(problem)
        self.system = self.cells.system
        kinds, rules = problem.protection.attackers, problem.rules
        self.attackers: Sequence[Attacker] = attackers(self.system, kinds, rules)
        levels = primary.levels(self.system, rules)
        self.own_targets = [
            Target((int(cell),), int(levels[cell]), OUTSIDER) for cell in np.flatnonzero(levels)
        ]
        self.primary: Flags = levels > 0
        self.insiders = Insiders(self.system, self.attackers, rules)
        for of_insider in self.insiders.levels.values():
            self.primary |= of_insider > 0
        # What stands in no table is never published.
        self.fixed: Flags = self.primary | self.system.hidden
        self.suppressed = self.fixed.copy()
        self.differences = differences(self.system) if self.system.hidden.any() else None
        self.targets = list(self.own_targets)
        # An added suppression never takes a witness away; trimming may, and comes before them.
        self.witnesses: dict[Target, Witness] = {}
        self.is_complete = True

    def run(self) -> Protected:
        search = self._suppressed_for("protect", self.targets)
        if self.is_complete:
            self._trim(search)
            self._close()
        return self._proven()

    def _suppressed_for(self, step: str, targets: Sequence[Target]) -> Search:
        """Withhold what some targets need, and return what was found of them."""
        search = Search(self.system, targets, self.attackers, self.problem.protection.cost)
        try:
            self.suppressed = suppress(search, self.suppressed, partial(self.on_progress, step))
        except NotProvableError:
            self._withhold_everything()
        return search

    def _trim(self, search: Search) -> None:
        """Publish again what turns out not to be needed; what cannot be searched stays as it is."""
        self.on_progress("trim", 0, 1)
        with suppress_error(NotProvableError):
            self.suppressed = trim(search, fixed=self.fixed)
        self.on_progress("trim", 1, 1)

    def _close(self) -> None:
        """Protect what the pattern itself lets somebody work out, until there is nothing new."""
        while self.is_complete:
            new = self._consequences()
            if not new:
                return
            self.targets += new
            # Most hold already, and a few random changes show it for many at once.
            self._prove(new)
            self._suppressed_for("close", [target for target in new if target not in self.witnesses])

    def _consequences(self) -> list[Target]:
        """Return the further figures that somebody must not work out given what is withheld."""
        protection, rules = self.problem.protection, self.problem.rules
        if not protection.unions and len(self.attackers) == 1:
            return []
        sums = known_sums(self.system, self.suppressed)
        known = dict.fromkeys(self.targets)
        if protection.unions:
            if self.differences is not None:
                sums = csr_array(vstack([sums, self.differences], format="csr"))
            known |= dict.fromkeys(unions(self.system, sums, rules))
        uncertain = [target for target in known if len(target.cells) > 1 and target.attacker == OUTSIDER]
        known |= dict.fromkeys(self.insiders.targets(self.suppressed, sums, uncertain))
        return list(known)[len(self.targets) :]

    def _prove(self, targets: Sequence[Target]) -> None:
        proofs = prove(self.system, targets, self.attackers, self.suppressed)
        for target, number in zip(targets, proofs.witness_of, strict=True):
            if number != NO_WITNESS:
                self.witnesses[target] = proofs.witnesses[number]

    def _proven(self) -> Protected:
        self.on_progress("prove", 0, len(self.targets))
        self._prove([target for target in self.targets if target not in self.witnesses])
        if len(self.witnesses) < len(self.targets) and self.is_complete:
            self._withhold_everything()
            self._prove(self.targets)
        self.on_progress("prove", len(self.targets), len(self.targets))
        return Protected(
            problem=self.problem,
            cells=self.cells,
            status=np.where(self.primary, PRIMARY, np.where(self.suppressed, SECONDARY, FREE))[
                ~self.system.hidden
            ],
            attackers=self.attackers,
            targets=self.targets,
            proofs=Proofs.of([self.witnesses.get(target) for target in self.targets]),
            is_complete=self.is_complete,
        )

    def _withhold_everything(self) -> None:
        # Nothing of this problem is known then, but that its cells exist.
        self.suppressed = np.ones(self.system.size, dtype=np.bool_)
        self.witnesses = {}
        self.targets = self.own_targets
        self.targets = self.own_targets + self._consequences()
        self.is_complete = False
