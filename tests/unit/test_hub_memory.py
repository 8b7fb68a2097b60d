"""What a hub holds in memory while its file grows."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support import program
from tests.support.hub_growth import Held

MEBIBYTE = 2**20
# Less than the file takes in the end, so that DuckDB cannot keep all of it.
LIMIT_MIB = 12
EARLY, LATE = 20_000, 50_000


def test_a_hub_holds_no_more_for_more_events(tmp_path: Path) -> None:
    """DuckDB keeps of a growing file what its limit allows, and nothing else grows with the events."""
    arguments = (tmp_path / "hub.duckdb", f"{LIMIT_MIB}MiB", EARLY, LATE)
    done = program.run(*arguments, entry="tests.support.hub_growth:main")
    assert done.returncode == 0, done.stderr.decode()
    early, late = (Held(**json.loads(line)) for line in done.stdout.splitlines())
    more = late.events - early.events

    assert late.kept_bytes <= LIMIT_MIB * MEBIBYTE
    # Whatever is remembered of each event takes one at least.
    assert late.objects - early.objects < more / 20
    # Half of what an event takes; allocators give back sooner or later.
    assert late.besides_bytes - early.besides_bytes < more * 200
