"""Other worlds, in which a group's loads are larger, and everything published is as it is.

Written down as a linear programme over what hangs together, and what stays in each block. If there
is such a world for whoever knows some of the loads, nobody learns from all that was ever
published how much the group moved: in any block, figure, or window of releases. A world in which
nothing changes that somebody knows is one for him too, so only about others it is asked again.
Where there is none, the solver proves it by the blocks that together tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple, TypeAlias

import numpy as np
import polars as pl

from consumers.disclosure.problem import Rules
from consumers.disclosure.solver import Floats
from consumers.release.amounts import NO_EYE, NOBODY, Amounts, Eye, Flags, Numbers
from consumers.release.programme import NOTHING, Programme

_Rivals: TypeAlias = tuple[int, ...]

# What tells of a group, by number of the attack: spots that are added up (`pair` is null), and pairs that
# hang together there; what part of what a world lacks would be there without.
ATTACKS = {"number": pl.Int64, "spot": pl.UInt32, "pair": pl.UInt32, "part": pl.Float64}
# The largest groups of a block that are asked about, and those that know most of it: of any others
# nothing is told that is not told of these.
_TOPS = 3
# So small a part of what a group moved elsewhere is asked about by itself.
_FAR = 1e-4


class _World(NamedTuple):
    """A world in which what a group moved is larger, in parts of the largest change of it.

    Attributes:
        near: Numbers of the amounts that change, and of all in blocks where what stays does.
        at: The block of each of them, in the order of `slack`.
        own: By how much those of the group are larger.
        rest: How large others are that stay.
        is_changed: Which others change that hang together.
        slack: By how much what stays changes, by block.
    """

    near: Numbers
    at: Numbers
    own: Floats
    rest: Floats
    is_changed: Flags
    slack: Floats

    def by_block(self, amounts: Floats) -> Floats:
        """Return the sums of amounts that are near."""
        found: Floats = np.bincount(self.at, amounts, len(self.slack)).astype(np.float64)
        return found


class _Question(NamedTuple):
    """Whether there is a world in which a group's amounts are larger, for somebody who knows others.

    Attributes:
        group: Whose they are.
        end: At which of both ends.
        eye: Whose records are known.
        rivals: The companies that ask, if any.
        most: In blocks where it has more, grams, what it has is no matter now: beside that the rest is
            less than the solver sees.
    """

    group: int
    end: int
    eye: Eye
    rivals: _Rivals = ()
    most: float = np.inf


class Otherwise(NamedTuple):
    """Worlds to compare with.

    What stays closed of what was taken back may have been told again earlier, or only now. If it was
    earlier, and that tells without anything that opens, it is enough that there is a world if it was not.

    Attributes:
        before: If nothing opens.
        anew: If it was told again only now.
    """

    before: Worlds
    anew: Worlds


class Worlds:
    """What was told, and how it can be otherwise."""

    def __init__(self, amounts: Amounts, rules: Rules, otherwise: Otherwise | None = None) -> None:
        """Take what was told.

        Args:
            amounts: Those.
            rules: The parameters.
            otherwise: What to compare with.
        """
        self._amounts, self._rules, self._otherwise = amounts, rules, otherwise

    @cached_property
    def _programme(self) -> Programme:
        # Those to compare with are seldom asked.
        return Programme(self._amounts)

    def attacks(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Return what tells of groups, of some that are asked about, for which there is no other world.

        Args:
            asked: `key` and `of` (a group; null: any).

        Returns:
            Schema `ATTACKS`.
        """
        rows = asked.join(self._amounts.keys, on="key").sort("row", "of").select("row", "of").iter_rows()
        groups = [group for row, of in rows for group in ([of] if of is not None else self._groups(row))]
        attacks = (self._attack(group, end) for group in dict.fromkeys(groups) for end in (0, 1))
        numbered = enumerate(attack for attack in attacks if attack is not None)
        found = [attack.with_columns(number=pl.lit(number, pl.Int64)) for number, attack in numbered]
        return pl.concat(of.select(*ATTACKS) for of in found) if found else pl.DataFrame(schema=ATTACKS)

    def has_one(self, asked: _Question) -> bool:
        """Say whether there is one."""
        return isinstance(self._solved(asked), _World)

    def _groups(self, row: int) -> list[int]:
        """Return the groups that anybody may learn most of in a block, from what stays there alone."""
        stays = np.flatnonzero((self._amounts.row == row) & ~self._amounts.is_hanging)
        found = set[int]()
        for eye in self._amounts.eyes:
            left = stays[~self._amounts.known(eye)[stays]]
            for rival in (NOBODY, *self._tops(left, (0, 1))):
                unknown = left[(self._amounts.ends[left] != rival).all(axis=1)] if rival != NOBODY else left
                found.update(*(self._tops(unknown, (end,)) for end in (0, 1)))
        return sorted(found)

    def _tops(self, entries: Numbers, ends: Sequence[int]) -> list[int]:
        groups, where = np.unique(self._amounts.ends[entries][:, ends], return_inverse=True)
        sizes = np.bincount(
            where.ravel(), np.repeat(np.abs(self._amounts.mass[entries]), len(ends)), len(groups)
        )
        return [int(group) for group in groups[np.argsort(-sizes, kind="stable")[:_TOPS]]]

    def _attack(self, group: int, end: int) -> pl.DataFrame | None:
        """Return what tells anybody what a group moved, as `_parts`; none if nothing does."""
        for most in self._scales(group, end):
            worlds: dict[_Rivals, _World] = {}
            for eye in self._amounts.eyes:
                attack = self.told(_Question(group, end, eye, most=most), worlds)
                if attack is not None:
                    return attack
        return None

    def _scales(self, group: int, end: int) -> list[float]:
        """Return which blocks to ask about at once: all, and those by themselves where a group has little."""
        amounts = self._amounts
        mass = np.where(amounts.at(group, end) & amounts.counts, amounts.mass, 0.0)
        sizes = np.sort(np.abs(amounts.by_row(mass)))[::-1]
        scales, largest = [np.inf], sizes[0]
        for size in sizes[sizes > 0]:
            if size < largest * _FAR:
                scales.append(float(size))
                largest = size
        return scales

    def told(self, asked: _Question, worlds: dict[_Rivals, _World]) -> pl.DataFrame | None:
        """Return what tells somebody, or some companies that know what is public, too; none if nothing does.

        Args:
            asked: Whose, and for whom.
            worlds: Those found for companies that know nothing more.
        """
        found = self._seen(asked, worlds)
        if not isinstance(found, _World):
            if self._otherwise is None or self._otherwise.before.has_one(asked):
                return found
            return self._otherwise.anew.told(asked, {})
        # An agency does not share its records with companies.
        is_full = asked.eye.agency or len(asked.rivals) == self._rules.coalition
        for rival in [] if is_full else self._rivals(found, asked):
            together = asked._replace(rivals=tuple(sorted({*asked.rivals, rival})))
            if (attack := self.told(together, worlds)) is not None:
                return attack
        return None

    def _seen(self, asked: _Question, worlds: dict[_Rivals, _World]) -> _World | pl.DataFrame:
        if asked.rivals in worlds and (known := self._known(worlds[asked.rivals], asked.eye)) is not None:
            return known
        found = self._solved(asked)
        if asked.eye == NO_EYE and isinstance(found, _World):
            worlds[asked.rivals] = found
        return found

    def _known(self, world: _World, eye: Eye) -> _World | None:
        """Return a world as it is for somebody who knows some amounts, or none if they change in it."""
        fixed = self._amounts.fixed(eye)[world.near]
        if (world.is_changed & fixed).any():
            return None
        known = self._amounts.known(eye)[world.near]
        slack = world.slack + world.by_block(world.own * known)
        rest = world.rest * ~fixed
        if (np.abs(slack) > world.by_block(rest) + NOTHING).any():
            return None
        return world._replace(own=world.own * ~known, rest=rest, slack=slack)

    def _rivals(self, world: _World, asked: _Question) -> list[int]:
        """Return who knows so much of what changes in a world that there may be none for that company."""
        unknown = np.flatnonzero(~self._knows(asked)[world.near])
        one, other = self._amounts.ends[world.near[unknown]].T
        entries = np.concatenate([unknown, unknown[one != other]])
        who = np.concatenate([one, other[one != other]])
        if not len(who):
            return []
        names, which = np.unique(who, return_inverse=True)
        places, where = np.unique(world.at[entries] * len(names) + which, return_inverse=True)
        block, name = np.divmod(places, len(names))
        own, rest = (np.bincount(where, amounts[entries]) for amounts in (world.own, world.rest))
        # Those who come besides know as much as may be.
        besides = self._rules.coalition - len(asked.rivals) - 1
        room = world.by_block(world.rest) - _most(block, np.abs(own) + rest, len(world.slack), besides)
        is_short = np.abs(world.slack[block] + own) > room[block] - rest + NOTHING
        found = {*who[world.is_changed[entries]].tolist(), *names[name[is_short]].tolist()}
        return sorted(found - {asked.group, NOBODY})

    def _knows(self, asked: _Question) -> Flags:
        """Say which amounts those know who ask."""
        return self._amounts.known(asked.eye) | self._amounts.of(asked.rivals)

    def _solved(self, asked: _Question) -> _World | pl.DataFrame:
        """Return a world, or the part of each block in what tells that there is none."""
        amounts = self._amounts
        is_own, is_theirs = amounts.at(asked.group, asked.end), amounts.of(asked.rivals)
        is_asked = is_own & ~amounts.known(asked.eye) & ~is_theirs & amounts.counts
        mass = np.where(is_asked, amounts.mass, 0.0)
        is_matter = np.abs(amounts.by_row(mass)) <= asked.most
        own = mass * is_matter[amounts.row] * self._rules.p_permille / 1_000
        level = np.abs(amounts.by_row(own)).max(initial=0) or 1.0
        is_other = ~is_own & ~amounts.fixed(asked.eye) & ~is_theirs
        hangs, of = np.zeros(len(amounts.pairs)), amounts.pair[is_other & amounts.is_hanging]
        hangs[of] = self._programme.largest[of] / level
        rest = np.where(is_other & ~amounts.is_hanging, np.abs(amounts.mass), 0.0) / level
        change, room = amounts.by_row(own) / level, amounts.by_row(rest)
        found = self._programme.solved(change, hangs, room)
        if found is None:
            return self._parts(asked, change * level, hangs * level, room * level)
        return self._world(own / level, rest, *found)

    def _world(self, own: Floats, rest: Floats, moves: Floats, slack: Floats) -> _World:
        """Return a world, told by what is near.

        Args:
            own: By how much each amount of the group is larger.
            rest: How large each other is that stays.
            moves: By how much each of what hangs together changes.
            slack: By how much what stays in each block does.
        """
        amounts = self._amounts
        is_changed = amounts.is_hanging.copy()
        is_changed[is_changed] = (np.abs(moves) > NOTHING)[amounts.pair[is_changed]]
        is_near = (np.abs(slack) > NOTHING) | (amounts.by_row(np.abs(own)) > 0)
        near = np.flatnonzero(is_changed | is_near[amounts.row])
        rows, at = np.unique(amounts.row[near], return_inverse=True)
        return _World(near, at, own[near], rest[near], is_changed[near], slack[rows])

    def _parts(self, asked: _Question, change: Floats, hangs: Floats, room: Floats) -> pl.DataFrame:
        """Return the part of each block in the proof that there is no world: `spot`, `pair`, `part`.

        Without any of the blocks that it adds up there is none. It lacks less if what a pair told in one
        of them did not hang together with the rest, or were not known for that reason.

        Args:
            asked: Whose, and for whom.
            change: Of each block, to be made up for, grams.
            hangs: How far each of what hangs together can change.
            room: How far what stays in each block can.
        """
        amounts, (told, weight) = self._amounts, self._programme.proof(change)
        of = np.flatnonzero(amounts.is_hanging & (weight[amounts.row] != 0))
        pair, weighed = amounts.pair[of], weight[amounts.row[of]] * amounts.mass[of]
        net = np.where(hangs > 0, np.abs(np.bincount(pair, weighed, len(hangs))), 0.0)
        is_other = ~amounts.at(asked.group, asked.end)[of] & ~amounts.of(asked.rivals)[of]
        gain = np.bincount(pair, np.abs(weighed) * is_other, len(hangs)) - net
        lacking = np.abs(weight @ change) - net.sum() - np.abs(weight) @ room
        adding = self._programme.figures.filter(told != 0)
        summed = amounts.figures.filter(pl.col("figure").is_in(adding.implode()))
        summed = summed.select(pl.col("spot").unique(), pair=pl.lit(None, pl.UInt32), part=1.0)
        part = np.clip(gain[pair] / max(lacking, NOTHING), 0, 1)
        hanging = pl.DataFrame({"row": amounts.row[of], "pair": amounts.pairs.gather(pair), "part": part})
        spots = amounts.keys.select(pl.col("row").cast(pl.Int64), spot="key").explode("spot")
        return pl.concat([summed, hanging.join(spots, on="row").select(summed.columns)])


def _most(block: Numbers, sizes: Floats, blocks: int, count: int) -> Floats:
    """Return the sum of so many of the largest sizes in each block."""
    order = np.lexsort([-sizes, block])
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order)) - np.searchsorted(block[order], block[order])
    is_most = rank < count
    return np.bincount(block[is_most], sizes[is_most], blocks).astype(np.float64)
