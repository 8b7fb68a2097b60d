"""The hub on a real exchange: what arrives, what is asked of it, and what goes away."""

from __future__ import annotations

import io
import json
import os
import threading
import time
from collections import Counter
from pathlib import Path

import fastavro
import pytest
from confluent_kafka import Message, TopicPartition
from confluent_kafka.admin import NewPartitions  # type: ignore[attr-defined]  # public, not listed in __all__

from consumers.hub import offline, questions
from deploy.exchange.exchange import Exchange
from schemas import contract, framing, topics
from schemas.errors import Awaited, ConfigurationError, FatalError, WeighbridgeError
from schemas.reasons import Reason
from schemas.runtime import clients
from tests.support import events, program
from tests.support import hub as support
from tests.support.agency import committed
from tests.support.hub import LedgerTopic, running
from tests.support.sealed import write_directory
from tests.support.signed import EVERYBODY, Scribe
from tests.support.waiting import eventually


@pytest.fixture
def ledger(exchange: Exchange) -> LedgerTopic:
    """Return an empty movements topic with three partitions."""
    return support.new_ledger(exchange)


def dead_letters(ledger: LedgerTopic) -> dict[bytes, dict[str, object]]:
    """Return the dead letters on the topic by key."""
    found = committed(ledger.kafka, topics.dead_letters("test"))
    return {_bytes(record.key()): _letter(record) for record in found}


def _letter(record: Message) -> dict[str, object]:
    body = io.BytesIO(_bytes(record.value())[framing.HEADER_BYTES :])
    letter = fastavro.schemaless_reader(body, contract.parsed("dead_letter"), None)
    assert isinstance(letter, dict)
    return letter


def _bytes(value: object) -> bytes:
    assert isinstance(value, bytes)
    return value


def test_every_event_is_stored_as_it_was_sent(ledger: LedgerTopic, tmp_path: Path) -> None:
    """What agencies publish stands in the file, field by field, once."""
    ledger.publish(events.movements(500))

    hub = ledger.run_to_end(tmp_path / "hub.duckdb")

    assert hub.totals.rows == 500
    stored = support.read(tmp_path / "hub.duckdb", "SELECT event_id, mass_g, stage, low_code FROM movement")
    sent = [(item["event_id"], item["mass_g"], item["stage"], item["low_code"]) for item in ledger.sent]
    assert Counter(stored) == Counter(sent)


def test_bad_records_become_dead_letters_and_the_stream_goes_on(ledger: LedgerTopic, tmp_path: Path) -> None:
    """Whatever is wrong with a record, its neighbours are stored and its coordinates are published."""
    file = tmp_path / "hub.duckdb"
    event = events.movement(1)
    key, value = event["movement_key"], events.encoded(event, ledger.schema_id)
    future = events.encoded(events.movement(1, occurred_on="2199-01-01"), ledger.schema_id)
    letter_schema_id = ledger.schema_ids["dead_letter"]
    bad = [
        (key, None, Reason.TOMBSTONE),
        (key, b"{}", Reason.UNFRAMED),
        (key, framing.prefix(987_654) + value[5:], Reason.SCHEMA_UNKNOWN),
        (key, framing.prefix(letter_schema_id) + value[5:], Reason.SCHEMA_FOREIGN),
        (key, value[:-4], Reason.BODY_CORRUPT),
        (b"another key 1234", value, Reason.KEY_MISMATCH),
        (key, future, Reason.DATE_IMPLAUSIBLE),
    ]
    for number, (bad_key, bad_value, _) in enumerate(bad):
        ledger.publish([events.movement(number + 10)], partition=0)
        ledger.publish_raw(bad_key, bad_value)
    ledger.publish([events.movement(99)], partition=0)

    hub = ledger.run_to_end(file)

    assert (hub.totals.rows, hub.totals.dead_letters) == (len(bad) + 1, len(bad))
    published = dead_letters(ledger)
    assert {letter["offset"]: letter["reasons"] for letter in published.values()} == {
        2 * number + 1: [reason] for number, (_, _, reason) in enumerate(bad)
    }
    assert support.read(file, "FROM outbox") == []
    (cluster,) = support.read(file, "SELECT cluster_id FROM identity")[0]
    assert f"{cluster}-{topics.MOVEMENTS}-0-1".encode() in published


