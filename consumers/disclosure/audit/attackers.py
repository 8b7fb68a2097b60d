"""Who attacks a pattern in the audit, and what each of them knows beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from consumers.disclosure.audit.cells import Cells, Flags, Numbers, Shares
from consumers.disclosure.audit.rules import largest, levels
from consumers.disclosure.audit.unions import Union, shares_of
from consumers.disclosure.problem import Problem, Rules

OUTSIDER = "outsider"
PUBLIC = "public"
_PERMILLE = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Attacker:
    """Somebody who attacks.

    Attributes:
        name: For the report.
        own: Absolute values it knows, by cell.
        level: By how much the rest of each cell must stay uncertain to it; 0 where no rule asks.
        level_of_sum: The same of sums that everybody knows: where it is above 0, the rules are
            broken. Contributors have none, as the outsider's level reckons with them.
    """

    name: str
    own: Numbers
    level: Numbers
    level_of_sum: Numbers


@dataclass(slots=True)
class Attackers:
    """Everybody whom the problem's protection names, the outsider first and always.

    Attributes:
        sums: Sums of suppressed cells that everybody knows.
    """

    problem: Problem
    cells: Cells
    sums: Sequence[Union]
    shares: Shares = field(init=False)
    shares_of_sums: Shares = field(init=False)

    def __post_init__(self) -> None:
        """Find who is in which cell and sum, once for all."""
        self.shares = self.cells.shares()
        self.shares_of_sums = shares_of(self.sums, self.shares)

    def all(self, is_suppressed: Flags) -> Iterator[Attacker]:
        """Yield them; contributors only where something of theirs is suppressed, or tells too much."""
        kinds, records = self.problem.protection.attackers, self.cells.records
        starts = {OUTSIDER: np.zeros_like(records.is_public)}
        if "public" in kinds and records.is_public.any():
            starts[PUBLIC] = records.is_public
        for start, known in starts.items():
            prefix = "" if start == OUTSIDER else f"{start} and "
            yield self._who_knows(start, known)
            for number, name in enumerate(records.agency_names if "agency" in kinds else ()):
                yield self._who_knows(f"{prefix}agency {name}", known | (records.agency == number))
            if "contributor" in kinds:
                yield from self._contributors(prefix, known, is_suppressed)

    def _who_knows(self, name: str, known: Flags) -> Attacker:
        own = self.cells.sums(np.where(known, np.abs(self.cells.records.value), 0))
        rules, records = self.problem.rules, self.cells.records
        of_sums = self.shares_of_sums.where(~known[self.shares_of_sums.record])
        return Attacker(
            name,
            own,
            self._levels(known, rules, self.shares),
            levels(of_sums, records, len(self.sums), rules),
        )

    def _contributors(self, prefix: str, known: Flags, is_suppressed: Flags) -> Iterator[Attacker]:
        """Yield every group that matters; it knows both ends of its movements.

        What is left to protect is the largest of the others by p%. How few they are is no
        matter any more: that is what the level against outsiders is for.
        """
        alone: Rules = replace(self.problem.rules, min_groups=0, coalition=0)
        amounts = np.abs(self.cells.records.value)
        own_before = self.cells.sums(np.where(known, amounts, 0))
        level_before = self._levels(known, alone, self.shares)
        # In whole per mille: what a contributor must have of a cell at least to learn another
        # too closely. Who receives from several of those who send knows more than any of them.
        total, first = self.cells.sums(amounts), largest(self.shares, self.cells.records, self.cells.size)
        threshold = _PERMILLE * total - (_PERMILLE + alone.p_permille) * first
        for number, name in enumerate(self.cells.records.group_names):
            knows = known.copy()
            for groups in self.cells.records.groups:
                knows[groups == number] = True
            records = np.flatnonzero(knows & ~known)
            touched = np.unique(self.cells.cell_of[:, records])
            own, level = own_before.copy(), level_before.copy()
            for cells in self.cells.cell_of:
                np.add.at(own, cells[records], amounts[records])
            level[touched] = 0
            near = touched[_PERMILLE * own[touched] > threshold[touched]]
            level[near] = self._levels(knows, alone, _within(self.shares, near))[near]
            if is_suppressed[touched].any() or level[touched].any():
                yield Attacker(f"{prefix}contributor {name}", own, level, np.zeros(len(self.sums), np.int64))

    def _levels(self, known: Flags, rules: Rules, shares: Shares) -> Numbers:
        unknown = shares.where(~known[shares.record])
        return levels(unknown, self.cells.records, self.cells.size, rules)


def _within(shares: Shares, cells: Numbers) -> Shares:
    """Return the pairs of some cells; both are sorted by cell."""
    first = np.searchsorted(shares.cell, cells, "left")
    last = np.searchsorted(shares.cell, cells, "right")
    ranges = [np.arange(*ends) for ends in zip(first, last, strict=True)]
    at = np.concatenate([np.zeros(0, dtype=np.int64), *ranges])
    return Shares(shares.cell[at], shares.record[at])
