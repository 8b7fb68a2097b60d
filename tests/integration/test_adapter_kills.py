"""An adapter that is killed, at every step and at any moment: nothing lost, nothing doubled."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from deploy.exchange.exchange import Exchange
from tests.support.agency import Agency, manifest, new_agency, write

COMMIT_EVENTS = 25
# The occurrence lies in the middle of a file, after a first commit where there is one.
STEPS = {
    "fenced": 1,
    "restored": 1,
    "begun": 2,
    "produced": 40,
    "before flush": 2,
    "flushed": 2,
    "signed": 2,
    "committed": 2,
}
REJECTED = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return documents, later versions of some of them, and rejected ones between."""
    made = tmp_path_factory.mktemp("documents")
    later = [manifest(number, 1) for number in range(0, 12, 2)]
    for item in later[:3]:
        item["wastes"] = item["wastes"][:1]
    spoilt: list[Any] = [manifest(100 + number, 0, status="?") for number in range(REJECTED)]
    first = [manifest(number) for number in range(12)]
    write(made, "1.json", [*first[:6], *spoilt[:2], *first[6:]])
    write(made, "2.json", [*later, spoilt[2]])
    return made


def assert_truth(agency: Agency, folder: Path) -> None:
    """Hold the committed records against what an undisturbed reading gives."""
    published = agency.published()
    rejects = Counter((record.fields["file_key"], record.fields["path"]) for record in agency.rejects())
    one, two = (agency.file_key(name) for name in ("1.json", "2.json"))

    assert agency.truth(*sorted(folder.iterdir())) == published
    assert set(published.values()) == {1}
    assert {(one, "$[6]"): 1, (one, "$[7]"): 1, (two, "$[6]"): 1} == rejects


def test_an_undisturbed_run_is_the_truth(exchange: Exchange, folder: Path) -> None:
    """Without a kill the small commits of a child add up to what the documents say."""
    agency = new_agency(exchange, "XX-KILL0")

    assert agency.child(folder, commit_events=COMMIT_EVENTS).wait(120) == 0
    assert_truth(agency, folder)


@pytest.mark.parametrize("step", STEPS)
def test_kill_at_a_step_loses_and_doubles_nothing(exchange: Exchange, folder: Path, step: str) -> None:
    """Wherever an adapter dies, the next one completes the ledger from the positions alone."""
    agency = new_agency(exchange, f"XX-KILL{1 + list(STEPS).index(step)}")

    first = agency.child(folder, commit_events=COMMIT_EVENTS, step=step, occurrence=STEPS[step]).wait(120)
    agency.run(folder, commit_events=COMMIT_EVENTS)

    assert first == -signal.SIGKILL
    assert_truth(agency, folder)


def test_a_kill_at_every_commit_of_a_run_loses_and_doubles_nothing(exchange: Exchange, folder: Path) -> None:
    """An adapter that dies again and again after one commit each still comes to the end."""
    agency = new_agency(exchange, "XX-KILLED")
    statuses: list[int] = []
    while not statuses or statuses[-1] == -signal.SIGKILL:
        child = agency.child(folder, commit_events=COMMIT_EVENTS, step="committed", occurrence=1)
        statuses.append(child.wait(120))

    assert statuses[-1] == 0
    assert len(statuses) > 3
    assert_truth(agency, folder)


@pytest.mark.parametrize("kills", [4, pytest.param(40, marks=pytest.mark.long)])
def test_kills_at_any_moment_lose_and_double_nothing(exchange: Exchange, folder: Path, kills: int) -> None:
    """An adapter killed at random moments, starting included, publishes each statement once."""
    agency = new_agency(exchange, f"XX-KILLANY{kills}")
    seed = random.randrange(10**6)  # noqa: S311  # as below
    print("seed", seed)  # noqa: T201  # shown when the test fails
    dice = random.Random(seed)  # noqa: S311  # moments, not secrets
    for _ in range(kills):
        child = agency.child(folder, commit_events=3)
        time.sleep(dice.uniform(0.1, 1.5))
        child.kill()
        child.wait(30)

    agency.run(folder, commit_events=3)
    assert_truth(agency, folder)
