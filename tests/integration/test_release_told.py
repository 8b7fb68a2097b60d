"""What operators see of releases: a run leaves it in the hub's file, and the running hub shows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consumers.release.run import Run
from deploy.exchange.exchange import Exchange
from schemas.errors import ConfigurationError, FatalError
from tests.support import releasing
from tests.support.exposition import values
from tests.support.releasing import NOW, Releasing, loads

MONTH = timedelta(days=31)
DONE, FAILED = "weighbridge_release_done_timestamp_seconds", "weighbridge_release_failed_timestamp_seconds"
RELEASED, DUE = "weighbridge_released_timestamp_seconds", "weighbridge_release_due_timestamp_seconds"
OVERDUE, CELLS = "weighbridge_release_epochs_overdue", "weighbridge_release_cells"
WITHHELD, DRAWN = "weighbridge_release_cells_withheld", "weighbridge_hub_keys_drawn_timestamp_seconds"


@pytest.fixture
def hub(exchange: Exchange, tmp_path: Path) -> Releasing:
    """Return a hub that stored one open and one dominated cell."""
    made = releasing.new_hub(exchange, tmp_path)
    made.store(loads("150107", 40, 40, 40), loads("150102", 90, 5, 5))
    return made


def shown(hub: Releasing, now: datetime) -> dict[str, float]:
    """Return what the hub shows that starts at a moment, of the metrics that are about nothing but itself."""
    running = hub.topic.hub(hub.file, name=hub.name, release=hub.settings.release)
    running.clock = lambda: now
    running.open()
    try:
        running.once()
    finally:
        running.close()
    names = (DONE, FAILED, RELEASED, DUE, OVERDUE, CELLS, WITHHELD, DRAWN)
    found = {name: values(running.metrics.registry, name) for name in names}
    return {name: of[hub.name,] for name, of in found.items() if of}


def test_operators_see_how_releases_go(hub: Releasing) -> None:
    """A release is done and the next one due, later overdue; a failure is told until a run is done."""
    assert shown(hub, NOW) == {}

    hub.run()
    after = shown(hub, NOW)
    late = shown(hub, NOW + 2 * MONTH)
    with pytest.raises(FatalError):
        hub.run(NOW + 2 * MONTH, decide=releasing.fail)
    failed = shown(hub, NOW + 2 * MONTH)
    hub.run(NOW + 3 * MONTH)
    mended = shown(hub, NOW + 3 * MONTH)

    november_closes = datetime(2026, 12, 11, tzinfo=UTC).timestamp()
    assert (after[DONE], after[RELEASED], after[DUE]) == (NOW.timestamp(), NOW.timestamp(), november_closes)
    assert FAILED not in after
    assert (after[OVERDUE], late[OVERDUE], mended[OVERDUE]) == (0.0, 2.0, 0.0)
    assert failed[FAILED] == (NOW + 2 * MONTH).timestamp() > failed[DONE]
    assert mended[FAILED] == failed[FAILED] < mended[DONE]
    assert mended[DUE] > november_closes


def test_losses_are_those_that_subscribers_count(hub: Releasing) -> None:
    """Cells that show something and cells that are withheld are counted as the published ones say."""
    hub.run()
    told = shown(hub, NOW)
    published = hub.published()

    withheld = sum(cell["conf_status"] == "CONFIDENTIAL" for cell in published)
    assert told[WITHHELD] == withheld > 0
    assert told[CELLS] == withheld + sum(bool(cell["mass_g"]) for cell in published) > withheld


def test_a_run_that_cannot_tell_fails_with_its_own_error(hub: Releasing) -> None:
    """Where there is no file to leave anything in, that is what is said."""
    settings = hub.settings.model_copy(update={"file": hub.file.with_name("absent.duckdb")})

    with pytest.raises(ConfigurationError, match="no hub has written"):
        Run(settings=settings, kafka=hub.kafka, now=NOW).run()
