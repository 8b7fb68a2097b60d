"""Chaos for a minute: the same stories as `make chaos` tells for hours, with a fixed seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.cluster import running_cluster
from tests.chaos.report import Tally
from tests.chaos.story import Plan, told
from tests.chaos.world import LINKS

# Draws a broker killed, a link disturbed, a second hub and a full disk.
SEED = 324


@pytest.mark.embedded
@pytest.mark.parametrize("stories", [1, pytest.param(10, marks=pytest.mark.long)])
def test_nothing_is_lost_doubled_or_stuck(tmp_path: Path, stories: int) -> None:
    """Killed, paused and cut off, adapters and a hub still come to the figures of the truth."""
    total = Tally()
    with running_cluster(tmp_path / "exchange", 1, LINKS) as cluster:
        for number in range(1, stories + 1):
            plan = Plan(SEED, number, disturbances=4, happenings=2)
            total.add(told(plan, cluster, tmp_path / f"story-{number}"))

    print(total.details)  # noqa: T201  # shown when the test fails
    assert not total.complaints
    assert (total.lost, total.doubled) == (0, 0)
    assert total.kills.total() >= 8 * stories
    assert total.records > 100 * stories
