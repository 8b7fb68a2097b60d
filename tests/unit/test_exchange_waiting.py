"""Waiting with a limit."""

from __future__ import annotations

from deploy.exchange import waiting


class Time:
    """A clock that moves only when somebody pauses."""

    def __init__(self) -> None:
        self.now = 0.0

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def wait_for(self, second: float) -> bool:
        """Wait up to ten seconds for a moment."""
        return waiting.until(
            lambda: self.now >= second,
            timeout_seconds=10,
            interval_seconds=1,
            clock=lambda: self.now,
            pause=self.pause,
        )


def test_waiting_ends_with_the_condition() -> None:
    """What comes in time is waited for, and no longer than needed."""
    time = Time()

    assert time.wait_for(7)
    assert time.now == 7


def test_waiting_ends_with_the_time() -> None:
    """What does not come in time is given up."""
    time = Time()

    assert not time.wait_for(11)
    assert time.now == 10
