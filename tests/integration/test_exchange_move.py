"""An exchange moved to another cluster: what was signed, released and published there holds here."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator

import pytest

from deploy.copying.copying import Copying
from deploy.exchange.exchange import Exchange, running_exchange
from schemas import topics
from schemas.errors import ContractError
from schemas.runtime import clients
from schemas.settings import KafkaSettings
from tests.chaos.newcomer import Newcomer
from tests.support import program, sealed
from tests.support.agency import kafka_of, manifest, write
from tests.support.runbook import blocks, shell
from tests.support.site import AGENCY, Site, done, empty

pytestmark = pytest.mark.embedded

_STOPPED = 130
EXACT = topics.MOVEMENTS, topics.SIGNATURES, topics.AGGREGATES, topics.RELEASES


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """Run the cluster that exchanges are moved to."""
    with running_exchange(tmp_path_factory.mktemp("target")) as running:
        yield running


def write_in_transactions(site: Site) -> None:
    """Have the ledger hold what real ones hold: several transactions, and aborted ones between them."""
    for number in range(3):
        write(site.desk / "inbox", f"part-{number}.json", [manifest(number), manifest(number + 10)])
        site.publish()
    aborted = clients.producer(site.kafka, "test.aborted")
    aborted.init_transactions(30)
    for count in (1, 3):
        aborted.begin_transaction()
        for partition in range(4):
            for _ in range(count):
                aborted.produce(topics.MOVEMENTS, key=b"key", value=b"never seen", partition=partition)
        aborted.flush(30)
        aborted.abort_transaction(30)
    site.publish()


def settings_of(kafka: KafkaSettings) -> str:
    """Return the section of a settings file that says how to reach a cluster."""
    return (
        f'[kafka]\nbootstrap_servers = "{kafka.bootstrap_servers}"\nregistry_url = "{kafka.registry_url}"\n\n'
    )


def test_an_exchange_is_moved(site: Site, target: Exchange) -> None:
    """Offsets, figures and releases are the same; adapters go on and publish nothing again."""
    write_in_transactions(site)
    done(site, "hub", "run", "--until-end")
    done(site, "release", "run")
    before, facts = site.records(*EXACT), site.facts("north.duckdb")
    own = (site.desk / "weighbridge.toml").read_text()
    (site.desk / "old.toml").write_text(settings_of(site.kafka))
    (site.desk / "new.toml").write_text(settings_of(kafka_of(target)))
    empty(target)
    registries = {
        name: url.partition("/apis")[0]
        for name, url in (("OLD_REGISTRY", site.exchange.registry_url), ("NEW_REGISTRY", target.registry_url))
    }
    said = {}
    with shell(site.desk, registries) as terminal:
        for block in blocks("exchange-move.md"):
            if block.kind == "moved":
                (site.desk / "weighbridge.toml").write_text(settings_of(kafka_of(target)) + own)
            said[block.kind] = terminal.follow(block)
    moved = Site(target, site.desk)
    published = json.loads(said["adapters"])

    assert any(offsets_missing(records) for records in before.values())
    assert moved.records(*EXACT) == before
    assert moved.facts("north.duckdb") == facts
    assert f"{AGENCY}: " in said["moved"]
    assert "1 releases, 0 findings" in said["moved"]
    assert published["events"] == 0
    assert site.records(*EXACT) == before


def offsets_missing(records: list[tuple[object, ...]]) -> bool:
    """Say whether some offsets of a topic hold nothing that is seen."""
    by_partition: dict[object, list[object]] = {}
    for partition, offset, *_ in records:
        by_partition.setdefault(partition, []).append(offset)
    return any(found != [*range(len(found))] for found in by_partition.values())


def copying(site: Site, target: Exchange) -> Copying:
    """Return a copy to a cluster that has the same registry."""
    there = kafka_of(target).model_copy(update={"registry_url": site.exchange.registry_url})
    return Copying(site.kafka, there)


def test_a_copy_that_is_killed_goes_on(site: Site, target: Exchange) -> None:
    """Killed and stopped at any moment, it is whole in the end, offset by offset."""
    write_in_transactions(site)
    empty(target)
    (site.desk / "old.toml").write_text(settings_of(site.kafka))
    (site.desk / "new.toml").write_text(settings_of(copying(site, target).target))
    ends = list[int]()
    for seconds, number in ((3.0, signal.SIGKILL), (4.0, signal.SIGTERM), (5.0, signal.SIGKILL)):
        process = program.start(
            "topics", "copy", "--source", "old.toml", "--target", "new.toml", cwd=site.desk,
            stderr=site.desk / "copy.log",
        )  # fmt: skip
        with process:
            time.sleep(seconds)
            process.send_signal(number)
            ends.append(process.wait(60))
    count = copying(site, target).copy()
    everything = [*EXACT, topics.KEYS, topics.positions(AGENCY), topics.sealed(AGENCY)]

    # A signal that comes before the program is up ends it by itself.
    assert {*ends} <= {0, _STOPPED, -signal.SIGTERM, -signal.SIGKILL}
    assert {*ends} != {0}
    assert count > 0
    assert Site(target, site.desk).records(*EXACT) == site.records(*EXACT)
    assert {name: len(found) for name, found in Site(target, site.desk).records(*everything).items()} == {
        name: len(found) for name, found in site.records(*everything).items()
    }


def test_a_target_that_has_something_else_is_refused(site: Site, target: Exchange) -> None:
    """Records of another exchange, and ids of other schemas, are told before anything is written."""
    empty(target)
    Newcomer(site.kafka, AGENCY, sealed.keys_of(AGENCY), {}).upgrade()
    with pytest.raises(ContractError, match="registry of the target differs"):
        Copying(site.kafka, kafka_of(target)).planned()
    copying(site, target).copy()
    other = clients.producer(kafka_of(target), "test.other")
    other.init_transactions(30)
    other.begin_transaction()
    other.produce(topics.MOVEMENTS, key=b"key", value=b"of another one", partition=0)
    other.commit_transaction(30)
    held = Site(target, site.desk).records(topics.MOVEMENTS)
    with pytest.raises(ContractError, match=r"weighbridge\.movements 0 at the target"):
        copying(site, target).copy()

    assert Site(target, site.desk).records(topics.MOVEMENTS) == held
