"""Attacks on the broker of a secured exchange: by strangers, by members on what is not theirs.

Every act is tried by the operator too, who may do everything: so each one works but for the refusal.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported without saying so
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from schemas import topics
from schemas.access import Member, Role
from schemas.errors import ConfigurationError
from schemas.runtime import clients, transport
from schemas.settings import KafkaSettings
from tests.support.certificates import Authority
from tests.support.secured import Secured

pytestmark = pytest.mark.embedded
_SECONDS = 20.0
_NUMBERS = itertools.count()

VICTIM, RIVAL, HUB, SUBSCRIBER = "FR-VICTIM", "GB-RIVAL", "curious", "reader"
OF_THE_VICTIM = (topics.positions(VICTIM), topics.rejects(VICTIM), topics.sealed(VICTIM))
REFUSALS = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    # So the client says that it was not told where a topic is.
    KafkaError._NOENT,  # noqa: SLF001  # librdkafka's public code
}


@pytest.fixture(scope="module")
def members(secured: Secured) -> dict[str, KafkaSettings]:
    """Return how each member connects; there is something to read everywhere."""
    found = {
        VICTIM: secured.new_agency(VICTIM),
        RIVAL: secured.new_agency(RIVAL),
        HUB: secured.new_hub(HUB),
        SUBSCRIBER: secured.new_subscriber(SUBSCRIBER),
    }
    for topic in (*OF_THE_VICTIM, topics.KEYS, topics.MOVEMENTS, topics.SIGNATURES):
        assert writes(secured.operator, topic)
    return found


def options(kafka: KafkaSettings) -> dict[str, Any]:
    """Return what a client of the attacker's own is made with."""
    return {"bootstrap.servers": kafka.bootstrap_servers, "log_level": 0, **transport.kafka_options(kafka)}


def writes(kafka: KafkaSettings, topic: str) -> bool:
    """Try to write a record without a transaction."""
    told: list[KafkaError | None] = []
    producer = Producer(options(kafka) | {"message.timeout.ms": _SECONDS * 1000})
    if not sees(producer, topic):
        return False

    def report(error: KafkaError | None, _: Message) -> None:
        told.append(error)

    producer.produce(topic, key=b"key", value=b"value", partition=0, on_delivery=report)
    producer.flush(_SECONDS)
    (error,) = told
    return _is_done(error)


def commits(kafka: KafkaSettings, transactional_id: str, topic: str) -> bool:
    """Try to write a record in a transaction, which shuts out whoever had its id before."""
    producer = Producer(options(kafka) | {"transactional.id": transactional_id})
    try:
        producer.init_transactions(_SECONDS)
        if not sees(producer, topic):
            return False
        producer.begin_transaction()
        producer.produce(topic, key=b"key", value=b"value", partition=0)
        producer.commit_transaction(_SECONDS)
    except KafkaException as error:
        return _is_done(error.args[0])
    return True


def reads(kafka: KafkaSettings, topic: str) -> bool:
    """Try to read the first record, with whichever group."""
    reader = Consumer(
        options(kafka) | {"group.id": topics.reader_group(topic), "auto.offset.reset": "earliest"}
    )
    try:
        if not sees(reader, topic):
            return False
        reader.assign([TopicPartition(topic, 0, 0)])
        while (record := reader.poll(_SECONDS)) is not None:
            error = record.error()
            if error is None or error.code() != KafkaError.GROUP_AUTHORIZATION_FAILED:
                return _is_done(error)
    finally:
        reader.close()
    raise AssertionError("neither a record nor a refusal")


def sees(client: Producer | Consumer, topic: str) -> bool:
    """Say whether the broker tells a client where a topic is; clients wait in vain for what it does not."""
    return _is_done(client.list_topics(topic, timeout=_SECONDS).topics[topic].error)


def _is_done(error: KafkaError | None) -> bool:
    assert error is None or error.code() in REFUSALS, error
    return error is None


