"""Attack: read everything that leaves an exchange at work, and look for what documents keep to themselves.

Each place of every document holds a text of its own in one copy; adapters, broker, registry,
hub, releases and their bundle, reports and failures are then searched for these texts and their
hashes, and for the secret keys of all.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL

import pytest

from deploy.exchange.exchange import running_exchange
from producers import adapter as adapters
from schemas.identity import DEMONSTRATION_KEYS
from tests.support import canary_world
from tests.support.canary_world import World, canary
from tests.support.exposition import strangers
from tests.support.leaky_adapter import RAISED, STATED
from tests.support.needles import Needles

_RELEASE = (
    *("keys create --hub", "release run", "release show", "release plan", "release bundle", "release verify"),
    "subscribe",
)
_DECISION_FILES = ("contributions.parquet", "observations.parquet", "block.parquet", "certificates.json")
# It reads the broker's own files.
pytestmark = pytest.mark.embedded


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return an exchange of its own after a day of work, and all that came out of it."""
    folder = tmp_path_factory.mktemp("canaries")
    with running_exchange(tmp_path_factory.mktemp("exchange")) as exchange:
        world = World(folder, exchange)
        canary_world.build(world)
        yield world


def test_nothing_confidential_leaves(world: World) -> None:
    """No topic, file of broker or hub, bundle, log, metric, report, help or error holds any of it."""
    assert {} == world.leaks()


def test_the_search_is_not_empty(world: World) -> None:
    """Canaries stand in every place, every adapter published and rejected, and every output is there."""
    outputs = world.outputs

    assert world.canaries > 1_500
    assert [name for name, count in world.published.items() if count < 20] == []
    assert [
        name for name in adapters.available() if not outputs[f"topic {canary_world.rejects_of(name)}"]
    ] == []
    assert [name for name in adapters.available() if b"_total{" not in outputs[f"metrics of {name}"]] == []
    assert all(
        outputs[name] for name in outputs if name.startswith(("topic weighbridge.m", "report", "convert"))
    )
    assert any(name.endswith(".log") and data for name, data in outputs.items() if "movements" in name)
    assert any(name.endswith(".wal") for name in outputs)
    assert b"FREE" in outputs["subscribe"] or b"CONFIDENTIAL" in outputs["subscribe"]
    assert outputs["leaky adapters"].count(b"ended") == len(RAISED) + len(STATED)
    assert outputs["leaky adapters"].count(b"adapter.failed") > len(RAISED)


def test_metrics_say_what_is_on_lists_and_nothing_else(world: World) -> None:
    """Adapters and hub show metrics of the closed list, with labels of members, settings and closed lists."""
    names = {*adapters.available()}
    agencies = {canary_world.agency_of(name) for name in names}
    found = {name: text.decode() for name, text in world.outputs.items() if name.startswith("metrics of")}

    assert len(found) == len(names) + 1
    for name, exposition in found.items():
        assert exposition, name
        assert [] == strangers(exposition, agencies=agencies, sources=names, hubs={canary_world.HUB}), name


def test_all_of_a_release_is_searched(world: World) -> None:
    """Files of a release that was killed, a bundle with certificates, and what commands say are there."""
    outputs = world.outputs

    assert world.ended["release that is killed"] == -SIGKILL
    assert [name for name in _RELEASE if world.ended[name] or not outputs[name].strip()] == []
    assert b" 0 findings" in outputs["release verify"]
    for place in ("killed hub's hub.duckdb.release/", "bundle's "):
        taken = {Path(name).name: data for name, data in outputs.items() if name.startswith(place)}
        assert [name for name in _DECISION_FILES if not taken[name]] == []


def test_what_had_to_fail_failed(world: World) -> None:
    """Each failure that was brought about did come about: its process ended with an error of ours."""
    failures = ("away", "corrupt", "full disk", "other keys")
    ended = {name: status for name, status in world.ended.items() if any(word in name for word in failures)}

    assert [name for name, status in ended.items() if status not in {1, 2}] == []
    assert [name for name in ended if b"Error:" not in world.outputs[name]] == []
    assert b"record." in world.outputs["hub status after rubbish"]


def test_the_authority_opens_what_nobody_else_sees(world: World) -> None:
    """What documents say to authorities alone, its recipient reads, of every adapter that seals."""
    lost = {
        name: (len(texts), sum(text in world.opened[name] for text in texts))
        for name, texts in world.sealed.items()
        if texts and not any(text in world.opened[name] for text in texts)
    }

    assert {} == lost
    assert sum(map(len, world.sealed.values())) > 100


def test_a_careless_exchange_is_found_out() -> None:
    """The same search finds a secret in clear, in every spelling and hash, in a stand-in's output."""
    needles = Needles()
    needles.add(canary(1))
    needles.add_company("SIRET", "80014942000033")
    needles.add_key("of a hub", bytes(range(32)))
    secret = canary(1).encode()
    pseudonym = DEMONSTRATION_KEYS.pseudonym_of("SIRET", "80014942000033", 2026)
    careless = (
        secret,
        canary(1).encode("utf-16-le"),
        secret.hex().encode(),
        secret[::-1],
        base64.b64encode(b"x" + secret + b"x"),
        base64.b64encode(b"xy" + secret + b"x"),
        hashlib.md5(secret, usedforsecurity=False).hexdigest().encode(),
        hashlib.sha256(secret).digest(),
        hashlib.sha256(secret).digest()[:16],
        hashlib.blake2b(secret, digest_size=16).digest(),
        pseudonym,
        pseudonym.hex().encode(),
        b"80014942000033",
        bytes(range(32)),
        bytes(range(32)).hex().encode(),
        base64.b64encode(b"x" + bytes(range(32)) + b"x"),
    )

    missed = [output for output in careless if not needles.found(b"before " + output + b" behind")]

    assert [] == missed
    assert not needles.found(b"before " + canary(2).encode() + b" behind")
