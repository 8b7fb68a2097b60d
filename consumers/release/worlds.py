"""Other worlds, in which a group's loads are larger, and everything published is as it is.

Written down as a linear programme over what hangs together, and what stays in each block. If there
is such a world for whoever knows some of the loads, nobody learns from all that was ever
published how much the group moved: in any block, figure, or window of releases. A world in which
nothing changes that somebody knows is one for him too, so only about others it is asked again.
Where there is none, the solver proves it by the blocks that together tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import highspy
import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array, csc_array, hstack

from consumers.disclosure.problem import Rules
from consumers.disclosure.solver import Floats, expect_ok, opened, settled

# Spots, and groups.
_Key: TypeAlias = tuple[int, ...]
_Rivals: TypeAlias = tuple[int, ...]
_Flags: TypeAlias = NDArray[np.bool_]
_Numbers: TypeAlias = NDArray[np.int64]

# What tells of a group, by number of the attack: spots that are added up (`pair` is null), and pairs that
# hang together there; what part of what a world lacks would be there without.
ATTACKS = {"number": pl.Int64, "spot": pl.UInt32, "pair": pl.UInt32, "part": pl.Float64}
_NOBODY = -1
# The largest groups of a block that are asked about, and those that know most of it: of any others
# nothing is told that is not told of these.
_TOPS = 3
# The solver's tolerance is absolute: amounts are told in those of the group, and more than this is no help.
_ROOM_MAX = 1e5
# Less than this changes nothing, and tells nothing.
_NOTHING = 1e-6
_ANSWERS = {highspy.HighsModelStatus.kOptimal: True, highspy.HighsModelStatus.kInfeasible: False}


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

    near: _Numbers
    at: _Numbers
    own: Floats
    rest: Floats
    is_changed: _Flags
    slack: Floats

    def by_block(self, amounts: Floats) -> Floats:
        """Return the sums of amounts that are near."""
        found: Floats = np.bincount(self.at, amounts, len(self.slack)).astype(np.float64)
        return found


class _Eye(NamedTuple):
    """Who knows the records of an agency (empty: of none), and whether public ones too."""

    agency: str
    is_public: bool


_NO_EYE = _Eye("", is_public=False)


class _Question(NamedTuple):
    """Whether there is a world in which a group's amounts are larger, for somebody who knows others.

    Attributes:
        group: Whose they are.
        end: At which of both ends.
        eye: Whose records are known.
        rivals: The companies that ask, if any.
    """

    group: int
    end: int
    eye: _Eye
    rivals: _Rivals


def passes(spots: pl.Series) -> pl.Expr:
    """Say whether a `key` passes any of some spots."""
    return pl.col("key").list.set_intersection(spots.implode()).list.len() > 0


class Worlds:
    """What was told, and how it can be otherwise."""

    def __init__(self, staying: pl.DataFrame, hanging: pl.DataFrame, loose: pl.Series, rules: Rules) -> None:
        """Take what was told.

        Args:
            staying: `key`, the groups at both ends, `agency`, `is_public`, `mass_g`.
            hanging: The same, and `pair`.
            loose: Spots where what stays is no matter.
            rules: The parameters.
        """
        columns = [*staying.columns, "pair"]
        stays = staying.with_columns(pair=pl.lit(None, pl.UInt32))
        told = pl.concat([stays.select(columns), hanging.select(columns)])
        name = pl.col("key").cast(pl.List(pl.String)).list.join(" ")
        keys = told.select("key").unique().sort(name).with_row_index("row")
        self._rules, self._keys, self._size = rules, keys, keys.height
        self._rows = {tuple(key): row for row, key in keys.iter_rows()}
        self._is_loose = keys.select(passes(loose)).to_series().to_numpy()
        told = told.join(keys, on="key").drop("key").sort("row", pl.all())
        self._pairs = told["pair"].drop_nulls().unique().sort()
        pairs = told.select(pl.col("pair").rank("dense") - 1).to_series().fill_null(0).to_numpy()
        self._at = told["row"].to_numpy().astype(np.int64)
        self._is_hanging = told["pair"].is_not_null().to_numpy()
        self._pair = pairs.astype(np.int64)
        self._mass = told["mass_g"].to_numpy().astype(np.float64)
        group = told["group_key"].fill_null(_NOBODY)
        self._ends = np.column_stack([group, told["counterparty_key"].fill_null(group)]).astype(np.int64)
        self._solver, self._largest = self._opened()
        self._agencies, self._is_public = told["agency"].str.split("\n"), told["is_public"].to_numpy()
        names = ["", *self._agencies.explode().unique().drop_nulls().sort()]
        self._eyes = [
            _Eye(name, is_public)
            for is_public in sorted({False, bool(self._is_public.any())})
            for name in names
        ]
        self._known_by: dict[_Eye, _Flags] = {}

    def _opened(self) -> tuple[Any, Floats]:
        """Return the programme: what hangs together, and what stays in a block, by how much more and less.

        As little as can be of what hangs together changes, so that few know of it.
        """
        of, size = self._is_hanging, int(self._pair.max(initial=-1)) + 1
        largest = np.zeros(size)
        np.maximum.at(largest, self._pair[of], np.abs(self._mass[of]))
        rates = self._mass[of] / largest[self._pair[of]]
        entries = np.concatenate([rates, np.ones(self._size)])
        rows = np.concatenate([self._at[of], np.arange(self._size)])
        columns = np.concatenate([self._pair[of], size + np.arange(self._size)])
        more = csc_array(coo_array((entries, (rows, columns)), shape=(self._size, size + self._size)))
        matrix = csc_array(hstack([more, -more]))
        cost = np.tile(np.repeat([1.0, 0.0], [size, self._size]), 2)
        none = np.zeros_like(cost)
        return opened(matrix, cost, none, none, {"presolve": "off"}), largest

    def attacks(self, asked: pl.DataFrame, before: Worlds) -> pl.DataFrame:
        """Return what tells of groups, of some that are asked about, for which there is no other world.

        Args:
            asked: `key` and `of` (a group; null: any).
            before: What was told anyway. What that tells by itself is nobody's fault now.

        Returns:
            Schema `ATTACKS`.
        """
        rows = asked.join(self._keys, on="key").sort("row", "of").select("row", "of").iter_rows()
        groups = [group for row, of in rows for group in ([of] if of is not None else self._groups(row))]
        asked_of = [(group, end) for group in dict.fromkeys(groups) for end in (0, 1)]
        attacks = [attack for of in asked_of if (attack := self._attack(*of, before)) is not None]
        found = [attack.with_columns(number=pl.lit(at, pl.Int64)) for at, attack in enumerate(attacks)]
        if not found:
            return pl.DataFrame(schema=ATTACKS)
        spots = self._keys.select("row", spot="key").explode("spot")
        return pl.concat(found).join(spots, on="row").select(*ATTACKS)

    def _groups(self, row: int) -> list[int]:
        """Return the groups that anybody may learn most of in a block, from what stays there alone."""
        stays = np.flatnonzero((self._at == row) & ~self._is_hanging)
        found = set[int]()
        for eye in self._eyes:
            left = stays[~self._flags(eye)[stays]]
            for rival in (_NOBODY, *self._tops(left, (0, 1))):
                unknown = left[(self._ends[left] != rival).all(axis=1)] if rival != _NOBODY else left
                found.update(*(self._tops(unknown, (end,)) for end in (0, 1)))
        return sorted(found)

    def _tops(self, entries: _Numbers, ends: Sequence[int]) -> list[int]:
        groups, where = np.unique(self._ends[entries][:, ends], return_inverse=True)
        sizes = np.bincount(where.ravel(), np.repeat(self._mass[entries], len(ends)), len(groups))
        return [int(group) for group in groups[np.argsort(-sizes, kind="stable")[:_TOPS]]]

    def _attack(self, group: int, end: int, before: Worlds) -> pl.DataFrame | None:
        """Return what tells anybody what a group moved, as `_parts`; none if nothing does."""
        worlds: dict[_Rivals, _World] = {}
        asked = (_Question(group, end, eye, ()) for eye in self._eyes)
        attacks = (self._told(question, worlds, before) for question in asked)
        return next((attack for attack in attacks if attack is not None), None)

    def _told(self, asked: _Question, worlds: dict[_Rivals, _World], before: Worlds) -> pl.DataFrame | None:
        """Return what tells somebody, or some companies that know what is public, too; none if nothing does.

        Args:
            asked: Whose, and for whom.
            worlds: Those found for companies that know nothing more.
            before: What was told anyway.
        """
        found = self._seen(asked, worlds, before)
        if not isinstance(found, _World):
            return found
        # An agency does not share its records with companies.
        is_full = asked.eye.agency or len(asked.rivals) == self._rules.coalition
        for rival in [] if is_full else self._rivals(found, asked):
            together = asked._replace(rivals=tuple(sorted({*asked.rivals, rival})))
            if (attack := self._told(together, worlds, before)) is not None:
                return attack
        return None

    def _seen(self, asked: _Question, worlds: dict[_Rivals, _World], before: Worlds) -> _World | pl.DataFrame:
        if asked.rivals not in worlds:
            found = self._asked(asked._replace(eye=_NO_EYE), before)
            if not isinstance(found, _World):
                return found
            worlds[asked.rivals] = found
        known = self._known(worlds[asked.rivals], self._flags(asked.eye))
        return self._asked(asked, before) if known is None else known

    def _asked(self, asked: _Question, before: Worlds) -> _World | pl.DataFrame:
        found = self._solved(asked, [])
        if isinstance(found, _World):
            return found
        told = before.told(asked)
        return self._solved(asked, told) if told else found

    def told(self, asked: _Question) -> list[_Key]:
        """Return the keys of blocks that tell a group's amounts by themselves."""
        found: list[_Key] = []
        while not isinstance(attack := self._solved(asked, found), _World):
            # What tells has amounts of the group in a block that is not among them yet.
            rows = attack.filter(pl.col("pair").is_null()).select("row").unique()
            found += map(tuple, rows.join(self._keys, on="row").sort("row")["key"])
        return found

    def _known(self, world: _World, is_known: _Flags) -> _World | None:
        """Return a world as it is for somebody who knows some amounts, or none if they change in it."""
        known = is_known[world.near]
        if (world.is_changed & known).any():
            return None
        slack = world.slack + world.by_block(world.own * known)
        rest = world.rest * ~known
        if (np.abs(slack) > world.by_block(rest) + _NOTHING).any():
            return None
        return world._replace(own=world.own * ~known, rest=rest, slack=slack)

    def _rivals(self, world: _World, asked: _Question) -> list[int]:
        """Return who knows so much of what changes in a world that there may be none for that company."""
        unknown = np.flatnonzero(~self._knows(asked)[world.near])
        one, other = self._ends[world.near[unknown]].T
        entries = np.concatenate([unknown, unknown[one != other]])
        who = np.concatenate([one, other[one != other]])
        if not len(who):
            return []
        names, which = np.unique(who, return_inverse=True)
        shape = len(world.slack), len(names)
        places = world.at[entries] * len(names) + which
        own, rest = (
            np.bincount(places, amounts[entries], np.prod(shape)).reshape(shape)
            for amounts in (world.own, world.rest)
        )
        # Those who come besides know as much as may be.
        more = self._rules.coalition - len(asked.rivals) - 1
        theirs = np.sort(np.abs(own) + rest, axis=1)[:, ::-1][:, :more].sum(axis=1)
        slack, room = world.slack[:, None], (world.by_block(world.rest) - theirs)[:, None]
        is_short = (np.abs(slack + own) > room - rest + _NOTHING).any(axis=0)
        found = {*who[world.is_changed[entries]].tolist(), *names[is_short].tolist()}
        return sorted(found - {asked.group, _NOBODY})

    def _knows(self, asked: _Question) -> _Flags:
        """Return which amounts those know who ask."""
        return self._flags(asked.eye) | self._theirs(asked)

    def _theirs(self, asked: _Question) -> _Flags:
        """Return which amounts are of companies that ask."""
        is_theirs: _Flags = np.isin(self._ends, asked.rivals)
        return is_theirs[:, 0] | is_theirs[:, 1]

    def _solved(self, asked: _Question, told: Sequence[_Key]) -> _World | pl.DataFrame:
        """Return a world, or the part of each block in what tells that there is none.

        Args:
            asked: Whose, and for whom.
            told: Keys of blocks in which the group's amounts are told anyway.
        """
        is_told = np.zeros(self._size, dtype=np.bool_)
        is_told[[self._rows[key] for key in told if key in self._rows]] = True
        is_end, is_unknown = self._ends[:, asked.end] == asked.group, ~self._knows(asked)
        is_no_matter = is_told[self._at] | (self._is_loose[self._at] & ~self._is_hanging)
        share = self._rules.p_permille / 1_000
        own = np.where(is_end & is_unknown & ~is_no_matter, self._mass * share, 0.0)
        level = np.abs(self._by_row(own)).max(initial=0) or 1.0
        rest = np.where(is_unknown & ~is_end & ~self._is_hanging, self._mass, 0.0) / level
        hangs = np.zeros(len(self._largest))
        of = self._pair[is_unknown & ~is_end & self._is_hanging]
        hangs[of] = self._largest[of] / level
        change = -self._by_row(own) / level
        found = self._answered(change, np.concatenate([hangs, self._by_row(rest)]))
        if found is None:
            return self._parts(asked, level, change, hangs, rest)
        moves, slack = np.split(found, [len(hangs)])
        return self._world(own / level, rest, moves, slack)

    def _world(self, own: Floats, rest: Floats, moves: Floats, slack: Floats) -> _World:
        """Return a world, told by what is near.

        Args:
            own: By how much each amount of the group is larger.
            rest: How large each other is that stays.
            moves: By how much each of what hangs together changes.
            slack: By how much what stays in each block does.
        """
        is_changed = self._is_hanging & (np.abs(moves) > _NOTHING)[self._pair]
        is_near = (np.abs(slack) > _NOTHING) | (self._by_row(np.abs(own)) > 0)
        near = np.flatnonzero(is_changed | is_near[self._at])
        rows, at = np.unique(self._at[near], return_inverse=True)
        return _World(near, at, own[near], rest[near], is_changed[near], slack[rows])

    def _flags(self, eye: _Eye) -> _Flags:
        """Return which amounts somebody knows."""
        if eye not in self._known_by:
            is_theirs: _Flags = self._agencies.list.contains(eye.agency).to_numpy() & bool(eye.agency)
            self._known_by[eye] = is_theirs | (self._is_public & eye.is_public)
        return self._known_by[eye]

    def _answered(self, change: Floats, room: Floats) -> Floats | None:
        """Return how much each column changes, or nothing if there is no way."""
        if not change.any():
            return np.zeros_like(room)
        upper = np.tile(np.minimum(room, _ROOM_MAX), 2)
        solver, columns, rows = self._solver, *(np.arange(len(of), dtype=np.int32) for of in (upper, change))
        expect_ok(solver.changeColsBounds(len(columns), columns, np.zeros_like(upper), upper))
        expect_ok(solver.changeRowsBounds(len(rows), rows, change, change))
        if not _ANSWERS[settled(solver, _ANSWERS)]:
            return None
        more, less = np.array(solver.getSolution().col_value).reshape(2, -1)
        found: Floats = more - less
        return found

    def _parts(
        self, asked: _Question, level: float, change: Floats, hangs: Floats, rest: Floats
    ) -> pl.DataFrame:
        """Return the part of each block in the proof that there is no world: `row`, `pair`, `part`.

        Without any of the blocks that it adds up there is none. It lacks less if what a pair told in one
        of them did not hang together with the rest, or were not known for that reason.

        Args:
            asked: Whose, and for whom.
            level: What all amounts are told in, grams.
            change: Of each block, to be made up for.
            hangs: How far each of what hangs together may change.
            rest: How far what stays may.
        """
        _, has_ray, ray = self._solver.getDualRay()
        # Where the solver has none, all of the group's own blocks are.
        weight: Floats = ray / np.abs(ray).max() if has_ray else np.sign(change)
        weight[np.abs(weight) < _NOTHING] = 0
        of = np.flatnonzero(self._is_hanging & (weight[self._at] != 0))
        pair, weighed, size = self._pair[of], weight[self._at[of]] * self._mass[of] / level, len(hangs)
        net = np.where(hangs > 0, np.abs(np.bincount(pair, weighed, size)), 0.0)
        is_other = (self._ends[of, asked.end] != asked.group) & ~self._theirs(asked)[of]
        gain = np.bincount(pair, np.abs(weighed) * is_other, size) - net
        lacking = np.abs(weight @ change) - net.sum() - np.abs(weight) @ self._by_row(rest)
        summed = np.flatnonzero(weight)
        parts = np.concatenate([np.ones(len(summed)), gain[pair] / max(lacking, _NOTHING)])
        return pl.DataFrame(
            {
                "row": np.concatenate([summed, self._at[of]]),
                "pair": pl.concat(
                    [pl.Series([None] * len(summed), dtype=pl.UInt32), self._pairs.gather(pair)]
                ),
                "part": np.clip(parts, 0, 1),
            },
            schema_overrides={"row": pl.UInt32},
        )

    def _by_row(self, amounts: Floats) -> Floats:
        found: Floats = np.bincount(self._at, amounts, self._size).astype(np.float64)
        return found
