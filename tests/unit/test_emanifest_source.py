"""The e-Manifest source against a service that expires, refuses, waits and forgets; without a broker."""

from __future__ import annotations

import io
import json
import logging
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stamina
from pydantic import SecretStr

from producers.adapters.us_emanifest import UsEmanifest
from producers.sources import http_service
from producers.sources.emanifest import Emanifest, EmanifestDescription
from producers.sources.emanifest_service import EmanifestService
from producers.sources.http_service import HttpService
from producers.sources.source import RefusedError
from schemas.errors import ConfigurationError, FatalError, RetriableError, WeighbridgeError
from schemas.runtime import logs
from tests.support.agency import manifest
from tests.support.emanifest_server import API_ID, API_KEY, Service, serving

NOW = datetime(2025, 3, 21, tzinfo=UTC)
OPEN: list[Emanifest] = []
NUMBERS = [f"{number:09d}ELC" for number in range(10)]


class Clock:
    """A clock that stands until it is moved."""

    at = NOW

    def __call__(self) -> datetime:
        """Return the instant."""
        return self.at


@pytest.fixture
def service() -> Iterator[Service]:
    """Return a running service with ten manifests of 20 March."""
    made = Service()
    for number in range(10):
        made.put(manifest(number))
    with serving(made) as running:
        yield running
        while OPEN:
            OPEN.pop().close()


@pytest.fixture
def impatient() -> Iterator[None]:
    """Repeat without pauses."""
    stamina.set_testing(True, attempts=4)
    yield
    stamina.set_testing(False)


def asking(service: Service, clock: Clock | None = None, key: str = API_KEY, **more: Any) -> Emanifest:
    """Return a source that has read nothing yet."""
    values: dict[str, Any] = {
        "since": datetime(2025, 3, 20, tzinfo=UTC),
        "state_code": "VA",
        "requests_per_second": 1000.0,
    }
    description = EmanifestDescription(kind="emanifest", url=service.url, **(values | more))
    http = HttpService(description.url, description.requests_per_second)
    credentials = SecretStr(API_ID), SecretStr(key)
    service_of = EmanifestService(http, *credentials, description.area)
    OPEN.append(Emanifest(description, service_of, clock or Clock()))
    return OPEN[-1]


def look(source: Emanifest) -> dict[str, Any]:
    """Return what one look hands out: documents, or the rule that refuses them."""
    found = {}
    for resource in source.touched():
        if resource is not None:
            try:
                found[resource.name] = json.loads(resource.open().read())
            except RefusedError as error:
                found[resource.name] = error.rule
    return found


def first_look(service: Service, **more: Any) -> dict[str, Any]:
    """Return what a source hands out that starts anew."""
    source = asking(service, **more)
    source.start(None)
    return look(source)


def test_what_was_updated_is_fetched_as_it_is(service: Service) -> None:
    """Every manifest of a window comes as the service gives it, and the position is the window's end."""
    source = asking(service)
    source.start(None)
    before = source.position()

    assert service.manifests == look(source)
    assert (before, source.position()) == (None, "2025-03-20T23:59:00+00:00")
    assert service.asked["auth"] == 1


def test_a_window_that_is_not_read_to_its_end_is_read_again(service: Service) -> None:
    """A process that stops within a window goes on at its beginning."""
    source = asking(service)
    source.start(None)
    resources = source.touched()
    handed_out = [resource for resource in (next(resources) for _ in range(15)) if resource is not None]
    resources.close()

    assert 0 < len(handed_out) < 10
    assert source.position() is None


def test_windows_follow_and_overlap(service: Service) -> None:
    """A window starts before the end of the last, is no longer than it may be, and waits until it is due."""
    clock = Clock()
    source = asking(service, clock, window_hours=12, look_back_days=0)
    source.start("2025-03-20T06:00:00+00:00")
    look(source)
    for seconds in (299, 1):
        clock.at += timedelta(seconds=seconds)
        look(source)
    windows = [(item["startDate"], item["endDate"]) for item in service.searches if "status" not in item]

    assert [
        ("2025-03-20T05:45:00.0+00:00", "2025-03-20T18:00:00.0+00:00"),
        ("2025-03-20T17:45:00.0+00:00", "2025-03-20T23:59:00.0+00:00"),
        ("2025-03-20T23:44:00.0+00:00", "2025-03-21T00:04:00.0+00:00"),
    ] == windows


