"""The gate: which leaf cells open, in whose eyes, and what negative contributions change."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import polars as pl
import pytest

from consumers.disclosure.problem import Rules
from consumers.release.gate import turned, unsafe
from tests.support.contributed import contributed, of_groups

RULES = Rules(min_groups=3, p_permille=150)


def _is_unsafe(*rows: dict[str, Any], rules: Rules = RULES) -> bool:
    return unsafe(contributed(*rows).with_columns(leaf=pl.lit(7)), rules).to_list() == [7]


@pytest.mark.parametrize(
    ("masses", "expected"),
    [
        ((), False),
        ((10,), True),
        ((10, 10), True),
        ((10, 10, 10), False),
        ((1000, 500, 149), True),
        ((1000, 500, 150), False),
        ((1000, 500, 100, 50), False),
    ],
)
def test_a_block_needs_three_groups_and_enough_beside_the_two_largest(
    masses: tuple[int, ...], *, expected: bool
) -> None:
    """The limits of minimum frequency and of the p% rule are met exactly, as the handbook has them."""
    assert _is_unsafe(*of_groups(*masses)) == expected


def test_both_ends_of_movements_are_looked_at() -> None:
    """Three holders that send to a single receiver tell how much that one received."""
    even = of_groups(10, 10, 10)

    assert _is_unsafe(*({**row, "counterparty_key": b"one"} for row in even))
    assert not _is_unsafe(*({**row, "counterparty_key": row["group_key"] + b"!"} for row in even))


def _moved(sender: bytes, receiver: bytes, mass_g: int) -> dict[str, Any]:
    return {"group_key": sender, "counterparty_key": receiver, "mass_g": mass_g}


def test_a_company_knows_what_others_sent_it() -> None:
    """Who is next to the largest and gets the rest from others knows the largest to the gram."""
    rows = [_moved(b"a", b"x", 100), _moved(b"b", b"y", 50)]

    assert not _is_unsafe(*rows, _moved(b"c", b"z", 20))
    assert _is_unsafe(*rows, _moved(b"c", b"b", 20))


def test_a_company_knows_all_whom_it_sends_to() -> None:
    """Who sends to all receivers but the largest knows nearly all that this one gets."""
    largest = [_moved(b"a", b"x", 50), _moved(b"b", b"x", 50)]
    others = [_moved(b"c", b"y", 30), _moved(b"d", b"w", 5)]

    assert not _is_unsafe(*largest, *others, _moved(b"e", b"z", 30))
    assert _is_unsafe(*largest, *others, _moved(b"c", b"z", 30))


def test_companies_of_unknown_groups_are_one_group() -> None:
    """Nobody says that four unknown companies are not one."""
    assert _is_unsafe(*({"group_key": None, "mass_g": 10, "region": f"FR-{number}"} for number in range(4)))


def test_an_agency_must_not_see_the_rest() -> None:
    """What is safe for everybody is not for an agency that knows all of it but one company."""
    rows = [*of_groups(10, 10, 10), {"group_key": b"x", "mass_g": 10, "agency": "FR-B"}]

    assert not _is_unsafe(*({**row, "agency": "FR-A"} for row in rows))
    assert _is_unsafe(*rows)


def test_records_that_become_public_protect_nobody() -> None:
    """Two companies behind public records are two companies behind nothing."""
    rows = of_groups(10, 10, 10, 10)

    assert not _is_unsafe(*rows)
    assert _is_unsafe(*rows[:2], *({**row, "agency": "US-A", "is_public": True} for row in rows[2:]))


def test_what_only_the_public_knows_is_free() -> None:
    """A block of public records alone has nothing that its residual could betray."""
    rows = [{**row, "is_public": True} for row in of_groups(10, 10, 10)]

    assert not _is_unsafe(*rows)


def test_an_agency_knows_public_records_too() -> None:
    """Own records and public ones together may leave one company."""
    mine = of_groups(10, 10, 10, agency="FR-A")
    public = [{"group_key": b"p%d" % n, "mass_g": 10, "agency": "US-A", "is_public": True} for n in range(3)]
    others = [{"group_key": b"o%d" % n, "mass_g": 10, "agency": "FR-B"} for n in range(3)]

    assert not _is_unsafe(*mine, *public, *others)
    assert _is_unsafe(*mine, *public, *others[:2])


def test_negative_contributions_count_by_their_size() -> None:
    """Nine tenths taken back by one company are that company's, whatever the total is."""
    assert _is_unsafe(*of_groups(10, 10, 10, -900))
    assert not _is_unsafe(*of_groups(-10, -10, -10))


def test_what_cancels_out_in_a_group_is_no_group() -> None:
    """Loads moved from one counterparty to another leave nothing of their company."""
    rows = of_groups(10, 10)
    moved = [
        {"group_key": b"m", "counterparty_key": key, "mass_g": mass} for key, mass in ((b"a", 5), (b"b", -5))
    ]

    assert _is_unsafe(*rows, *moved)


def test_one_group_does_not_turn_the_sign_of_a_block() -> None:
    """A total that is negative because of one group tells that this one took back more than all."""
    rows = contributed(*of_groups(10, 10, 10, -60, -60)).with_columns(leaf=1)
    alone = contributed(*of_groups(30, 30, 30, -95)).with_columns(leaf=1)

    assert turned(rows).is_empty()
    assert turned(alone).to_list() == [1]


def test_sums_of_safe_blocks_are_safe() -> None:
    """Every union of safe blocks without negative contributions is safe: what totals rest on."""
    chance = random.Random(4)  # noqa: S311  # blocks are not secrets
    rules = Rules(3, 150)
    tried = Counter[bool]()
    for _ in range(60):
        blocks = [_random_block(chance, number) for number in range(8)]
        frame = pl.concat(blocks)
        broken = set(unsafe(frame, rules))
        safe = [number for number in range(8) if number not in broken]
        union = frame.filter(pl.col("leaf").is_in(chance.sample(safe, min(len(safe), 3)))).with_columns(
            leaf=99
        )
        tried[bool(safe)] += 1
        assert unsafe(union, rules).is_empty()

    assert tried[True] > 30


def _random_block(chance: random.Random, number: int) -> pl.DataFrame:
    rows = [
        {
            "group_key": b"g%d" % chance.randrange(6),
            "counterparty_key": chance.choice(
                [None, b"%s%d" % (chance.choice([b"c", b"g"]), chance.randrange(6))]
            ),
            "agency": chance.choice(["FR-A", "FR-B"]),
            "is_public": False,
            "mass_g": int(chance.paretovariate(1.5) * 100),
        }
        for _ in range(chance.randrange(1, 25))
    ]
    return contributed(*rows).with_columns(leaf=pl.lit(number))
