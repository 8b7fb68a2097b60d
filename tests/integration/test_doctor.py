"""Broken installations, each made for real: one check says what is wrong and what to do, all others go on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported without saying so
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from deploy import topics as deployed
from deploy.access import Rule
from deploy.exchange.exchange import Exchange
from schemas import identity, topics
from schemas.access import Role
from schemas.directory import Directory
from schemas.keystore import ceremony
from schemas.runtime import clients
from schemas.runtime.registry import Registry
from schemas.settings import KafkaSettings
from tests.support import hub as hubs
from tests.support.diagnosed import Diagnosis, Installed, assert_only, kafka_section
from tests.support.fronts import dated, forwarded
from tests.support.operated import hub_command, operated
from tests.support.samples import ROOT
from tests.support.sealed import keys_of, member, write_directory, write_keys
from tests.support.secured import Secured
from tests.support.small_disk import fill, small_disk

pytestmark = pytest.mark.embedded

AGENCY, HUB = "US-DOC", "doctored"
YEARS = range(2020, datetime.now(UTC).year + 2)
NOBODY = "127.0.0.1:1"
# It holds what would break a header, a line of a log, and a line of a file.
SECRET = "pass\nword\r\n[not markup]"  # noqa: S105  # a test's own


@pytest.fixture(scope="module")
def agency(secured: Secured, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Return an agency's installation that is whole: a user, TLS, topics, grants, keys, a directory."""
    folder = tmp_path_factory.mktemp("agency")
    kafka = secured.new_agency(AGENCY)
    keys = folder / "keys"
    identity.create(keys, YEARS)
    own = member(identity.load(keys), "US")
    listed = write_directory(folder / "directory.toml", Directory({AGENCY: own}))
    given = {"id": AGENCY, "keys": str(keys), "directory": str(listed)}
    return Installed(Role.AGENCY, folder, {"kafka": kafka_section(kafka), "agency": given})


@pytest.fixture(scope="module")
def healthy(agency: Installed) -> Diagnosis:
    """Return what is said of it."""
    return agency.diagnosed()


