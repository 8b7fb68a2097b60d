"""Two instances of one adapter, and an exchange that lacks something: clear errors, right exits."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import pytest
from confluent_kafka import Producer

from deploy import topics as deployed
from deploy.exchange.exchange import Exchange
from producers.run import Run, keep_running
from schemas import identity, topics
from schemas.errors import ContractError, FatalError, FencedError, RetriableError
from schemas.runtime import clients
from schemas.runtime.registry import Registry
from schemas.runtime.transaction import TransactionalWriter
from tests.support import agency as support
from tests.support import program
from tests.support.agency import SOURCE, Agency, kafka_of, ledger_topics, manifest, new_agency, write
from tests.support.hub import delete_topics
from tests.support.waiting import eventually

QUIET = ("--source-id", SOURCE, "--metrics-port", "0")


def writers(agency: Agency) -> tuple[TransactionalWriter, str]:
    """Return a writer that has fenced, and the topic it may write to."""
    writer = TransactionalWriter(agency.kafka, f"test.{agency.id}")
    writer.fence()
    return writer, topics.positions(agency.id)


def send(writer: TransactionalWriter, topic: str) -> None:
    """Send one record."""
    writer.send(topic, b"other\0key", b"\0\0\0\0\1body", [])


@pytest.mark.parametrize("moment", ["idle", "sending", "committing"])
def test_a_fenced_writer_says_so_wherever_it_is(exchange: Exchange, moment: str) -> None:
    """A second writer takes over, and whatever the first does next is the error that ends it for good."""
    agency = new_agency(exchange, f"XX-FEN{len(moment)}")
    first, topic = writers(agency)
    if moment != "idle":
        send(first, topic)
    second, _ = writers(agency)

    def go_on() -> None:
        deadline = time.monotonic() + 20
        while moment != "committing" and time.monotonic() < deadline:
            send(first, topic)
            time.sleep(0.05)
            if moment == "idle":
                break
        first.commit()

    with pytest.raises(FencedError, match="took over"):
        go_on()
    first.close()
    send(second, topic)
    second.commit()


def test_a_fenced_writer_closes_with_reports_on_their_way(exchange: Exchange) -> None:
    """A writer that learns in a produce that it is shut out closes well, and its error stays what it was."""
    agency = new_agency(exchange, "XX-FENREP")
    reports: list[object] = []
    first, topic = writers(agency)
    send(first, topic)

    def send_with_reports() -> None:
        for _ in range(3):
            first.send(topic, b"other\0key", b"\0\0\0\0\1body", [], report=lambda *told: reports.append(told))

    def go_on() -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            send_with_reports()

    # It may learn at once that it is shut out: then these are on their way.
    send_with_reports()
    writers(agency)
    with pytest.raises(FencedError, match="took over"):
        go_on()
    assert first.is_open
    first.close()

    assert reports


def test_an_instance_that_is_taken_over_exits_with_3(exchange: Exchange, tmp_path: Path) -> None:
    """A second instance fences the first, which exits with 3; what both read is published once."""
    agency = new_agency(exchange, "XX-FENCE")
    keys, folder = tmp_path / "keys", tmp_path / "in"
    identity.create(keys, range(2020, 2030))
    agency.keys = identity.load(keys)
    one = write(folder, "1.json", manifest(1))
    command = agency.command(folder, keys, *QUIET)
    with program.start(*command) as first:
        assert eventually(agency.events)
        two = write(folder, "2.json", manifest(2))
        agency.run(folder)
        write(folder, "3.json", manifest(3))
        _, log = first.communicate(timeout=120)

    assert first.returncode == 3, log
    assert b"another instance took over" in log
    assert b'"event": "ended"' in log
    assert b"Traceback" not in log
    assert agency.truth(one, two) == agency.published()


def test_a_transaction_that_the_broker_ended_is_no_take_over(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a long pause the broker has ended the transaction: the adapter starts again."""
    agency = new_agency(exchange, "XX-PAUSE")
    timeout_ms = 1_500
    monkeypatch.setattr(clients, "TRANSACTION_TIMEOUT_MS", timeout_ms)
    monkeypatch.setattr(
        clients,
        "producer",
        lambda kafka, name: Producer(
            {
                "bootstrap.servers": kafka.bootstrap_servers,
                "transactional.id": name,
                "transaction.timeout.ms": timeout_ms,
                "socket.timeout.ms": timeout_ms,
                "message.timeout.ms": timeout_ms,
                "log_level": 0,
            }
        ),
    )
    writer, topic = writers(agency)
    send(writer, topic)
    writer.flush()
    # Whoever reads to the end waits for the end of the transaction.
    assert support.committed(agency.kafka, topic) == []

    with pytest.raises(RetriableError, match="outlived"):
        writer.commit()


