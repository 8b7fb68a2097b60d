"""A hub that is killed, at every step and at any moment: nothing lost, nothing doubled."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from deploy import topics as deployed
from deploy.exchange.exchange import Exchange
from schemas import topics
from tests.support import events
from tests.support import hub as support
from tests.support.hub import LedgerTopic

EVENTS = 3_000
BAD = 7
STEPS = (
    "collected",
    "decoded",
    "checked",
    "begun",
    "events appended",
    "dead letters appended",
    "signatures written",
    "offsets written",
    "committed",
    "shown to Kafka",
    "dead letters sent",
)


@pytest.fixture(scope="module")
def ledger(exchange: Exchange) -> LedgerTopic:
    """Return a topic of good events with bad records among them."""
    topic = support.new_ledger(exchange)
    for part in range(BAD):
        topic.publish(events.movements(EVENTS // BAD, start=part * (EVENTS // BAD)))
        topic.publish_raw(b"key", b"no event", partition=part % 3)
    return topic


def forget_letters(ledger: LedgerTopic) -> None:
    """Make the topic of dead letters anew: what stands there is not sent again."""
    wanted = topics.hub_topics("test")
    support.delete_topics(ledger.kafka, [topic.name for topic in wanted])
    deployed.apply(ledger.kafka, wanted)


def child(ledger: LedgerTopic, file: Path, step: str, occurrence: int) -> subprocess.Popen[bytes]:
    """Start a hub that dies at a step."""
    kafka = ledger.kafka
    arguments = (kafka.bootstrap_servers, kafka.registry_url, str(file), step, str(occurrence))
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.hub", *arguments],
        cwd=Path(__file__).parents[2],
        stderr=subprocess.DEVNULL,
    )


def assert_truth(ledger: LedgerTopic, file: Path) -> None:
    """Hold the file against what was sent: each record once, and the totals."""
    stored = Counter(key for (key,) in support.read(file, "SELECT event_id FROM movement"))
    ((total,),) = support.read(file, "SELECT sum(mass_g) FROM contributions")
    letters = Counter(support.read(file, "SELECT kafka_partition, kafka_offset FROM dead_letter"))

    assert stored == Counter(item["event_id"] for item in ledger.sent)
    assert total == sum(item["mass_g"] for item in ledger.sent)
    assert len(letters) == BAD
    assert set(letters.values()) == {1}


@pytest.mark.parametrize("step", STEPS)
def test_kill_at_a_step_loses_and_doubles_nothing(ledger: LedgerTopic, tmp_path: Path, step: str) -> None:
    """Wherever in the loop a hub dies, the next one makes the file what it should be."""
    file = tmp_path / "hub.duckdb"
    forget_letters(ledger)

    first = child(ledger, file, step, 2).wait(120)
    ledger.run_to_end(file)

    assert first == -signal.SIGKILL
    assert_truth(ledger, file)


@pytest.mark.parametrize("kills", [4, pytest.param(40, marks=pytest.mark.long)])
def test_kills_at_any_moment_lose_and_double_nothing(ledger: LedgerTopic, tmp_path: Path, kills: int) -> None:
    """A hub killed again and again, starting included, still stores each record once."""
    file = tmp_path / "hub.duckdb"
    seed = random.randrange(10**6)  # noqa: S311  # as below
    print("seed", seed)  # noqa: T201  # shown when the test fails
    dice = random.Random(seed)  # noqa: S311  # moments, not secrets
    for _ in range(kills):
        process = child(ledger, file, "", 0)
        time.sleep(dice.uniform(0.5, 2.0))
        process.kill()
        process.wait(30)

    ledger.run_to_end(file)

    assert_truth(ledger, file)