@pytest.fixture(scope="module")
def hub(exchange: Exchange, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Return a hub's installation that is whole, on an exchange that lets everybody in."""
    folder = tmp_path_factory.mktemp("hub")
    kafka = hubs.new_ledger(exchange, hub=HUB).kafka
    released = [
        topic for topic in topics.exchange_topics() if topic.name in {topics.AGGREGATES, topics.RELEASES}
    ]
    deployed.apply(kafka, released)
    for topic in released:
        Registry(kafka).register(topic)
    ceremony.begin_hub(folder / "keys")
    named = {HUB: ceremony.hub_member(folder / "keys")}
    listed = write_directory(
        folder / "directory.toml", Directory({"US-EPA": member(keys_of("x"), "US")}, named)
    )
    given = {
        "name": HUB,
        "file": str(folder / "hub.duckdb"),
        "directory": str(listed),
        "release": {"keys": str(folder / "keys")},
    }
    return Installed(Role.HUB, folder, {"kafka": kafka_section(kafka), "hub": given})


@pytest.fixture(scope="module")
def healthy_hub(hub: Installed) -> Diagnosis:
    """Return what is said of it."""
    return hub.diagnosed()


def test_a_whole_agency_has_nothing_wrong(healthy: Diagnosis) -> None:
    """Every check looks, and none fails; where each setting comes from is told, and of secrets only that."""
    assert (healthy.exit_code, healthy.failed) == (0, set()), healthy.said
    assert healthy.origin("kafka.password") == ("set", "file weighbridge.toml")
    assert healthy.origin("agency.metrics_port") == ("9464", "default")
    assert healthy.origin("agency.id") == (AGENCY, "file weighbridge.toml")
    assert "as user us-doc by SCRAM-SHA-512" in healthy.told("broker.login")
    assert "grants are there" in healthy.told("grants.needed")
    # Nobody granted it a look at settings of topics: that is the operator's.
    assert healthy.statuses["topics.configuration"] == "skipped"
    assert "weighbridge topics plan" in healthy.told("topics.configuration")


def test_a_whole_hub_has_nothing_wrong(healthy_hub: Diagnosis) -> None:
    """The same for a hub; that this exchange checks nobody's rights is a warning."""
    assert (healthy_hub.exit_code, healthy_hub.failed) == (0, set()), healthy_hub.said
    assert "this user may do everything" in healthy_hub.told("grants.further")
    assert healthy_hub.statuses["topics.configuration"] == "ok"
    assert healthy_hub.origin("hub.release.p_percent") == ("confidential", "default")


def test_a_wrong_port_is_told(agency: Installed, healthy: Diagnosis) -> None:
    """Where nobody listens the address is named, and what would need it is left out."""
    found = agency.but("kafka", bootstrap_servers=NOBODY).diagnosed()

    assert_only(found, healthy, "broker.port", f"{NOBODY}: nobody listens there", "kafka.bootstrap_servers")
    assert found.is_behind("grants.needed")


def test_a_name_that_does_not_resolve_is_told(agency: Installed, healthy: Diagnosis) -> None:
    """A misspelt host is another thing than one that is down."""
    found = agency.but("kafka", bootstrap_servers="broker.invalid:9093").diagnosed()

    assert_only(found, healthy, "broker.name", "broker.invalid: no such name", "kafka.bootstrap_servers")


def test_a_wrong_password_is_told_and_not_shown(agency: Installed, healthy: Diagnosis) -> None:
    """The broker's refusal is told as such, and nothing of the password is anywhere, line ends or not."""
    found = agency.but("kafka", password=SECRET).diagnosed()

    assert_only(found, healthy, "broker.login", "refuses user or password", "username, password")
    assert "not markup" not in found.said


def test_our_own_certificate_that_has_expired_is_told(
    secured: Secured, agency: Installed, healthy: Diagnosis
) -> None:
    """Its file and day are named before anybody refuses it."""
    old = secured.authority.pair("expired", valid_days=(-30, -1))
    found = agency.but("kafka", certificate_file=str(old.certificate), key_file=str(old.key)).diagnosed()

    assert_only(found, healthy, "broker.credentials", "has expired on", "renew it")


def test_a_certificate_that_does_not_name_the_host_is_told(
    secured: Secured, agency: Installed, healthy: Diagnosis
) -> None:
    """The broker is reached under an address that its certificate does not have."""
    with forwarded("127.0.0.2", secured.exchange.broker.port) as port:
        found = agency.but("kafka", bootstrap_servers=f"127.0.0.2:{port}").diagnosed()

    assert_only(
        found, healthy, "broker.tls", "its certificate names other addresses", "use a host that it names"
    )


def test_a_broker_that_wants_tls_is_told(secured: Secured, agency: Installed, healthy: Diagnosis) -> None:
    """Whoever talks in clear to a door that wants TLS is told so, and not that nobody answers."""
    plain = {
        "bootstrap_servers": secured.exchange.bootstrap_servers,
        "registry_url": secured.exchange.registry_url,
    }
    found = Installed(agency.role, agency.folder, {**agency.settings, "kafka": plain}).but(
        "kafka", registry={"ca_file": str(secured.authority.file)}
    )

    assert_only(found.diagnosed(), healthy, "broker.tls", "wants TLS", "kafka.security_protocol")


def test_a_missing_topic_is_told(secured: Secured, agency: Installed, healthy: Diagnosis) -> None:
    """It is named, with the command that makes it."""
    hubs.delete_topics(secured.operator, [topics.rejects(AGENCY)])
    try:
        found = agency.diagnosed()
    finally:
        secured.prepare(topics.agency_topics(AGENCY))

    remedy = f"weighbridge topics apply --agency {AGENCY}"
    assert_only(found, healthy, "topics.presence", f"missing: {topics.rejects(AGENCY)}", remedy)


def granted(operation: str, resource: str, pattern: str, name: str) -> Rule:
    """Return a rule of the agency's."""
    return Rule(f"User:{AGENCY.lower()}", "ALLOW", operation, resource, pattern, name)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (granted("WRITE", "TOPIC", "LITERAL", topics.rejects(AGENCY)), "may not write topic"),
        (granted("READ", "TOPIC", "LITERAL", topics.sealed(AGENCY)), "may not read topic"),
        (granted("WRITE", "TOPIC", "PREFIXED", topics.SEALED_PREFIX), "and what begins so"),
        (granted("DESCRIBE", "GROUP", "LITERAL", topics.reader_group(topics.KEYS)), "may not describe group"),
        (
            granted("WRITE", "TRANSACTIONAL_ID", "PREFIXED", topics.agency_transactions(AGENCY)),
            "may not write transactional id",
        ),
    ],
    ids=str,
)
def test_a_missing_grant_is_told(
    secured: Secured, agency: Installed, healthy: Diagnosis, rule: Rule, expected: str
) -> None:
    """What the user may not do is named, of each kind of resource, with the command that grants it."""
    secured.drop(rule)
    try:
        found = agency.diagnosed()
    finally:
        secured.add(rule)

    assert_only(found, healthy, "grants.needed", expected, rule.name, f"topics acl --agency {AGENCY}")


