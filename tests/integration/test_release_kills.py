"""Releases that are killed, doubled, or made from a restored file: one version, always the same, no gap."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import stamina

from deploy import topics as deployed
from deploy.exchange.exchange import Exchange
from schemas import topics
from schemas.errors import ConfigurationError, FatalError, FencedError, RetriableError
from tests.support import program, releasing
from tests.support.hub import delete_topics
from tests.support.releasing import NOW, OCTOBER, Releasing, loads
from tests.support.waiting import eventually

MONTH = timedelta(days=31)
STEPS = (
    ("fenced", 1),
    ("read", 1),
    ("adopted", 1),
    ("cut stored", 1),
    ("contributions written", 1),
    ("decided", 1),
    ("decision stored", 1),
    ("begun", 1),
    ("produced", 50),
    ("before flush", 1),
    ("flushed", 1),
    ("committed", 1),
)


@pytest.fixture
def hub(exchange: Exchange, tmp_path: Path) -> Releasing:
    """Return a hub that stored one open and one dominated cell."""
    made = releasing.new_hub(exchange, tmp_path)
    made.store(loads("150107", 40, 40, 40), loads("150102", 90, 5, 5))
    return made


def replica(hub: Releasing, name: str) -> Releasing:
    """Return the same hub on a copy of its file."""
    copy = hub.file.with_name(f"{name}.duckdb")
    shutil.copyfile(hub.file, copy)
    return Releasing(
        name=hub.name, file=copy, keys=hub.keys, topic=hub.topic, release=hub.release, directory=hub.directory
    )


def undisturbed(hub: Releasing) -> list[Any]:
    """Return the records of a release that nothing happens to, on topics that are empty again afterwards."""
    replica(hub, "undisturbed").run()
    found = hub.records()
    shared = [
        topic for topic in topics.exchange_topics() if topic.name in {topics.AGGREGATES, topics.RELEASES}
    ]
    delete_topics(hub.kafka, [topic.name for topic in shared])
    deployed.apply(hub.kafka, shared)
    assert len(found) == 97
    assert not led(hub)
    return found


@stamina.retry(on=RetriableError, attempts=None, timeout=120)
def led(hub: Releasing) -> list[Any]:
    """Return the records of a hub once the new partitions have a leader."""
    return hub.records()


def test_killed_at_every_step_it_publishes_the_same(hub: Releasing) -> None:
    """Killed at each step in turn and run again, the topics hold byte for byte what they would have held."""
    expected = undisturbed(hub)

    for step, times in STEPS:
        process = hub.child(step, times)
        _, errors = process.communicate()
        assert process.returncode == -signal.SIGKILL, (step, errors.decode()[-2000:])
        assert hub.records() == (expected if step == "committed" else [])

    assert hub.run().released == ()
    assert hub.records() == expected
    assert not [*hub.file.with_name(f"{hub.file.name}.release").iterdir()]


@pytest.mark.parametrize("kills", [6, pytest.param(20, marks=pytest.mark.long)])
def test_killed_at_any_moment_two_replicas_publish_the_same(hub: Releasing, kills: int) -> None:
    """Two files of one hub, killed in turns again and again, leave one release: that of a quiet one."""
    expected = undisturbed(hub)
    seed = random.randrange(10**6)  # noqa: S311  # as below
    print("seed", seed)  # noqa: T201  # shown when the test fails
    dice = random.Random(seed)  # noqa: S311  # moments, not secrets
    both = itertools.cycle([hub, replica(hub, "other")])

    for _, one in zip(range(kills), both, strict=False):
        process = one.child("", 0)
        time.sleep(dice.uniform(0.5, 4.0))
        process.kill()
        process.communicate()
        assert hub.records() in ([], expected)
    for one in (next(both), next(both)):
        one.run()

    assert hub.records() == expected


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_leaves_nothing_behind(hub: Releasing, number: signal.Signals) -> None:
    """In the middle of a decision it ends soon, with no contribution on disk, and nothing published."""
    addresses = ("--bootstrap-servers", hub.kafka.bootstrap_servers, "--registry-url", hub.kafka.registry_url)
    folder = hub.file.with_name(f"{hub.file.name}.release")
    with program.start("release", "run", "--file", hub.file, "--keys", hub.keys, *addresses) as process:
        assert eventually(lambda: bool([*folder.rglob("contributions.parquet")]))
        decides = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        # As a terminal and systemd do: all hear it.
        for pid in (*map(int, decides), process.pid):
            os.kill(pid, number)
        _, said = process.communicate(120)

    assert process.returncode == 128 + signal.SIGINT
    assert [line for line in said.splitlines() if not line.startswith(b"{")] == []
    assert [*folder.iterdir()] == []
    assert eventually(lambda: not any(Path("/proc", pid, "exe").exists() for pid in decides))
    assert hub.records() == []


def test_a_stored_decision_outlives_other_settings(hub: Releasing) -> None:
    """What was decided before a crash is published as it was decided, and says under which settings."""
    expected = undisturbed(hub)
    process = hub.child("decision stored")
    process.communicate()
    assert process.returncode == -signal.SIGKILL

    hub.release |= {"final_epochs": 3, "min_groups": 4}
    hub.run()

    assert hub.records() == expected


def test_two_releasers_publish_once(hub: Releasing) -> None:
    """Whoever begins later shuts the other out, which publishes nothing however far it was."""
    second = replica(hub, "second")

    def overtake(step: str) -> None:
        if step == "decision stored":
            second.run()

    with pytest.raises(FencedError):
        hub.run(on_step=overtake)

    found = hub.records()
    assert [entry.epoch for entry in hub.ledger()] == [OCTOBER]
    assert len(found) == 97
    assert hub.run().released == ()
    assert hub.records() == found


def test_a_restored_file_learns_what_was_published(hub: Releasing) -> None:
    """A backup catches up, decides the published epochs again from their cuts, and goes on behind them."""
    backup = replica(hub, "backup")
    hub.run()
    hub.store(loads("150107", 50, 50, 50), loads("150102", 7, 7, 7))
    hub.run(NOW + MONTH)
    before = hub.records()
    with pytest.raises(ConfigurationError, match="not as far"):
        backup.run(NOW + MONTH)

    backup.catch_up()
    outcome = backup.run(NOW + MONTH)

    assert outcome.released == ()
    assert hub.records() == before
    hub.store(loads("150107", 60, 60, 60))
    twin = replica(hub, "twin")
    backup.catch_up()
    adds = [epoch.epoch for epoch in backup.run(NOW + 2 * MONTH).released]
    assert adds == ["2026-12"]
    # The file that was never away agrees with what the restored one has published.
    assert twin.run(NOW + 2 * MONTH).released == ()
    ids = [entry.release_id for entry in hub.ledger()]
    assert [entry.record["predecessor"] for entry in hub.ledger()] == [None, *ids[:-1]]


def test_what_cannot_be_had_again_stops_the_release(hub: Releasing) -> None:
    """A restored file with other rules would go on from another past: it says so and publishes nothing."""
    backup = replica(hub, "backup")
    hub.run()
    before = hub.records()

    backup.release |= {"min_groups": 4}
    with pytest.raises(FatalError, match="differs from what was published"):
        backup.run(NOW + MONTH)
    backup.release |= {"min_groups": 3, "measures": ("DISPATCHED",)}
    with pytest.raises(FatalError, match="other tables"):
        backup.run(NOW + MONTH)

    assert hub.records() == before


def test_a_decision_that_fails_publishes_nothing(hub: Releasing) -> None:
    """A solver that dies or fails ends the run with an error without values; the next run publishes."""
    with pytest.raises(FatalError, match="ended with status -9"):
        hub.run(decide=releasing.die)
    with pytest.raises(FatalError) as error:
        hub.run(decide=releasing.fail)

    assert "ValueError in releasing.py" in str(error.value)
    assert "secret" not in str(error.value)
    assert not hub.records()
    assert [epoch.epoch for epoch in hub.run().released] == [OCTOBER]