def test_aborted_transactions_are_never_seen(ledger: LedgerTopic, tmp_path: Path) -> None:
    """An event whose transaction was aborted is in no table; the committed one after it is."""
    producer = clients.producer(ledger.kafka, "test.aborting")
    producer.init_transactions(30)
    for number, end in ((1, producer.abort_transaction), (2, producer.commit_transaction)):
        event, scribe = events.movement(number), Scribe(producer, ledger.schema_ids["signature"])
        producer.begin_transaction()
        value = events.encoded(event, ledger.schema_id)
        scribe.sign("GB-EA", scribe.write([(event["movement_key"], value)]))
        end(30)

    ledger.run_to_end(tmp_path / "hub.duckdb")

    stored = support.read(tmp_path / "hub.duckdb", "SELECT event_id FROM movement")
    assert stored == [(events.movement(2)["event_id"],)]


def test_running_hub_answers_and_changes_nothing(ledger: LedgerTopic, tmp_path: Path) -> None:
    """Status, queries and contributions come from the running hub; writes and files are out of reach."""
    file = tmp_path / "hub.duckdb"
    ledger.publish(events.movements(200))
    with running(ledger.hub(file)):
        assert eventually(lambda: offline.answered(file, "1GB", "status")["events"] == 200)
        answer = offline.answered(file, "1GB", "sql", query="SELECT count(*) AS n FROM latest")
        handed_over = offline.answered(file, "1GB", "contributions", path=str(tmp_path / "out.parquet"))

        assert answer == {"columns": ["n"], "rows": [[200]], "is_complete": True}
        assert sum(handed_over["cut"].values()) == 200
        assert (tmp_path / "out.parquet").stat().st_size > 0
        for query in ("DELETE FROM event", "SELECT 1; SELECT 2", "COPY event TO 'x.csv'", "FROM nowhere"):
            with pytest.raises(ConfigurationError):
                offline.answered(file, "1GB", "sql", query=query)
        with pytest.raises(ConfigurationError, match="disabled"):
            offline.answered(file, "1GB", "sql", query="FROM read_text('/etc/hostname')")

    assert json.dumps(offline.answered(file, "1GB", "status"))
    assert offline.answered(file, "1GB", "status")["events"] == 200


def test_terminated_hub_ends_well_and_the_file_answers(ledger: LedgerTopic, tmp_path: Path) -> None:
    """The command stores what is there, ends with status 0 on SIGTERM, and status works before and after."""
    file = tmp_path / "hub.duckdb"
    ledger.publish(events.movements(50))
    brokers, registry = ledger.kafka.bootstrap_servers, ledger.kafka.registry_url
    addresses = ["--bootstrap-servers", brokers, "--registry-url", registry, "--metrics-port", "0"]
    members = write_directory(tmp_path / "directory.toml", EVERYBODY)
    options = ["--name", "test", "--file", str(file), "--directory", str(members), *addresses]

    def status() -> dict[str, object]:
        done = program.run("hub", "status", "--file", file, "--json")
        return dict(json.loads(done.stdout)) if done.returncode == 0 else {}

    with program.start("hub", "run", *options, stderr=Path(os.devnull)) as process:
        is_stored = eventually(lambda: status().get("events") == 50)
        process.terminate()
        output, _ = process.communicate(timeout=120)

    assert is_stored
    assert process.returncode == 0
    assert json.loads(output)["rows"] == 50
    assert status()["dead_letters"] == 0


def test_second_hub_on_the_same_file_is_refused(ledger: LedgerTopic, tmp_path: Path) -> None:
    """The file belongs to one process; another one is told so, and the first goes on."""
    file = tmp_path / "hub.duckdb"
    with running(ledger.hub(file)):
        message = support.opened_elsewhere(file)

    assert "held by another process" in message


def test_file_of_another_topic_is_refused(exchange: Exchange, ledger: LedgerTopic, tmp_path: Path) -> None:
    """A topic that was made anew has other records at the same offsets: the file is not its own."""
    file = tmp_path / "hub.duckdb"
    ledger.publish(events.movements(10))
    ledger.run_to_end(file)
    again = support.new_ledger(exchange)

    with pytest.raises(ConfigurationError, match="another topic id"):
        again.run_to_end(file)

    assert support.read(file, "SELECT count(*) FROM event") == [(10,)]


def test_lost_registry_stops_nothing_that_is_known(ledger: LedgerTopic, tmp_path: Path) -> None:
    """A schema seen once stays in the file: later events are stored without a registry."""
    file = tmp_path / "hub.duckdb"
    ledger.publish(events.movements(10))
    ledger.run_to_end(file)
    ledger.publish(events.movements(10, start=10))
    ledger.kafka = ledger.kafka.model_copy(update={"registry_url": "http://127.0.0.1:9"})

    hub = ledger.run_to_end(file)

    assert (hub.totals.rows, hub.totals.dead_letters) == (10, 0)


