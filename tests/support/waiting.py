"""Waiting in tests for what another thread or process does."""

from __future__ import annotations

from collections.abc import Callable

from deploy.exchange.waiting import until


def eventually(condition: Callable[[], object], seconds: float = 120.0) -> bool:
    """Say whether a condition comes to hold; by default also on a machine ten times slower than ours."""
    return until(lambda: bool(condition()), timeout_seconds=seconds, interval_seconds=0.05)
