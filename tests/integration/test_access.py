"""Members with exactly the grants that are generated: everything works, and nothing without each of them."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from consumers.deadletters.letters import all_letters
from consumers.hub import offline
from consumers.release import neighbours
from consumers.release.publish import entries
from consumers.release.run import Run
from consumers.subscribe.observations import observations
from deploy import access
from deploy.access import Rule
from deploy.cli import app
from producers.rejects import records as rejected
from schemas import topics
from schemas.access import Member, Role, agency_grants
from schemas.directory import Directory
from schemas.errors import ConfigurationError, WeighbridgeError
from schemas.identity import DEMONSTRATION_KEYS
from schemas.keystore import ceremony
from schemas.runtime import clients, presence, reading
from schemas.runtime.transaction import TransactionalWriter
from schemas.settings import Calendar, HubSettings, KafkaSettings, ReleaseSettings
from tests.support import sealed
from tests.support.agency import SOURCE, Agency, committed
from tests.support.exchange import RunningExchange
from tests.support.hub import LedgerTopic
from tests.support.releasing import SMALL
from tests.support.samples import ROOT
from tests.support.secured import Secured

pytestmark = pytest.mark.embedded
DEMONSTRATION = ROOT / "deploy" / "demo" / "documents" / "us-emanifest"
# A reader of few records may be done before its group is refused.
_TRIES = 3
_NUMBERS = itertools.count()
_DAYS = itertools.count()
# By hub, the file of which it releases.
_FIRST_FILES: dict[str, Path] = {}
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def as_agency(secured: Secured, kafka: KafkaSettings, name: str, inbox: Path) -> Agency:
    """Do all that an agency does: publish, seal, sign, refuse; read refusals and what is sealed to it.

    Each time from a source of its own and to a recipient of its own, so that everything is written anew.
    """
    number = next(_NUMBERS)
    recipient = f"US-R{number}"
    secured.prepare((topics.sealed_topic(recipient),))
    directory = Directory(
        {
            name: sealed.member(DEMONSTRATION_KEYS, "US"),
            recipient: sealed.member(sealed.keys_of(recipient), "US"),
        }
    )
    inbox.mkdir()
    for document in DEMONSTRATION.glob("*.json"):
        shutil.copy(document, inbox)
    agency = Agency(kafka, name, "us-emanifest", directory=directory)
    agency.run(inbox, source_id=f"source-{number}")
    assert rejected.all_rejects(kafka, name)
    secured.prepare(topics.hub_topics("asked"))
    secured.put(topics.dead_letters("asked"))
    all_letters(kafka, "asked")
    list(reading.records(kafka, topics.sealed(name)))
    return agency


def as_hub(secured: Secured, kafka: KafkaSettings, name: str, file: Path) -> None:
    """Do all that a hub does: store, refuse, look at signatures, release, read what others released."""
    # What was refused before is told already.
    secured.put(topics.MOVEMENTS)
    LedgerTopic(kafka, {}).run_to_end(file, name=name)
    if offline.answered(file, "1GB", "status")["dead_letters_unsent"]:
        raise ConfigurationError("dead letters do not leave")
    presence.require(kafka, [topics.SIGNATURES])
    # What was released from another file would have to be decided again first.
    first = _FIRST_FILES.setdefault(name, file)
    keys = first.with_name(f"{name}-keys")
    if not keys.exists():
        ceremony.begin_hub(keys)
    release = ReleaseSettings(keys=str(keys), epoch=Calendar.DAY, **SMALL)
    settings = HubSettings(name=name, file=first, release=release)
    # Each time another day, so that there is something to release: also what failed the day before.
    now = NOW + timedelta(days=next(_DAYS))
    *_, released = Run(settings=settings, kafka=kafka, now=now).run().released
    assert neighbours.published(kafka, released.epoch, entries(kafka)).height


def as_subscriber(kafka: KafkaSettings) -> None:
    """Read what is published."""
    list(observations(kafka))
    list(reading.records(kafka, topics.RELEASES))


def test_an_agency_works_with_what_is_granted(secured: Secured, tmp_path: Path) -> None:
    """Events, positions, sealed parts, keys, signatures and rejects arrive, and are read after a restart."""
    kafka = secured.new_agency("US-EPA")

    agency = as_agency(secured, kafka, "US-EPA", tmp_path / "inbox")
    again = agency.run(tmp_path / "inbox", source_id=SOURCE)
    and_again = agency.run(tmp_path / "inbox", source_id=SOURCE)

    assert again.totals.events > 0
    assert and_again.totals.events == 0
    assert agency.directory
    written = {
        topics.MOVEMENTS,
        topics.SIGNATURES,
        topics.KEYS,
        topics.positions("US-EPA"),
        topics.rejects("US-EPA"),
        *(topics.sealed(name) for name in agency.directory.members if name != "US-EPA"),
    }
    assert all(committed(secured.operator, topic) for topic in written)


def test_an_agency_works_with_a_certificate(secured: Secured, tmp_path: Path) -> None:
    """The same rights belong to whoever shows the agency's certificate."""
    secured.new_agency("US-CERT")
    secured.grant(Member(Role.AGENCY, "US-CERT", "User:CN=us-cert"))

    as_agency(secured, secured.by_certificate("us-cert"), "US-CERT", tmp_path / "inbox")

    assert Agency(secured.operator, "US-CERT", "us-emanifest").events()


def test_a_hub_and_a_subscriber_work_with_what_is_granted(secured: Secured, tmp_path: Path) -> None:
    """A hub stores, refuses, releases, and shows its lag; a subscriber reads the release."""
    as_agency(secured, secured.new_agency("US-HUB"), "US-HUB", tmp_path / "inbox")

    as_hub(secured, secured.new_hub("granted"), "granted", tmp_path / "hub.duckdb")
    as_subscriber(secured.new_subscriber("ngo"))

    assert list(observations(secured.operator, "granted"))
    assert committed(secured.operator, topics.dead_letters("granted"))


