"""The e-Manifest source on a real broker: killed at any step, every manifest is published once."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.exchange.exchange import Exchange
from tests.support.agency import manifest, new_agency, write
from tests.support.emanifest_server import API_ID, API_KEY, Service, serving

COUNT = 60


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Return a running service with manifests, and the credentials in the environment."""
    monkeypatch.setenv("WEIGHBRIDGE_SOURCE__API_ID", API_ID)
    monkeypatch.setenv("WEIGHBRIDGE_SOURCE__API_KEY", API_KEY)
    made = Service()
    for number in range(COUNT):
        made.put(manifest(number))
    with serving(made) as running:
        yield running


def described(folder: Path, service: Service, **more: object) -> Path:
    """Write the file that describes the service."""
    text = (
        f'kind = "emanifest"\nurl = "{service.url}"\nstate_code = "VA"\nsince = 2025-03-20T00:00:00Z\n'
        "window_hours = 87600\nrequests_per_second = 1000.0\n"
    )
    return write(folder, "emanifest.toml", (text + "".join(f"{a} = {b}\n" for a, b in more.items())).encode())


@pytest.mark.parametrize(("step", "occurrence"), [("produced", 300), ("flushed", 2), ("committed", 2)])
def test_kill_and_resume_publish_every_manifest_once(
    exchange: Exchange, service: Service, tmp_path: Path, step: str, occurrence: int
) -> None:
    """Killed within a window, with troubles of the service on the way, the next process completes it."""
    agency = new_agency(exchange, f"XX-EMK{len(step)}")
    place = described(tmp_path, service)
    service.tokens_live = 50
    service.troubles = [0.1, (500, {}, {}), (429, {}, {"Retry-After": "1"}), (503, {}, {})]
    killed = agency.child(place, step=step, occurrence=occurrence).wait(120)
    done = agency.child(place).wait(120)
    documents = [manifest(number) for number in range(COUNT)]

    assert (-signal.SIGKILL, 0) == (killed, done)
    assert agency.truth(write(tmp_path, "all.json", documents)) == agency.published()
    assert set(agency.published().values()) == {1}


def test_the_position_is_the_end_of_the_last_window(
    exchange: Exchange, service: Service, tmp_path: Path
) -> None:
    """A later process asks for what is new alone, and what it finds twice is read once."""
    agency = new_agency(exchange, "XX-EMPOS")
    place = described(tmp_path, service, interval_seconds=1, lag_seconds=0, overlap_minutes=1)
    first = agency.run(place)
    searches = len(service.searches)
    second = agency.run(place)
    positions = [record.fields["cursor"] for record in agency.positions()]

    assert (COUNT, 0) == (first.totals.documents, second.totals.documents)
    assert {first.source.position(), second.source.position()} <= set(positions)
    assert None not in (first.source.position(), second.source.position())
    assert service.searches[searches]["startDate"] > "2026"
    # Numbers of manifests and credentials are in no position.
    everything = b"".join(record.all_bytes for record in (*agency.positions(), *agency.events()))
    assert re.search(rb"[0-9]{9}ELC|canary", everything) is None


def test_a_manifest_deleted_meanwhile_is_cancelled(
    exchange: Exchange, service: Service, tmp_path: Path
) -> None:
    """An announcement that was published and then deleted is cancelled by the same process."""
    agency = new_agency(exchange, "XX-EMDEL")
    place = described(tmp_path, service, ask_again_hours=0.0001)
    service.manifests = {}
    service.put(manifest(1, status="Scheduled", potentialShipDate="2025-03-25T00:00:00.000+0000"))
    run = agency.made(place)
    try:
        run.open()
        run.once()
        before = [record.fields["change"] for record in agency.events()]
        service.manifests.clear()
        # Long enough to count as silent.
        for _ in range(2):
            run.stop.wait(0.5)
            run.once()
    finally:
        run.close()
    changes = sorted(record.fields["change"] for record in agency.events())

    assert set(before) == {"REPORTED"}
    assert len(before) > 0
    assert ["CANCELLED"] * len(before) + before == changes