@pytest.mark.parametrize("name", [RIVAL, HUB, SUBSCRIBER])
@pytest.mark.parametrize("topic", OF_THE_VICTIM)
def test_nobody_reads_what_is_an_agencys_own(
    secured: Secured, members: dict[str, KafkaSettings], name: str, topic: str
) -> None:
    """Positions, rejects and what is sealed to an agency are read by that agency alone."""
    assert reads(secured.operator, topic)
    assert reads(members[VICTIM], topic)

    assert not reads(members[name], topic)


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        (HUB, topics.KEYS),
        (SUBSCRIBER, topics.KEYS),
        (SUBSCRIBER, topics.MOVEMENTS),
        (SUBSCRIBER, topics.SIGNATURES),
        (RIVAL, topics.MOVEMENTS),
    ],
)
def test_nobody_reads_what_his_role_does_not_need(
    secured: Secured, members: dict[str, KafkaSettings], name: str, topic: str
) -> None:
    """Hubs see no keys, subscribers no movements, and agencies not each other's."""
    assert reads(secured.operator, topic)

    assert not reads(members[name], topic)


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        *((HUB, topic) for topic in (topics.MOVEMENTS, topics.SIGNATURES, topics.KEYS, *OF_THE_VICTIM)),
        *((RIVAL, topic) for topic in (topics.positions(VICTIM), topics.rejects(VICTIM))),
        *((RIVAL, topic) for topic in (topics.AGGREGATES, topics.RELEASES, topics.dead_letters(HUB))),
        *((SUBSCRIBER, topic) for topic in (topics.MOVEMENTS, topics.AGGREGATES, topics.RELEASES)),
    ],
)
def test_nobody_writes_what_is_not_his(
    secured: Secured, members: dict[str, KafkaSettings], name: str, topic: str
) -> None:
    """A hub cannot invent movements or keys, an agency no figures and no other's positions."""
    assert writes(secured.operator, topic)

    assert not writes(members[name], topic)
    assert not commits(members[name], f"{_own_transactions(name)}attack", topic)


def _own_transactions(name: str) -> str:
    own = {RIVAL: topics.agency_transactions(RIVAL), HUB: topics.hub_transactions(HUB)}
    return own.get(name, "weighbridge.")


@pytest.mark.parametrize("name", [RIVAL, HUB, SUBSCRIBER])
def test_nobody_shuts_out_a_writer_of_somebody_else(members: dict[str, KafkaSettings], name: str) -> None:
    """Under the victim's transactional id an attacker cannot begin, and the victim goes on unharmed."""
    own = f"{topics.agency_transactions(VICTIM)}inbox"
    victim = clients.producer(members[VICTIM], own)
    victim.init_transactions(_SECONDS)
    victim.begin_transaction()
    victim.produce(topics.positions(VICTIM), key=b"key", value=b"value")

    assert not commits(members[name], own, topics.MOVEMENTS)

    victim.commit_transaction(_SECONDS)
    assert commits(members[VICTIM], own, topics.positions(VICTIM))


def test_a_hub_with_an_agencys_name_is_no_agency(secured: Secured) -> None:
    """A hub that calls itself like an agency shares neither its transactional ids nor its topics."""
    agency = secured.new_agency("FR-SAME")
    hub = secured.new_user("hub-fr-same")
    secured.prepare(topics.hub_topics("fr-same"))
    secured.grant(Member(Role.HUB, "fr-same", "User:hub-fr-same"))

    assert commits(agency, f"{topics.agency_transactions('FR-SAME')}release", topics.MOVEMENTS)
    assert not commits(hub, f"{topics.agency_transactions('FR-SAME')}release", topics.AGGREGATES)
    assert not commits(agency, f"{topics.hub_transactions('fr-same')}release", topics.MOVEMENTS)
    assert not reads(hub, topics.positions("FR-SAME"))


def test_names_that_begin_alike_are_not_confused(secured: Secured, members: dict[str, KafkaSettings]) -> None:
    """An agency whose name continues another's has other transactional ids and topics."""
    longer = secured.new_agency(f"{VICTIM}2")

    assert not commits(members[VICTIM], f"{topics.agency_transactions(f'{VICTIM}2')}inbox", topics.MOVEMENTS)
    assert not commits(longer, f"{topics.agency_transactions(VICTIM)}inbox", topics.MOVEMENTS)
    assert not reads(longer, topics.positions(VICTIM))


def strangers(secured: Secured, folder: Path) -> dict[str, KafkaSettings]:
    """Return ways to knock at the door."""
    known, by_certificate = secured.by_password("operator"), secured.by_certificate("operator")
    forged = secured.by_certificate("operator", Authority(folder, "forger"))
    return {
        "no such user": known,
        "wrong password": secured.by_password(VICTIM.lower(), "guess"),
        "empty password": secured.by_password(VICTIM.lower(), ""),
        "no certificate": by_certificate.model_copy(update={"certificate_file": None, "key_file": None}),
        "a certificate of his own making": forged,
        "a password where certificates are asked for": known.model_copy(
            update={"bootstrap_servers": by_certificate.bootstrap_servers}
        ),
    }


