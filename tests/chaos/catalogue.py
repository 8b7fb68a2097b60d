"""All disturbances, and how often each is drawn beside the others: add yours here."""

from __future__ import annotations

from collections.abc import Mapping

from tests.chaos import clock, disk
from tests.chaos.disturbances.clock import clock_shifted
from tests.chaos.disturbances.disk import disk_filled
from tests.chaos.disturbances.kill import killed_at_a_step, killed_at_any_moment
from tests.chaos.disturbances.ledger import partitions_added, poisoned, schema_upgraded, transaction_held
from tests.chaos.disturbances.network import connections_cut, link_disturbed
from tests.chaos.disturbances.pause import paused_at_a_step, paused_at_any_moment, paused_for_long
from tests.chaos.disturbances.release import release_killed
from tests.chaos.disturbances.server import (
    broker_disk_filled,
    broker_killed,
    broker_paused,
    broker_restarted,
    registry_killed,
)
from tests.chaos.disturbances.twin import started_twice
from tests.chaos.scene import ExchangeDisturbance, ProcessDisturbance

Weights = Mapping[ProcessDisturbance, int]


def of_adapters() -> Weights:
    """Return what happens to adapters."""
    return {
        killed_at_a_step: 60,
        killed_at_any_moment: 15,
        paused_at_a_step: 5,
        paused_at_any_moment: 5,
        paused_for_long: 1,
        started_twice: 6,
        **({clock_shifted: 2} if clock.library() else {}),
    }


def of_hubs() -> Weights:
    """Return what happens to a hub."""
    return {**of_adapters(), **({disk_filled: 6} if disk.is_available() else {})}


def of_exchange() -> Mapping[ExchangeDisturbance, int]:
    """Return what happens to everything else."""
    return {
        release_killed: 3,
        broker_killed: 3,
        broker_paused: 2,
        broker_restarted: 1,
        **({broker_disk_filled: 1} if disk.is_available() else {}),
        registry_killed: 1,
        connections_cut: 4,
        link_disturbed: 6,
        poisoned: 4,
        transaction_held: 2,
        partitions_added: 1,
        schema_upgraded: 1,
    }


def left_out() -> list[str]:
    """Return what cannot happen on this machine, and why."""
    reasons = []
    if not clock.library():
        reasons.append("clocks stay right: libfaketime is neither installed nor to be had from apt-get")
    if not disk.is_available():
        reasons.append("disks are not filled: this user cannot mount a small one")
    return reasons
