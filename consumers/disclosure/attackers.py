"""Who attacks from inside: enterprise groups, agencies, and the public once records are public.

Each knows some contributions beforehand, and so reckons with less room for every cell.

An enterprise group is an attacker if what it knows matters for some cell:

1. It is part of the cell, and the largest of the others is less than p percent off without it.
   In all other cells those whom it does not know are uncertain enough by themselves.
2. It is no part of the cell, in which somebody is nearly alone, and leaves another cell less room
   than this one needs. In large systems only cells over two relations are looked at.

An agency attacks every cell, also those that it states nothing of: what it knows of others
leaves them less room.

Groups pool what they know where the rules say so: in each sensitive cell, those next to the
largest. An agency does not share its records with a company; but the rest of a cell without
them must obey the rules, so that no company can do anything with them. Groups that are not
known are nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from consumers.disclosure.contributors import (
    NOBODY,
    Parts,
    levels_of_lone,
    levels_of_parts,
    parts_of_groups,
    summed,
    totals,
)
from consumers.disclosure.narrows import Narrows
from consumers.disclosure.primary import levels_at
from consumers.disclosure.problem import AttackerKind, Rules
from consumers.disclosure.residuals import targets_of
from consumers.disclosure.sums import extended, levels_of_sums, without
from consumers.disclosure.system import (
    Amounts,
    Attacker,
    Contributions,
    Flags,
    System,
    Target,
)


def attackers(system: System, kinds: Sequence[AttackerKind], rules: Rules) -> list[Attacker]:
    """Return everybody who has to be reckoned with, by the numbers of groups and agencies.

    The outsider is the first.
    """
    end = system.ends[0]
    outsider, public = _who_knows(end, "outsider"), _who_knows(end, "public", knows_public=True)
    starts = [outsider, public] if "public" in kinds and len(public.cells) else [outsider]
    found = list(starts)
    for start in starts:
        if "agency" in kinds:
            found += _agencies(system, start)
        if "contributor" in kinds:
            found += _contributors(system, start, rules)
    return found


class Insiders:
    """What must stay uncertain to the attackers other than the outsider.

    Attributes:
        levels: By number of each agency, and of the public: by how much each cell must stay
            uncertain to it, both ways; 0 where it need not. What is left of a cell without its
            own records must obey the rules like a cell.
    """

    def __init__(self, system: System, attackers: Sequence[Attacker], rules: Rules) -> None:
        """Take the question: the attackers as `attackers` returns them."""
        self._system, self._attackers, self._rules = system, attackers, rules
        others = (number for number, who in enumerate(attackers) if not who.groups and len(who.cells))
        self.levels = {number: _levels_of_rest(system, attackers[number], rules) for number in others}

    def targets(self, suppressed: Flags, sums: csr_array, unions: Sequence[Target] = ()) -> list[Target]:
        """Return the figures that must stay uncertain to them.

        Published cells are among them where what an attacker does not know of them breaks the
        rules: they have to be suppressed.

        Args:
            suppressed: Which cells are.
            sums: Sums of them that can be worked out, shape (sums, cells).
            unions: Sums of cells that must stay uncertain to the outsider.
        """
        several = csr_array(sums[np.diff(sums.indptr) > 1])
        found = [target for number in self.levels for target in self._of_rest(number, several)]
        for knows_public in (False, True):
            chosen = [
                number
                for number, who in enumerate(self._attackers)
                if who.groups and who.knows_public == knows_public
            ]
            if chosen:
                contributing = _Contributing(self._system, self._attackers, chosen, unions, self._rules)
                found += contributing.targets(suppressed)
        return found

    def _of_rest(self, number: int, sums: csr_array) -> list[Target]:
        """Return the cells and the sums whose rest without an attacker's records breaks the rules."""
        levels = self.levels[number]
        cells = [Target((int(cell),), int(levels[cell]), number) for cell in np.flatnonzero(levels)]
        attacker = self._attackers[number]
        rest = [without(end, _knows(attacker, end)) for end in self._system.ends]
        return cells + targets_of(sums, levels_of_sums(rest, sums, self._rules), number)