@pytest.mark.usefixtures("members")
@pytest.mark.parametrize(
    "way",
    [
        "no such user",
        "wrong password",
        "empty password",
        "no certificate",
        "a certificate of his own making",
        "a password where certificates are asked for",
    ],
)
def test_strangers_do_not_get_in(secured: Secured, tmp_path: Path, way: str) -> None:
    """Without a user, with a wrong password or a foreign certificate nobody is even answered."""
    assert answers(options(secured.operator))

    assert not answers(options(strangers(secured, tmp_path)[way]))


@pytest.mark.usefixtures("members")
@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SASL_PLAINTEXT"])
@pytest.mark.parametrize("listener", ["users", "certificates", "controller"])
def test_nothing_is_answered_in_clear(secured: Secured, protocol: str, listener: str) -> None:
    """No listener speaks without TLS, the controller's own included."""
    place = {
        "users": secured.exchange.bootstrap_servers,
        "certificates": secured.exchange.broker.certificate_address,
        "controller": controller_of(secured),
    }[listener]
    clear = options(secured.by_password(VICTIM.lower()))
    clear |= {"bootstrap.servers": place, "security.protocol": protocol}

    assert not answers(clear)


@pytest.mark.usefixtures("members")
def test_a_user_is_told_of_a_wrong_password(secured: Secured) -> None:
    """Our own client says what is refused, in place of waiting for a broker that is there."""
    with pytest.raises(ConfigurationError, match="refuses user or password"):
        clients.admin(secured.by_password(VICTIM.lower(), "guess"))


def answers(given: dict[str, Any]) -> bool:
    """Say whether the broker says anything to a client about itself."""
    try:
        return bool(AdminClient(given).list_topics(timeout=3).brokers)
    except KafkaException:
        return False


def controller_of(secured: Secured) -> str:
    """Return where the controller listens."""
    text = (secured.exchange.folder / "kafka" / "server.properties").read_text("utf-8")
    return text.partition("controller.quorum.voters=1@")[2].partition("\n")[0]


def test_a_user_without_grants_sees_nothing(secured: Secured, members: dict[str, KafkaSettings]) -> None:
    """Whoever is known and granted nothing does not even learn the names of topics."""
    nobody = secured.new_user("nobody")

    assert members
    assert AdminClient(options(secured.operator)).list_topics(timeout=_SECONDS).topics
    assert not AdminClient(options(nobody)).list_topics(timeout=_SECONDS).topics


def _making_a_topic(admin: AdminClient) -> Any:
    name = f"weighbridge.attack.{next(_NUMBERS)}"
    return admin.create_topics([NewTopic(name, 1)])[name]


def _shortening_the_ledger(admin: AdminClient) -> Any:
    place = TopicPartition(topics.MOVEMENTS, 0, 0)
    return admin.delete_records([place])[place]


def _forgetting_the_ledger(admin: AdminClient) -> Any:
    entry = ConfigEntry("retention.ms", "-1", incremental_operation=AlterConfigOpType.SET)
    wanted = ConfigResource(ResourceType.TOPIC, topics.MOVEMENTS, incremental_configs=[entry])
    return admin.incremental_alter_configs([wanted])[wanted]


def _granting_itself(admin: AdminClient) -> Any:
    wanted = AclBinding(
        ResourceType.TOPIC,
        topics.KEYS,
        ResourcePatternType.LITERAL,
        "User:attack",
        "*",
        AclOperation.READ,
        AclPermissionType.ALLOW,
    )
    return admin.create_acls([wanted])[wanted]


def _making_a_user(admin: AdminClient) -> Any:
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    wanted = UserScramCredentialUpsertion("attack", info, b"password")
    return admin.alter_user_scram_credentials([wanted])["attack"]


@pytest.mark.parametrize(
    "act",
    [_making_a_topic, _shortening_the_ledger, _forgetting_the_ledger, _granting_itself, _making_a_user],
)
@pytest.mark.parametrize("name", [VICTIM, HUB, SUBSCRIBER])
def test_members_do_not_administer(
    secured: Secured, members: dict[str, KafkaSettings], act: Callable[[AdminClient], Any], name: str
) -> None:
    """No member makes topics, shortens the ledger, changes its retention, grants rights or makes users."""
    assert done(secured.operator, act)

    assert not done(members[name], act)


def done(kafka: KafkaSettings, act: Callable[[AdminClient], Any]) -> bool:
    """Try an act of an administrator."""
    admin = AdminClient(options(kafka))
    try:
        act(admin).result(_SECONDS)
    except KafkaException as error:
        return _is_done(error.args[0])
    return True