def test_rights_of_others_are_told(secured: Secured, agency: Installed, healthy: Diagnosis) -> None:
    """An agency that may read what hubs read has been given too much; it works all the same."""
    rule = Rule(f"User:{AGENCY.lower()}", "ALLOW", "READ", "TOPIC", "LITERAL", topics.MOVEMENTS)
    secured.add(rule)
    try:
        found = agency.diagnosed()
    finally:
        secured.drop(rule)

    assert (found.exit_code, healthy.statuses["grants.further"]) == (0, "ok")
    assert found.statuses["grants.further"] == "warn"
    assert f"may also read topic {topics.MOVEMENTS}" in found.told("grants.further")


def test_an_absent_registry_is_told(agency: Installed, healthy: Diagnosis) -> None:
    """The broker's checks go on without it."""
    found = agency.but("kafka", registry_url=f"https://{NOBODY}/apis/ccompat/v7").diagnosed()

    assert_only(found, healthy, "registry.port", f"{NOBODY}: nobody listens there", "kafka.registry_url")
    assert found.is_behind("registry.subjects")


def test_a_subject_that_holds_another_schema_is_told(hub: Installed, healthy_hub: Diagnosis) -> None:
    """What somebody else registered under our name is not taken for ours; that anything goes is a warning."""
    other = "otherwise"
    kafka = KafkaSettings.model_validate(hub.settings["kafka"])
    deployed.apply(kafka, topics.hub_topics(other))
    with SchemaRegistryClient({"url": kafka.registry_url}) as registry:
        registry.register_schema(topics.subject(topics.dead_letters(other)), Schema('"string"', "AVRO"))
    listed = write_directory(
        hub.folder / "others.toml",
        Directory({"US-EPA": member(keys_of("x"), "US")}, {other: ceremony.hub_member(hub.folder / "keys")}),
    )

    found = hub.but("hub", name=other, directory=str(listed)).diagnosed()

    assert found.failed == {"registry.subjects"}
    assert "holds other schemas, and not what this release writes" in found.told("registry.subjects")
    assert f"weighbridge schemas apply --hub {other}" in found.told("registry.subjects")
    assert found.statuses["registry.compatibility"] == "warn"
    assert healthy_hub.statuses["registry.compatibility"] == "ok"


@pytest.mark.parametrize(("seconds", "status"), [(0, "ok"), (-20, "warn"), (-3600, "fail"), (3600, "fail")])
def test_a_clock_that_is_off_is_told(
    hub: Installed, healthy_hub: Diagnosis, seconds: int, status: str
) -> None:
    """Held against the date of the registry's answers, with what comes of it."""
    kafka = KafkaSettings.model_validate(hub.settings["kafka"])
    with dated(kafka.registry_url, seconds) as url:
        found = hub.but("kafka", registry_url=url).diagnosed()

    assert found.statuses["clock.registry"] == status
    if status == "fail":
        side = "ahead of" if seconds < 0 else "behind"
        assert_only(
            found, healthy_hub, "clock.registry", f"s {side} the registry's clock", "epochs close", "NTP"
        )