def _who_knows(
    end: Contributions, name: str, *, agencies: tuple[int, ...] = (), knows_public: bool = False
) -> Attacker:
    nothing = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int64)
    attacker = Attacker(name, *nothing, agencies=agencies, knows_public=knows_public)
    known = _knows(attacker, end)
    cells, own = summed(end.cell[known], end.magnitude[known])
    return replace(attacker, cells=cells.astype(np.int32), own=own)


def _knows(attacker: Attacker, end: Contributions) -> Flags:
    """Say which contributions an attacker knows who is no contributor."""
    known: Flags = np.isin(end.agency, attacker.agencies)
    if attacker.knows_public:
        known |= end.is_public
    return known


def _levels_of_rest(system: System, attacker: Attacker, rules: Rules) -> Amounts:
    rest = [without(end, _knows(attacker, end)) for end in system.ends]
    found: Amounts = np.maximum.reduce([levels_at(end, system.size, rules) for end in rest])
    return found


def _agencies(system: System, start: Attacker) -> Iterator[Attacker]:
    """Yield the agencies, each with what somebody knows already."""
    for place, numbers in enumerate(system.agencies):
        name = " and ".join([*_prefix(start), f"agency {place}"])
        known = tuple(np.flatnonzero(numbers).tolist())
        yield _who_knows(system.ends[0], name, agencies=known, knows_public=start.knows_public)


def _prefix(start: Attacker) -> list[str]:
    return [start.name] if start.knows_public else []


def _contributors(system: System, start: Attacker, rules: Rules) -> Iterator[Attacker]:
    """Yield the groups that are attackers together with somebody who knows something already."""
    ends = [without(end, _knows(start, end)) for end in system.ends]
    parts = parts_of_groups(ends[0], system.size)
    lone = levels_of_lone(ends, system.size, rules)
    hidden = np.ones(system.size, dtype=np.bool_)
    matters = levels_of_parts(ends, parts, system.size, rules) > 0
    matters |= Narrows.of(system, hidden, parts, totals(ends[0], system.size), lone).flags()
    movements = _Movements(ends[0])
    for group in np.unique(parts.who[matters]).tolist():
        if len(start.cells):
            yield movements.also_known(start, (group,))
        else:
            first, last = np.searchsorted(parts.who, [group, group + 1])
            cells, own = parts.figure[first:last].astype(np.int32), parts.own[first:last]
            yield replace(start, name=f"contributor {group}", cells=cells, own=own, groups=(group,))
    for groups in _coalitions(ends, system.size, rules):
        yield movements.also_known(start, groups)


class _Movements:
    """Contributions by the groups at their ends."""

    def __init__(self, end: Contributions) -> None:
        groups = np.concatenate([end.group, end.other])
        self._end = end
        self._order = np.argsort(groups, kind="stable")
        self._starts = np.searchsorted(groups[self._order], np.arange(groups.max(initial=0) + 2))

    def also_known(self, start: Attacker, groups: tuple[int, ...]) -> Attacker:
        """Return an attacker who knows all movements of some groups beside what it knew."""
        slices = [self._order[self._starts[group] : self._starts[group + 1]] for group in groups]
        rows = np.unique(np.concatenate(slices) % len(self._end.group))
        cells = np.concatenate([start.cells, self._end.cell[rows]])
        cells, own = summed(cells, np.concatenate([start.own, self._end.magnitude[rows]]))
        name = " and ".join([*_prefix(start), *(f"contributor {group}" for group in groups)])
        return replace(start, name=name, cells=cells.astype(np.int32), own=own, groups=groups)