@pytest.mark.parametrize("life", [{"tokens_live": 3}, {"token_seconds": 59.0}])
def test_a_token_that_expires_is_replaced(service: Service, life: dict[str, Any]) -> None:
    """A token is replaced before the date it tells, and when the service takes it no more."""
    for name, value in life.items():
        setattr(service, name, value)

    assert service.manifests == first_look(service)
    assert service.asked["auth"] > 3


def test_wrong_credentials_are_tried_once(service: Service) -> None:
    """A refusal ends the process: a third attempt would lock the API ID."""
    with pytest.raises(ConfigurationError, match="refuses the API ID: status 401, E_SecurityApi") as caught:
        first_look(service, key="wrong")

    assert "WEIGHBRIDGE_SOURCE__API_KEY" in caught.value.hint
    assert service.asked["auth"] == 1


def test_the_service_is_left_alone_when_it_asks_to_wait(service: Service) -> None:
    """Retry-After is heeded, and the loop turns meanwhile, so that nothing is held open."""
    service.troubles = [(429, {}, {"Retry-After": "1"}), (503, {}, {"Retry-After": "1"})]
    source = asking(service)
    source.start(None)
    started = time.monotonic()
    turns = sum(resource is None for resource in source.touched())

    assert time.monotonic() - started >= 2
    assert turns >= 13
    assert set(service.asked) == {"auth", *NUMBERS}


def test_what_fails_for_a_moment_is_asked_again(service: Service, impatient: None) -> None:
    """Errors of the service and slow answers cost an attempt and nothing else."""
    assert impatient is None
    service.troubles = [(500, {}, {}), (502, "no JSON", {}), 0.2, (503, {}, {}), (500, {}, {}), (504, {}, {})]

    assert service.manifests == first_look(service)


def test_a_service_that_stays_away_is_retriable(service: Service, impatient: None) -> None:
    """After some attempts the run starts anew from what is committed."""
    assert impatient is None
    service.troubles = [(500, {}, {})] * 20
    with pytest.raises(RetriableError, match="the service: status 500"):
        first_look(service)
    service.url = "http://127.0.0.1:9"
    with pytest.raises(RetriableError, match="the service: ConnectError"):
        first_look(service)


def test_a_manifest_that_vanishes_is_cancelled(service: Service) -> None:
    """Deleted between search and fetch, it comes as the envelope by which the adapter cancels it."""
    service.on_search = lambda: service.manifests.pop(NUMBERS[3], None)
    source = asking(service)
    source.start(None)
    (envelope,) = (item for item in source.touched() if item is not None and item.name == NUMBERS[3])
    (reading,) = UsEmanifest({}).read(envelope.open())

    assert reading.identity is not None
    assert (NUMBERS[3], NOW) == (reading.identity.document_id, reading.identity.recorded_at)
    assert (reading.statements, reading.findings, reading.is_draft) == ((), (), False)


def test_a_manifest_updated_after_the_search_comes_as_it_is_now(service: Service) -> None:
    """The newest version is fetched, whatever was found."""
    service.on_search = lambda: service.put(manifest(3, 7))

    assert manifest(3, 7) == first_look(service)[NUMBERS[3]]


def test_announced_manifests_that_are_silent_are_asked_for_again(service: Service) -> None:
    """One that may be deleted is asked for again after a day; what has moved on is left alone."""
    clock = Clock()
    service.put(manifest(1, status="Scheduled"))
    service.put(manifest(2, status="Scheduled"))
    source = asking(service, clock)
    source.start(None)
    look(source)
    del service.manifests[NUMBERS[1]]
    clock.at += timedelta(hours=23)
    early = look(source)
    clock.at += timedelta(hours=1)
    service.put(manifest(2, status="Signed"))
    late = look(source)
    clock.at += timedelta(hours=24)

    assert early == {}
    assert ["E_ManifestTrackingNumberNotFound", "Signed"] == [
        late[NUMBERS[1]]["body"]["code"],
        late[NUMBERS[2]]["status"],
    ]
    assert set(late) == {NUMBERS[1], NUMBERS[2]}
    assert look(source) == {}