def test_a_record_of_the_future_is_told(hub: Installed, healthy_hub: Diagnosis, exchange: Exchange) -> None:
    """A clock that is behind shows without a registry's date too."""
    kafka = KafkaSettings.model_validate(hub.settings["kafka"])
    producer = hubs.new_producer(kafka)
    ahead = datetime.now(UTC) + timedelta(minutes=30)
    producer.produce(topics.MOVEMENTS, value=b"no record", timestamp=int(ahead.timestamp() * 1000))
    producer.flush(10)
    try:
        found = hub.diagnosed()
    finally:
        hubs.new_ledger(exchange, hub=HUB)

    assert found.failed == healthy_hub.failed
    assert found.statuses["clock.ledger"] == "warn"
    assert "this clock is behind" in found.told("clock.ledger")


def test_a_topic_that_is_configured_otherwise_is_told(hub: Installed, healthy_hub: Diagnosis) -> None:
    """A ledger that forgets is not what is declared."""
    with configured(hub, "retention.ms", "86400000", right="-1"):
        found = hub.diagnosed()

    assert_only(found, healthy_hub, "topics.configuration", "should have retention.ms=-1", "topics apply")


def test_a_topic_that_takes_small_records_only_is_told(hub: Installed, healthy_hub: Diagnosis) -> None:
    """What would refuse our records is found before a record is refused."""
    with configured(hub, "max.message.bytes", "5000", right="1048588"):
        found = hub.diagnosed()

    assert_only(found, healthy_hub, "topics.limits", "takes 5000 bytes at once", "raise max.message.bytes")


def test_a_topic_that_takes_new_records_only_is_told(hub: Installed, healthy_hub: Diagnosis) -> None:
    """A copy of an exchange would lose its past: a warning, as nothing is copied today."""
    with configured(hub, "message.timestamp.before.max.ms", "86400000", right=str(2**63 - 1)):
        found = hub.diagnosed()

    assert found.failed == healthy_hub.failed
    assert "records of more than 1 days ago are refused" in found.told("topics.limits")


def test_a_full_disk_is_told(hub: Installed, healthy_hub: Diagnosis, tmp_path: Path) -> None:
    """The folder is named, and how much it has left."""
    with small_disk(tmp_path / "disk", 20) as disk:
        fill(disk)
        found = hub.but("hub", file=str(disk / "hub.duckdb")).diagnosed()

    assert_only(found, healthy_hub, "disk.hub", f"{disk} has 0 MB free", "give it space")


def test_a_running_hub_is_well(hub: Installed, exchange: Exchange, tmp_path: Path) -> None:
    """A hub that holds its file answers for it: nothing is wrong, and nothing is disturbed."""
    folder = tmp_path / "running"
    command = hub_command(folder, HUB, exchange.bootstrap_servers, exchange.registry_url)
    with operated(folder, *command) as running:
        running.when("weighbridge_lag_records{")
        found = hub.but("hub", file=str(folder / "hub.duckdb")).diagnosed()
        code, _ = running.stopped()

    assert (found.exit_code, code) == (0, 0), (found.said, running.log.read_text())
    assert f"a running hub answers for it (process {running.process.pid})" in found.told("hub.file")
    assert found.statuses["hub.cluster"] == "ok"


def test_a_file_that_another_process_holds_is_told(
    hub: Installed, healthy_hub: Diagnosis, tmp_path: Path
) -> None:
    """Whoever holds the file and is no hub is named by its process."""
    file = tmp_path / "hub.duckdb"
    holding = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holding, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        found = hub.but("hub", file=str(file)).diagnosed()

    assert_only(found, healthy_hub, "hub.file", f"process {holder.pid}", "stop the other one")


def test_a_file_that_is_no_hubs_is_told(hub: Installed, healthy_hub: Diagnosis, tmp_path: Path) -> None:
    """Another program's database is left alone."""
    file = tmp_path / "other.duckdb"
    with duckdb.connect(file) as connection:
        connection.execute("CREATE TABLE other (a INTEGER)")

    assert_only(hub.but("hub", file=str(file)).diagnosed(), healthy_hub, "hub.file", "is no hub's file")