def _coalitions(ends: Sequence[Contributions], size: int, rules: Rules) -> list[tuple[int, ...]]:
    """Return the groups that may pool what they know, for each sensitive cell and whoever they are after."""
    found: set[tuple[int, ...]] = set()
    for end in ends if rules.coalition > 1 else ():
        parts = parts_of_groups(replace(end, other=end.group), size)
        order = np.lexsort((parts.who, -parts.own, parts.figure))
        figure, who = parts.figure[order], parts.who[order]
        for cell in np.flatnonzero(levels_at(end, size, rules)):
            first, last = np.searchsorted(figure, [cell, cell + 1])
            largest = who[first : min(last, first + rules.coalition + 1)].tolist()
            pools = {tuple(sorted({*largest} - {out})) for out in largest} if len(largest) > 1 else set()
            found |= {pool for pool in pools if len(pool) > 1}
    return sorted(found)


class _Contributing:
    """Contributors who know the same beside their own, or nothing else."""

    def __init__(
        self,
        system: System,
        attackers: Sequence[Attacker],
        numbers: Sequence[int],
        unions: Sequence[Target],
        rules: Rules,
    ) -> None:
        self._system, self._rules, self._unions = system, rules, unions
        self._numbers = np.array(numbers)
        is_known = attackers[numbers[0]].knows_public
        self._cells = [without(end, end.is_public & is_known) for end in system.ends]
        self._sums = _sums([target.cells for target in unions], system.size)
        self._parts = self._parts_of([attackers[number] for number in numbers])

    def targets(self, suppressed: Flags) -> list[Target]:
        """Return what must stay uncertain to them: where they are part of it, and nearby."""
        size = self._system.size + len(self._unions)
        ends = [extended(end, self._sums) for end in self._cells]
        levels = levels_of_parts(ends, self._parts, size, self._rules)
        rows = np.flatnonzero(levels)
        found = zip(self._parts.who[rows], self._parts.figure[rows], levels[rows], strict=True)
        own = [self._target(*map(int, row)) for row in found]
        return own + [self._target(*map(int, row)) for row in self._nearby(suppressed)]

    def _target(self, who: int, figure: int, level: int) -> Target:
        size = self._system.size
        cells = (figure,) if figure < size else self._unions[figure - size].cells
        return Target(cells, level, int(self._numbers[who]))

    def _nearby(self, suppressed: Flags) -> NDArray[np.int64]:
        """Return position of the attacker, cell and level, shape (targets, 3)."""
        size = self._system.size
        parts = self._parts.at(np.flatnonzero(self._parts.figure < size))
        levels = levels_of_lone(self._cells, size, self._rules)
        who, cell = Narrows.of(
            self._system, suppressed, parts, totals(self._cells[0], size), levels
        ).needing()
        return np.column_stack([who, cell, levels[cell]])

    def _parts_of(self, attackers: Sequence[Attacker]) -> Parts:
        """Return what they know of all cells, and then of the sums, without what everybody knows."""
        width = max(len(attacker.groups) for attacker in attackers)
        groups = np.full((len(attackers), width), NOBODY, dtype=np.int32)
        for row, attacker in zip(groups, attackers, strict=True):
            row[: len(attacker.groups)] = attacker.groups
        common = self._system.room - totals(self._cells[0], self._system.size)
        cells = np.concatenate([attacker.cells for attacker in attackers])
        own = np.concatenate([attacker.own for attacker in attackers]) - common[cells]
        starts = np.cumsum([0, *(len(attacker.cells) for attacker in attackers)])
        of_cells = csr_array((own, cells, starts), shape=(len(attackers), self._system.size))
        all_own = hstack([of_cells, of_cells @ self._sums.T], format="csr")
        all_own.eliminate_zeros()
        who = np.repeat(np.arange(len(attackers)), np.diff(all_own.indptr))
        return Parts(who, all_own.indices.astype(np.int64), all_own.data, groups)


def _sums(sums: Sequence[tuple[int, ...]], size: int) -> csr_array:
    cells = np.array([cell for of_sum in sums for cell in of_sum], dtype=np.int64)
    starts = np.cumsum([0, *(len(of_sum) for of_sum in sums)])
    return csr_array((np.ones(len(cells), dtype=np.int64), cells, starts), shape=(len(sums), size))
