"""How far a hub is: lines of its log from the start of the way to its end, and a bar on a terminal."""

from __future__ import annotations

from structlog.testing import capture_logs

from consumers.hub.progress import Progress


class Clock:
    """Monotonic seconds that a test sets."""

    def __init__(self) -> None:
        """Begin at nought."""
        self.now = 0.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


def test_the_log_tells_how_far_a_hub_is_and_when_it_has_caught_up() -> None:
    """Percent and remaining seconds come now and then, the end comes once, and nothing comes after it."""
    clock, shown = Clock(), list[tuple[int, int]]()
    progress = Progress({0: 100}, {0: 500, 1: 600}, lambda *both: shown.append(both), clock)
    with capture_logs() as lines:
        for seconds, reached in (
            (10.0, {0: 200}),
            (20.0, {0: 350}),
            (21.0, {0: 400}),
            (50.0, {0: 500, 1: 700}),
        ):
            clock.now = seconds
            progress.moved(reached)
        progress.moved({0: 900, 1: 900})

    assert [
        {
            "event": "catching_up",
            "percent": 25,
            "records_left": 750,
            "remaining_seconds": 60,
            "log_level": "info",
        },
        {"event": "caught_up", "records": 1000, "seconds": 50.0, "log_level": "info"},
    ] == lines
    assert [(100, 1000), (250, 1000), (300, 1000), (1000, 1000)] == shown


def test_a_hub_that_has_everything_says_so_at_once() -> None:
    """A start after a stop during which nothing came tells of the end, and shows no way."""
    with capture_logs() as lines:
        Progress({0: 5}, {0: 5}).moved({0: 5})

    assert [("caught_up", 0)] == [(line["event"], line["records"]) for line in lines]


def test_nothing_is_foretold_where_nothing_moves() -> None:
    """Without a first record there is a line, and no guess of the end in it."""
    clock = Clock()
    progress = Progress({}, {0: 10}, clock=clock)
    with capture_logs() as lines:
        clock.now = 15.0
        progress.moved({})

    assert [{"event": "catching_up", "percent": 0, "records_left": 10, "log_level": "info"}] == lines