def test_absent_registry_is_waited_for(ledger: LedgerTopic, tmp_path: Path) -> None:
    """While a new schema cannot be asked for, nothing is stored and nothing refused."""
    file = tmp_path / "hub.duckdb"
    ledger.publish(events.movements(10))
    registry_url = ledger.kafka.registry_url
    ledger.kafka = ledger.kafka.model_copy(update={"registry_url": "http://127.0.0.1:9"})
    waiting = ledger.hub(file)
    with running(waiting):
        assert eventually(lambda: Awaited.REGISTRY in waiting.health.awaited)
    ledger.kafka = ledger.kafka.model_copy(update={"registry_url": registry_url})

    hub = ledger.run_to_end(file)

    assert (waiting.totals.rows, waiting.totals.dead_letters) == (0, 0)
    assert (hub.totals.rows, hub.totals.dead_letters) == (10, 0)


def test_new_partition_is_noticed(
    ledger: LedgerTopic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partition added while the hub runs is read from its beginning."""
    monkeypatch.setattr("consumers.hub.hub.LOOK_INTERVAL_SECONDS", 1.0)
    ledger.publish(events.movements(10))
    file = tmp_path / "hub.duckdb"
    with running(ledger.hub(file)) as hub:
        assert eventually(lambda: hub.totals.rows == 10)
        admin = clients.admin(ledger.kafka)
        for topic in (topics.MOVEMENTS, topics.SIGNATURES):
            admin.create_partitions([NewPartitions(topic, 4)])[topic].result()
        ledger.reconnect()
        ledger.publish(events.movements(5, start=10), partition=3)

        assert eventually(lambda: hub.totals.rows == 15)

    assert support.read(file, "SELECT kafka_offset FROM next_offset WHERE kafka_partition = 3") == [(5,)]


def test_offset_that_is_gone_stops_the_hub(ledger: LedgerTopic, tmp_path: Path) -> None:
    """A topic that lost records the hub has not read ends it; it never skips them silently."""
    file = tmp_path / "hub.duckdb"
    ledger.publish(events.movements(10), partition=0)
    ledger.run_to_end(file)
    ledger.publish(events.movements(20, start=10), partition=0)
    admin = clients.admin(ledger.kafka)
    for future in admin.delete_records([TopicPartition(topics.MOVEMENTS, 0, 20)]).values():
        future.result()

    with pytest.raises(FatalError, match="no longer holds the offset"):
        ledger.run_to_end(file)

    assert support.read(file, "SELECT count(*) FROM event") == [(10,)]


@pytest.mark.embedded
def test_broker_that_goes_and_comes_back_is_waited_for(
    exchange: Exchange, ledger: LedgerTopic, tmp_path: Path
) -> None:
    """A killed broker stops nothing for good: the hub goes on when it is back, each event once."""
    file = tmp_path / "hub.duckdb"
    ledger.publish(events.movements(100))
    with running(ledger.hub(file)) as hub:
        assert eventually(lambda: hub.totals.rows == 100)
        exchange.kill_broker()
        time.sleep(2)
        exchange.restart_broker()
        ledger.publish(events.movements(100, start=100))

        assert eventually(lambda: hub.totals.rows == 200)

    assert support.read(file, "SELECT count(*), count(DISTINCT event_id) FROM movement") == [(200, 200)]


def test_a_long_query_does_not_hold_up_the_end_of_a_hub(ledger: LedgerTopic, tmp_path: Path) -> None:
    """A hub that is told to stop ends the queries it is answering, and whoever asked is told."""
    file = tmp_path / "hub.duckdb"
    answers: list[object] = []
    endless = "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 3"

    def ask() -> None:
        try:
            answers.append(offline.answered(file, "1GB", "sql", query=endless))
        except WeighbridgeError as error:
            answers.append(error)

    with running(ledger.hub(file)):
        # What a first question prepares, the next one has at once.
        offline.answered(file, "1GB", "sql", query="SELECT 1")
        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(1.0)
        began = time.monotonic()
    asking.join(120)

    assert time.monotonic() - began < questions.SECONDS_MAX
    assert isinstance(answers[0], WeighbridgeError)
    assert offline.answered(file, "1GB", "status")["events"] == 0