AGENCY, HUB, SUBSCRIBER = "US-LEAST", "least", "least-ngo"
MEMBERS = {
    Role.AGENCY: Member(Role.AGENCY, AGENCY, f"User:{AGENCY.lower()}"),
    Role.HUB: Member(Role.HUB, HUB, f"User:{HUB}"),
    Role.SUBSCRIBER: Member(Role.SUBSCRIBER, SUBSCRIBER, f"User:CN={SUBSCRIBER}"),
}


@pytest.fixture(scope="module")
def everything(secured: Secured) -> dict[Role, Callable[[Path], object]]:
    """Return for each role what does everything that the role does, in a folder of its own."""
    agency, hub = secured.new_agency(AGENCY), secured.new_hub(HUB)
    subscriber = secured.new_subscriber(SUBSCRIBER)
    for topic in (topics.MOVEMENTS, topics.sealed(AGENCY), topics.AGGREGATES, topics.RELEASES):
        secured.put(topic)
    return {
        Role.AGENCY: lambda folder: as_agency(secured, agency, AGENCY, folder / "inbox"),
        Role.HUB: lambda folder: as_hub(secured, hub, HUB, folder / "hub.duckdb"),
        Role.SUBSCRIBER: lambda _: as_subscriber(subscriber),
    }


@pytest.mark.parametrize(
    ("role", "rule"),
    [(role, rule) for role, member in MEMBERS.items() for rule in access.rules([member])],
    ids=str,
)
def test_each_grant_is_needed(
    secured: Secured,
    everything: dict[Role, Callable[[Path], object]],
    tmp_path: Path,
    role: Role,
    rule: Rule,
) -> None:
    """Without any one of its grants a member fails."""
    secured.drop(rule)
    try:
        assert any(fails(everything[role], tmp_path / str(number)) for number in range(_TRIES))
    finally:
        secured.add(rule)


def fails(act: Callable[[Path], object], folder: Path) -> bool:
    """Say whether an act fails in a folder of its own."""
    folder.mkdir()
    try:
        act(folder)
    except WeighbridgeError:
        return True
    return False


def test_what_is_taken_away_ends_at_once(secured: Secured) -> None:
    """A writer that is connected writes nothing more without its grant, and is told so."""
    kafka = secured.new_agency("US-TAKEN")
    writer = TransactionalWriter(kafka, f"{topics.agency_transactions('US-TAKEN')}source")
    writer.fence()
    writer.send(topics.rejects("US-TAKEN"), b"key", b"value", [])
    writer.commit()

    secured.drop(Rule("User:us-taken", "ALLOW", "WRITE", "TOPIC", "LITERAL", topics.rejects("US-TAKEN")))

    writer.send(topics.rejects("US-TAKEN"), b"key", b"value", [])
    with pytest.raises(ConfigurationError, match="the broker refuses this user"):
        writer.commit()
    assert len(committed(secured.operator, topics.rejects("US-TAKEN"))) == 1


def test_a_password_that_was_changed_meanwhile_is_told(secured: Secured) -> None:
    """A process that connected before, and cannot any more, is told why instead of waiting."""
    kafka = secured.new_user("rotated")
    clients.admin(kafka)
    secured.new_user("rotated", "another password")

    with pytest.raises(ConfigurationError, match="refuses user or password"):
        keep_connecting(kafka)


def keep_connecting(kafka: KafkaSettings) -> None:
    """Make clients; whichever hears of a refusal has the next one try anew."""
    for _ in range(20):
        clients.admin(kafka).poll(0.5)


def test_grants_are_shown_then_added_and_nothing_is_taken_away(
    secured: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`acl` tells what a broker lacks, adds it, leaves what else there is, and then has nothing to do."""
    operator = secured.operator
    for name, value in {
        "BOOTSTRAP_SERVERS": operator.bootstrap_servers,
        "SECURITY_PROTOCOL": operator.security_protocol,
        "CA_FILE": operator.ca_file,
        "CERTIFICATE_FILE": operator.certificate_file,
        "KEY_FILE": operator.key_file,
    }.items():
        monkeypatch.setenv(f"WEIGHBRIDGE_KAFKA__{name}", str(value))
    further = Rule("User:xx-cli", "DENY", "READ", "TOPIC", "LITERAL", "weighbridge.movements")
    secured.add(further)
    command = ["topics", "acl", "--agency", "XX-CLI", "--format"]

    planned = CliRunner().invoke(app, [*command, "plan"])
    applied = CliRunner().invoke(app, [*command, "apply"])
    secured.grant(Member(Role.AGENCY, "XX-CLI", "User:xx-cli"))
    after = CliRunner().invoke(app, [*command, "plan"])

    assert (planned.exit_code, applied.exit_code, after.exit_code) == (1, 0, 1)
    assert planned.stdout == applied.stdout
    assert planned.stdout.count("add User:xx-cli ALLOW") == len(agency_grants("XX-CLI"))
    assert after.stdout == f"not needed, stays: {further}\n"


def test_a_broker_that_checks_nothing_is_told(exchange: RunningExchange) -> None:
    """Grants on a broker without an authoriser would protect nothing, so they are refused."""
    kafka = KafkaSettings(bootstrap_servers=exchange.bootstrap_servers)
    planned = access.plan(kafka, [MEMBERS[Role.HUB]])

    with pytest.raises(ConfigurationError, match="checks nobody's rights"):
        access.apply(kafka, planned)