def test_after_a_start_announced_manifests_are_found_again(service: Service) -> None:
    """Their numbers stand in no position: the service is asked which manifests may be deleted yet."""
    service.put(manifest(1, status="Scheduled"))
    source = asking(service, look_back_days=30)
    source.start("2025-03-20T23:59:00+00:00")
    found = look(source)

    assert {NUMBERS[1]: service.manifests[NUMBERS[1]]} == found
    assert ["Pending", "Scheduled", "ReadyForSignature"] == [item["status"] for item in service.searches]
    assert {"2025-02-18T23:59:00.0+00:00"} == {item["startDate"] for item in service.searches}


def test_a_manifest_that_is_not_given_hides_no_other(service: Service) -> None:
    """What this user may not see is one reject."""
    original = service.manifests.pop(NUMBERS[0])
    service.troubles = [(200, [NUMBERS[0], NUMBERS[1]], {}), (403, {"code": "E_SitePermissions"}, {})]

    assert {NUMBERS[0]: "source.refused", NUMBERS[1]: service.manifests[NUMBERS[1]]} == first_look(service)
    assert original


def test_a_search_that_is_refused_names_the_code(service: Service) -> None:
    """What is wrong with the search is said once, with the service's code and no other text of it."""
    with pytest.raises(ConfigurationError, match="status 400, E_InvalidStateCode"):
        first_look(service, state_code="ZZ")


def test_an_endless_answer_is_cut_off(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer beyond all measure never fills the memory."""
    monkeypatch.setattr(http_service, "ANSWER_BYTES_MAX", 100)
    with pytest.raises(FatalError, match="larger than"):
        first_look(service)


def test_requests_are_paced(service: Service) -> None:
    """No more requests are sent in a second than allowed."""
    started = time.monotonic()
    first_look(service, requests_per_second=50.0)

    assert time.monotonic() - started >= 11 / 50


@pytest.mark.parametrize(
    ("named", "seconds"),
    [
        ("7", 7),
        ("999999999", 3600),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("soon", 30),
        ("-5", 30),
        ("\u0663", 30),
        (None, 30),
    ],
)
def test_how_long_to_wait_is_read_with_care(named: str | None, seconds: float) -> None:
    """Seconds and dates are understood; nonsense is half a minute, and nothing is longer than an hour."""
    assert http_service._seconds(named) == seconds  # noqa: SLF001  # the cases are cheap to try here


@pytest.mark.parametrize("case", ["refused", "failing", "unreachable", "waiting", "well"])
def test_credentials_and_numbers_are_in_no_log_and_no_error(
    service: Service, impatient: None, case: str
) -> None:
    """Whatever happens, and however much libraries log: no key, token or number is written anywhere."""
    assert impatient is None
    written = io.StringIO()
    root, handler = logging.getLogger(), logging.StreamHandler(written)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    logs.configure(written)
    if case == "failing":
        service.troubles = [(500, {}, {})] * 20
    elif case == "waiting":
        service.troubles = [(429, {}, {"Retry-After": "0"}), (500, {}, {})]
    elif case == "unreachable":
        service.url = "http://127.0.0.1:9"
    try:
        first_look(service, key=f"wrong {API_KEY}" if case == "refused" else API_KEY)
    except WeighbridgeError as error:
        written.write("".join(traceback.format_exception(error)) + repr(error) + error.hint)
        assert case in {"refused", "failing", "unreachable"}
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    text = written.getvalue()

    assert ("" == text) == (case == "well")
    # Three digits alone may stand in any instant.
    for secret in ("canary", "-555", "/555", "%2F555", *NUMBERS):
        assert secret not in text