def test_a_missing_schema_is_told(exchange: Exchange, tmp_path: Path) -> None:
    """Without its schema the adapter stops before it writes and names the command that helps."""
    kafka = kafka_of(exchange)
    deployed.apply(kafka, (*ledger_topics(kafka), *topics.agency_topics("XX-NOSCHEMA")))
    with pytest.raises(ContractError, match="not registered") as caught:
        Agency(kafka, "XX-NOSCHEMA", "us-emanifest").run(tmp_path)

    assert "schemas apply" in caught.value.hint


def test_missing_topics_are_told(exchange: Exchange, tmp_path: Path) -> None:
    """Without its topics the adapter stops at once, names them, and creates none."""
    kafka = kafka_of(exchange)
    registry = Registry(kafka.registry_url)
    wanted = (*topics.exchange_topics()[:2], *topics.agency_topics("XX-NOTOPIC")[:2])
    for topic in (*wanted, topics.keys_topic()):
        registry.register(topic)
    delete_topics(kafka, [topics.MOVEMENTS, topics.SIGNATURES])
    with pytest.raises(FatalError, match="is missing") as caught:
        Agency(kafka, "XX-NOTOPIC", "us-emanifest").run(tmp_path)
    found = clients.admin(kafka).list_topics(timeout=10).topics
    deployed.apply(kafka, ledger_topics(kafka))

    assert all(topic.name in str(caught.value) for topic in wanted)
    assert not {topic.name for topic in wanted} & set(found)
    assert "topics apply" in caught.value.hint


def test_a_registry_that_is_away_is_waited_for(
    exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A registry that does not answer ends a single run with an error, and a lasting run goes on after it."""
    agency = new_agency(exchange, "XX-NOREG")
    write(tmp_path, "a.json", manifest(1))
    away = Agency(
        agency.kafka.model_copy(update={"registry_url": "http://127.0.0.1:9/apis"}), agency.id, agency.adapter
    )
    stop, tried = threading.Event(), list[Agency]()
    monkeypatch.setattr("producers.run.RETRY_SECONDS", 0.1)

    def prepared() -> Run:
        tried.append(away if len(tried) < 2 else agency)
        return tried[-1].made(
            tmp_path, stop=stop, on_step=lambda step: stop.set() if step == "committed" else None
        )

    with pytest.raises(RetriableError, match="registry"):
        keep_running(lambda: away.made(tmp_path), stop, once=True)
    totals = keep_running(prepared, stop, once=False)

    assert [away, away, agency] == tried
    assert totals.events == 6


def test_a_stop_ends_with_0_after_the_commit(exchange: Exchange, tmp_path: Path) -> None:
    """SIGTERM in the middle of a folder ends the adapter well, with what it read committed."""
    agency = new_agency(exchange, "XX-TERM")
    keys, folder, health = tmp_path / "keys", tmp_path / "in", tmp_path / "health"
    identity.create(keys, range(2020, 2030))
    agency.keys = identity.load(keys)
    one = write(folder, "1.json", [manifest(number) for number in range(20)])
    command = agency.command(folder, keys, "--health-file", str(health), *QUIET)
    with program.start(*command) as process:
        assert eventually(health.exists)
        process.send_signal(signal.SIGTERM)
        out, log = process.communicate(timeout=120)

    before = agency.published()
    agency.run(folder)

    assert (process.returncode, b'"events"' in out) == (0, True)
    assert b"Traceback" not in log
    assert sum(before.values()) > 0
    assert agency.truth(one) == agency.published()
