"""Work that is kept to so many in a second."""

from __future__ import annotations

from schemas.runtime.pace import Pace


def test_the_next_waits_as_long_as_what_was_done_takes() -> None:
    """The first may begin at once; after ten of five in a second there are two seconds to wait."""
    pace = Pace()
    first = pace.left_seconds
    pace.did(10, 5)

    assert first == 0
    assert 0 < pace.left_seconds <= 2
