"""Attack: a schema or a model changes, and a field travels that nobody decided about.

Each attack runs against the product, which refuses to start, and against a stand-in without
the check, where the secret is then found on the topic.
"""

from __future__ import annotations

import io
import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import fastavro
import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from pydantic import BaseModel, ConfigDict, create_model

from deploy import topics as deployed
from deploy.exchange.exchange import Exchange
from producers.reading.native_model import Native
from schemas import contract, framing, identity, policy
from schemas.confidentiality import (
    HEADER_CLASSES,
    KEY_CLASSES,
    Confidentiality,
    avro_leaves,
    model_leaves,
    require_classes,
)
from schemas.errors import ContractError
from schemas.headers import cloud_event
from schemas.runtime.registry import Registry
from schemas.runtime.transaction import TransactionalWriter
from schemas.settings import KafkaSettings
from schemas.topics import Topic
from tests.support import events
from tests.support.agency import ROOT, committed, kafka_of
from tests.support.lying_registry import lying_registry
from tests.support.schema_mutations import FIELD, FOREIGN, UNDECIDED, mutated
from tests.support.sealed import directory_beside

CANARY = "Canary Meadow Metals plc"
# What an agency may tell the client to do otherwise.
CLIENTS: dict[str, dict[str, str]] = {
    "as it is": {},
    "careless": {"compression.type": "none", "acks": "1", "client.id": "laptop"},
    "talkative": {"debug": "msg,protocol", "log_level": "7", "statistics.interval.ms": "50"},
}
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def refused(exchange: Exchange) -> Topic:
    """Return the topic on which nothing may ever be seen."""
    return new_topic(exchange)


def new_topic(exchange: Exchange) -> Topic:
    """Make a topic of movements of the test's own."""
    made = Topic(f"weighbridge.attack-{next(NUMBERS)}", "movement", 1)
    deployed.apply(kafka_of(exchange), [made])
    return made


def publish(kafka: KafkaSettings, topic: Topic, event: dict[str, Any], schema: Any) -> None:
    """Write an event as a careless developer's adapter does: every field that its schema has."""
    schema_id = Registry(kafka.registry_url).id_to_write(topic)
    writer = TransactionalWriter(kafka, f"attack.{topic.name}")
    writer.fence()
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(schema), event)
    value = framing.prefix(schema_id) + body.getvalue()
    headers = cloud_event(event["event_id"], "XX-TEST", "Movement", event["occurred_on"])
    writer.send(topic.name, event["movement_key"], value, headers)
    writer.commit()


def event_with(note: Any) -> dict[str, Any]:
    """Return an event that has one field too many."""
    return events.movement(1) | {FIELD: note}


def ship(monkeypatch: pytest.MonkeyPatch, schema: Any) -> None:
    """Put a schema into the package in place of the movement's."""
    real = contract.versions
    monkeypatch.setattr(
        contract, "versions", lambda record: (schema,) if record == "movement" else real(record)
    )


def unguard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build the stand-in: nothing is checked at start."""
    monkeypatch.setattr(policy, "require_contract", lambda: None)
    monkeypatch.setattr(policy, "require_same", lambda *_: None)


def on_wire(kafka: KafkaSettings, topic: Topic) -> bytes:
    """Return everything that is on the topic."""
    return b"".join(
        (record.value() or b"") + (record.key() or b"") for record in committed(kafka, topic.name)
    )


@pytest.mark.parametrize("name", UNDECIDED)
def test_an_undecided_field_stops_the_start(
    exchange: Exchange, refused: Topic, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whatever is added to the schema without a class of its own, and however the client is set: no start."""
    schema = mutated(UNDECIDED[name])
    ship(monkeypatch, schema)
    for client in CLIENTS.values():
        kafka = kafka_of(exchange).model_copy(update={"client": client})
        with pytest.raises(ContractError, match=r"no confidentiality class|may not travel"):
            publish(kafka, refused, event_with(CANARY), schema)
    with pytest.raises(ContractError):
        Registry(exchange.registry_url).register(refused)

    assert b"" == on_wire(kafka_of(exchange), refused)


