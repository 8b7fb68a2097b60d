"""What a loop says of itself: that it turns, what it waits for and since when."""

from __future__ import annotations

import io
import json
import os
import time
from pathlib import Path

from prometheus_client import generate_latest

from schemas.errors import Awaited, ConfigurationError, RetriableError
from schemas.runtime import health as healths
from schemas.runtime import logs
from schemas.runtime.health import Health
from schemas.runtime.metrics import Metrics
from schemas.telemetry import LOOP_TURNED, WAITING_SINCE, LogEvent

LOST = RetriableError("the registry is away", hint="is it up?", awaited=Awaited.REGISTRY)


def shown(metrics: Metrics, name: str) -> dict[str, float]:
    """Return the values that Prometheus sees of one metric, by their labels."""
    lines = generate_latest(metrics.registry).decode().splitlines()
    pairs = (line.rpartition(" ") for line in lines if line.startswith(name))
    return {labels.removeprefix(name): float(value) for labels, _, value in pairs}


def test_a_loop_that_turns_is_alive_and_one_that_stands_is_not(tmp_path: Path) -> None:
    """The age of the file decides, and the metric has the same moment."""
    file, metrics = tmp_path / "alive", Metrics()
    health = Health(file, metrics)

    is_alive_before = healths.is_alive(file)
    health.turned()
    is_alive = healths.is_alive(file)
    long_ago = time.time() - healths.STUCK_SECONDS
    os.utime(file, (long_ago, long_ago))

    assert (is_alive_before, is_alive, healths.is_alive(file)) == (False, True, False)
    assert time.time() - shown(metrics, LOOP_TURNED.name)[""] < 60


def test_what_is_waited_for_is_shown_from_its_begin_to_its_end() -> None:
    """The instant stays that of the first failure, and vanishes with the answer; a wait is a turn."""
    metrics = Metrics()
    health = Health(None, metrics)

    health.waits(LOST)
    first = shown(metrics, WAITING_SINCE.name)
    health.waits(LOST)
    health.lacks(Awaited.DEAD_LETTERS, ConfigurationError("refused"))
    second, turns = shown(metrics, WAITING_SINCE.name), health.turns
    health.answered(Awaited.REGISTRY)
    third = shown(metrics, WAITING_SINCE.name)
    health.answered()

    assert [*first] == ['{reason="registry"}']
    assert second.items() > first.items()
    assert turns == 2
    assert [*third] == ['{reason="dead_letters"}']
    assert shown(metrics, WAITING_SINCE.name) == {}


def test_a_wait_is_told_at_its_begin_and_its_end_and_seldom_between() -> None:
    """Hundreds of attempts leave two lines, which say what is waited for and what to do."""
    told = io.StringIO()
    logs.configure(told)
    health = Health(None)

    for _ in range(100):
        health.waits(LOST)
    health.answered()
    health.answered()

    logs.configure()
    waiting, answered = map(json.loads, told.getvalue().splitlines())
    assert (waiting["event"], answered["event"]) == (LogEvent.WAITING, LogEvent.ANSWERED)
    assert (waiting["awaited"], waiting["error"], waiting["hint"]) == ("registry", str(LOST), LOST.hint)
