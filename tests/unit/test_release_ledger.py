"""Whose turn it is on the ledger of releases, and which records count."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from consumers.release import calendar, release
from consumers.release.ledger import Entry, Ledger
from consumers.release.release import Slot
from schemas import contract
from schemas.keystore.documents import HubDocument
from schemas.settings import Calendar

HUBS = ("north", "south", "west")
KEYS = {name: HubDocument.new(date(2026, 1, 1)) for name in HUBS}
PUBLIC = {name: keys.verify_keys() for name, keys in KEYS.items()}
FIRST = calendar.named(Calendar.MONTH, "2026-08")


def entry(hub: str, epoch: str, order: tuple[str, ...], signer: str | None = None, number: int = 0) -> Entry:
    """Return a record as it stands on the topic."""
    found = calendar.parsed(epoch)
    slot = Slot(hub, found, found.closes_at(timedelta()), None, order)
    body = release.skipped(slot, KEYS[signer or hub].signing).body
    return Entry(number, body, contract.decoded(contract.parsed("release"), body))


def ledger(order: tuple[str, ...], *entries: Entry, of: Calendar = Calendar.MONTH) -> Ledger:
    """Return a ledger that has taken entries."""
    made = Ledger(order, of)
    made.add(entries, PUBLIC)
    return made


def turn(made: Ledger) -> tuple[str, str]:
    """Return hub and epoch of the turn."""
    hub, epoch = made.turn(FIRST)
    return hub, epoch.name


def test_hubs_take_turns_in_each_epoch() -> None:
    """The first begins; each follows the one before it; after the last the next epoch begins."""
    both = ("north", "south")

    assert turn(ledger(both)) == ("north", "2026-08")
    first = entry("north", "2026-08", both)
    assert turn(ledger(both, first)) == ("south", "2026-08")
    second = entry("south", "2026-08", both)
    assert turn(ledger(both, first, second)) == ("north", "2026-09")


def test_a_hub_that_joins_follows_in_the_epoch_at_hand() -> None:
    """It owes nothing of before, and its turn comes after those that were there."""
    alone = entry("north", "2026-08", ("north",))

    assert turn(ledger(("north", "south"), alone)) == ("south", "2026-08")


def test_a_hub_that_leaves_is_waited_for_no_more() -> None:
    """Without it the next epoch begins, and its records stay part of the chain."""
    both = ("north", "south")
    made = ledger(("north",), entry("north", "2026-08", both), entry("south", "2026-08", both))

    assert turn(made) == ("north", "2026-09")
    assert len(made.entries) == 2


def test_a_stranger_takes_nobodys_turn() -> None:
    """A hub that names ours in its order without being in ours cannot move our epochs."""
    stranger = entry("west", "2090-01", ("west", "north"))
    made = ledger(("north",), entry("north", "2026-08", ("north",)), stranger)

    assert turn(made) == ("north", "2026-09")
    assert turn(ledger(("north",), stranger)) == ("north", "2026-08")


def test_another_calendar_goes_on_where_the_last_one_ended() -> None:
    """After a month come the days behind it; after days the month in which they end."""
    month = entry("north", "2026-08", ("north",))
    day = entry("north", "2026-09-14", ("north",))

    assert turn(ledger(("north",), month, of=Calendar.DAY)) == ("north", "2026-09-01")
    assert turn(ledger(("north",), month, day)) == ("north", "2026-09")


def test_what_its_hub_has_not_signed_counts_nowhere() -> None:
    """A record in another hub's name takes nobody's turn; neither does a second one of an epoch."""
    order = ("north",)
    forged = entry("north", "2026-08", order, signer="south", number=7)
    again = entry("north", "2026-08", order, number=9)
    made = ledger(order, forged, entry("north", "2026-08", order, number=8), again)

    assert [found.offset for found in made.entries] == [8]
    assert made.ignored == [7, 9]


@pytest.mark.parametrize("order", [("west",), ("south", "west")])
def test_other_ledgers_on_the_topic_are_others_affair(order: tuple[str, ...]) -> None:
    """Records of hubs that have nothing to do with each other neither count nor disturb."""
    made = ledger(("north",), entry("west", "2026-08", order))

    assert (made.entries, made.ignored, made.head) == ([], [], None)