@pytest.mark.parametrize("client", CLIENTS)
def test_without_the_check_the_field_travels(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, client: str
) -> None:
    """The same attack on a stand-in that checks nothing puts the secret onto the topic."""
    topic = new_topic(exchange)
    kafka = kafka_of(exchange).model_copy(update={"client": CLIENTS[client]})
    schema = mutated(UNDECIDED["a field without a class"])
    ship(monkeypatch, schema)
    unguard(monkeypatch)
    Registry(kafka.registry_url).register(topic)

    publish(kafka, topic, event_with(CANARY), schema)

    assert CANARY.encode() in on_wire(kafka, topic)


@pytest.mark.parametrize("name", FOREIGN)
def test_a_registry_with_other_classes_stops_the_start(exchange: Exchange, refused: Topic, name: str) -> None:
    """A registry that returns other fields, types or classes than this release's is refused."""
    with lying_registry(mutated(FOREIGN[name])) as url:
        kafka = kafka_of(exchange).model_copy(update={"registry_url": url})
        with pytest.raises(ContractError, match="the registry") as raised:
            publish(kafka, refused, events.movement(1), contract.latest("movement"))

    assert raised.value.hint
    assert b"" == on_wire(kafka_of(exchange), refused)


def test_without_the_check_a_lying_registry_is_believed(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same attack on a stand-in that compares nothing is published under a schema without classes."""
    topic = new_topic(exchange)
    unguard(monkeypatch)
    with lying_registry(mutated(FOREIGN["no class at all"])) as url:
        kafka = kafka_of(exchange).model_copy(update={"registry_url": url})
        publish(kafka, topic, events.movement(1), contract.latest("movement"))

    assert len(committed(kafka_of(exchange), topic.name)) == 1


@pytest.mark.parametrize("answer", ['"string"', "[]", "{}", '{"type": "record"}', "1"])
def test_a_registry_that_returns_nonsense_stops_the_start(refused: Topic, answer: str) -> None:
    """What is no schema of a record is refused, with an error of ours."""
    with lying_registry(answer) as url, pytest.raises(ContractError):
        Registry(url).id_to_write(refused)


def test_a_real_registry_that_lost_the_classes_stops_the_start(exchange: Exchange) -> None:
    """Registered without attributes, which no compatibility check notices, the schema is not written by."""
    topic = Topic("weighbridge.attack-stripped", "movement", 1)
    stripped = json.dumps(mutated(FOREIGN["no class at all"]))
    with SchemaRegistryClient({"url": exchange.registry_url}) as client:
        client.register_schema(f"{topic.name}-value", Schema(stripped, "AVRO"))

    with pytest.raises(ContractError):
        Registry(exchange.registry_url).id_to_write(topic)


PROGRAM = """
import json, sys
from schemas import contract
schema = json.loads(sys.argv.pop(1))
real = contract.versions
contract.versions = lambda record: (schema,) if record == "movement" else real(record)
from deploy.cli import main
main()
"""


@pytest.mark.parametrize(
    "command",
    [
        ["adapter", "run", "us-emanifest", "IN", "--agency", "XX-DENY", "--keys", "KEYS", "--once"],
        ["hub", "run", "--name", "deny", "--file", "deny.duckdb", "--until-end"],
        ["schemas", "apply", "--agency", "XX-DENY"],
    ],
    ids=["adapter", "hub", "registration"],
)
def test_every_process_that_writes_refuses_to_start(
    exchange: Exchange, tmp_path: Path, command: list[str]
) -> None:
    """As programs, adapter, hub and registration end with an error that names the field, before any work."""
    (tmp_path / "IN").mkdir()
    identity.create(tmp_path / "KEYS", [2026])
    directory_beside(tmp_path / "KEYS", "XX-DENY")
    reached = ["--registry-url", exchange.registry_url]
    if command[0] != "schemas":
        reached += ["--bootstrap-servers", exchange.bootstrap_servers, "--metrics-port", "0"]
    if command[0] != "schemas":
        reached += ["--directory", "KEYS-directory.toml"]
    schema = json.dumps(mutated(UNDECIDED["a field without a class"]))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, schema, *command, *reached],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT)},
    )

    assert done.returncode == 1
    assert f"no confidentiality class on {FIELD}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "deny.duckdb").exists()


def test_keys_and_headers_are_denied_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record whose key has no class, and a header that has none or is not public, stop the start."""
    policy.require_contract()
    with monkeypatch.context() as patched:
        patched.delitem(KEY_CLASSES, "movement")
        with pytest.raises(ContractError, match="keys"):
            policy.require_contract()
    with monkeypatch.context() as patched:
        patched.setitem(KEY_CLASSES, "movement", Confidentiality.SEALED)
        with pytest.raises(ContractError, match="keys"):
            policy.require_contract()
    for found in (Confidentiality.HUB, None):
        with monkeypatch.context() as patched:
            patched.setitem(HEADER_CLASSES, "ce_time", found)
            with pytest.raises(ContractError, match="headers"):
                policy.require_contract()


def test_a_header_that_nobody_decided_about_is_not_sent(exchange: Exchange, refused: Topic) -> None:
    """A header outside of the list is refused when it is sent, and nothing of the transaction is seen."""
    kafka = kafka_of(exchange)
    writer = TransactionalWriter(kafka, f"attack.{refused.name}")
    writer.fence()

    with pytest.raises(ContractError, match="header"):
        writer.send(refused.name, b"key", b"value", [("company", CANARY)])
    writer.close()

    assert b"" == on_wire(kafka, refused)


class Site(Native):
    """A part of a document that is classed."""

    name: Annotated[str, Confidentiality.NEVER]


class Bare(Native):
    """A part of a document that is not."""

    name: str


def model(annotation: Any, config: ConfigDict | None = None) -> type[BaseModel]:
    """Return a model with one field."""
    fields: dict[str, Any] = {FIELD: (annotation, ...)}
    made: type[BaseModel] = create_model("Document", __config__=config, **fields)
    return made


@pytest.mark.parametrize(
    "annotation",
    [
        str,
        Bare,
        list[Bare],
        Site | str,
        list[Site | str],
        dict[str, Site],
        Annotated[str, Confidentiality.HUB, Confidentiality.PUBLIC],
        list[Annotated[str, Confidentiality.PUBLIC]],
        Annotated[str, "public"],
        Site | Bare,
        dict[int, Bare],
        Any,
    ],
    ids=str,
)
def test_an_undecided_field_of_a_document_stops_the_adapter(annotation: Any) -> None:
    """Added, nested, in a union, list or map, retyped or untagged: a leaf without one class is refused."""
    with pytest.raises(ContractError, match=FIELD):
        require_classes(model_leaves(model(annotation)), "document")


@pytest.mark.parametrize(
    "annotation",
    [
        Site,
        list[Site],
        Site | None,
        dict[int, Site],
        Annotated[Site | str, Confidentiality.NEVER],
        Annotated[dict[str, Site], Confidentiality.NEVER],
        Annotated[list[str] | None, Confidentiality.HUB],
    ],
    ids=str,
)
def test_a_decided_field_of_a_document_does_not(annotation: Any) -> None:
    """The same shapes with a class on each leaf are accepted, so that the attack before proves something."""
    require_classes(model_leaves(model(annotation)), "document")


def test_a_document_that_keeps_what_it_has_no_field_for_is_refused() -> None:
    """Members without a field have class never: a model that takes them along stops the adapter."""
    with pytest.raises(ContractError):
        require_classes(
            model_leaves(model(Annotated[str, Confidentiality.HUB], ConfigDict(extra="allow"))), "document"
        )


def test_a_schema_within_itself_ends() -> None:
    """A record that refers to itself has its leaves once, and the check comes to an end."""
    tree = {
        "type": "record", "name": "Tree", "namespace": "n",
        "fields": [
            {"name": "leaf", "type": "string", "sdc:confidentiality": "hub"},
            {"name": "first", "type": ["null", "Tree"]},
            {"name": "others", "type": {"type": "array", "items": "n.Tree"}},
        ],
    }  # fmt: skip

    assert [("leaf", "hub")] == list(avro_leaves(tree))