def test_keys_that_others_can_read_are_told(agency: Installed, healthy: Diagnosis) -> None:
    """The file is named, with the command that mends it."""
    file = agency.folder / "keys" / identity.AGENCY_FILE
    file.chmod(0o644)
    try:
        found = agency.diagnosed()
    finally:
        file.chmod(0o600)

    assert_only(found, healthy, "keys.kept", "can be read by others", f"chmod 600 {file}")


def test_keys_that_the_directory_does_not_have_are_told(
    agency: Installed, healthy: Diagnosis, tmp_path: Path
) -> None:
    """Hubs would refuse everything that is signed with them."""
    write_keys(tmp_path / "keys", keys_of("somebody else"))

    found = agency.but("agency", keys=str(tmp_path / "keys")).diagnosed()

    assert_only(found, healthy, "keys.agreement", "hubs refuse everything", "weighbridge keys show")


def test_a_setting_that_does_not_exist_is_told(agency: Installed, healthy: Diagnosis) -> None:
    """A misspelt name in the file is named with the one that was meant, and everything else is looked at."""
    found = agency.but("agency", commit_evnts=5_000).diagnosed()

    assert_only(found, healthy, "settings.names", "agency.commit_evnts", "write agency.commit_events")


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("WEIGHBRIDGE_KAFKA_BOOTSTRAP_SERVERS", "WEIGHBRIDGE_KAFKA__BOOTSTRAP_SERVERS"),
        ("WEIGHBRIDGE_KAFKA__PASWORD", "WEIGHBRIDGE_KAFKA__PASSWORD"),
        ("WEIGHBRIDGE_CONFG", "WEIGHBRIDGE_CONFIG"),
    ],
)
def test_a_misspelt_variable_is_told(
    agency: Installed, healthy: Diagnosis, variable: str, meant: str
) -> None:
    """A variable that nothing reads is named with the one that was meant; its value is not shown."""
    found = agency.diagnosed(**{variable: SECRET})

    assert_only(found, healthy, "settings.variables", f"the variable {variable}", f"write {meant}")
    assert "not markup" not in found.said


def test_a_value_that_is_refused_is_told_and_not_shown(agency: Installed) -> None:
    """Where it stands is told; what would have to be guessed from it is not looked at."""
    found = agency.but("kafka", security_protocol=SECRET).diagnosed()

    assert found.failed == {"settings.values"}
    assert "kafka.security_protocol (file weighbridge.toml): Input" in found.told("settings.values")
    assert found.is_behind("broker.name")
    assert "not markup" not in found.said


def test_a_package_of_our_name_is_told(agency: Installed, healthy: Diagnosis, tmp_path: Path) -> None:
    """Another package that installs one of our names, and a folder that may be taken for ours, are named."""
    intruder = tmp_path / "intruder"
    (intruder / "consumers").mkdir(parents=True)
    (intruder / "consumers" / "__init__.py").touch()
    listed = intruder / "consumers_of_web-1.0.dist-info"
    listed.mkdir()
    (listed / "METADATA").write_text("Metadata-Version: 2.1\nName: consumers-of-web\nVersion: 1.0\n")
    (listed / "top_level.txt").write_text("consumers\n")

    # Behind ours, so that the program still starts: as after an installation over our files.
    found = agency.diagnosed_anew(PYTHONPATH=f"{ROOT}:{intruder}")

    assert_only(found, healthy, "packages.names", "consumers-of-web installs consumers too", "pip uninstall")
    assert f"{intruder / 'consumers'} would be taken for ours" in found.told("packages.names")


@contextmanager
def configured(hub: Installed, setting: str, wrong: str, *, right: str) -> Iterator[None]:
    """Have another setting of the movements topic meanwhile."""
    kafka = KafkaSettings.model_validate(hub.settings["kafka"])
    _configure(kafka, setting, wrong)
    try:
        yield
    finally:
        _configure(kafka, setting, right)


def _configure(kafka: KafkaSettings, setting: str, value: str) -> None:
    entry = ConfigEntry(setting, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topics.MOVEMENTS, incremental_configs=[entry])
    admin = clients.admin(kafka)
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(10)
