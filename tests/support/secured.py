"""One exchange that lets only known clients in, for all tests of a run; its members and their settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported without saying so
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from deploy import access
from deploy import topics as deployed
from deploy.access import Rule
from deploy.exchange.exchange import Exchange, running_exchange
from deploy.exchange.security import Security
from schemas import topics
from schemas.access import Member, Role
from schemas.runtime import clients
from schemas.runtime.registry import Registry
from schemas.settings import KafkaSettings
from tests.support.certificates import HOSTS, Authority
from tests.support.waiting import eventually

_MOVEMENT_PARTITIONS = 3
_PASSWORD = "correct horse battery staple"  # noqa: S105  # a test's own
_SECONDS = 30.0


@dataclass(slots=True)
class Secured:
    """The exchange, and whom it knows."""

    exchange: Exchange
    authority: Authority

    @property
    def operator(self) -> KafkaSettings:
        """Who may do everything, by certificate."""
        return self.by_certificate("operator")

    def by_certificate(self, name: str, authority: Authority | None = None) -> KafkaSettings:
        """Return the settings of who shows a certificate with a name."""
        own = (authority or self.authority).pair(name)
        return self._settings(
            bootstrap_servers=self.exchange.broker.certificate_address,
            security_protocol="SSL",
            certificate_file=own.certificate,
            key_file=own.key,
        )

    def by_password(self, name: str, password: str = _PASSWORD) -> KafkaSettings:
        """Return the settings of who logs in with a name."""
        return self._settings(
            bootstrap_servers=self.exchange.bootstrap_servers,
            security_protocol="SASL_SSL",
            username=name,
            password=password,
        )

    def new_user(self, name: str, password: str = _PASSWORD) -> KafkaSettings:
        """Make a user with a password and no right to anything, or give it another password."""
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        wanted = UserScramCredentialUpsertion(name, info, password.encode())
        admin = clients.admin(self.operator)
        for future in admin.alter_user_scram_credentials([wanted]).values():
            future.result(_SECONDS)
        return self.by_password(name, password)

    def new_agency(self, name: str) -> KafkaSettings:
        """Make an agency's topics and user, grant what is generated, and return its settings."""
        self.prepare((*topics.exchange_topics(_MOVEMENT_PARTITIONS), *topics.agency_topics(name)))
        kafka = self.new_user(name.lower())
        self.grant(Member(Role.AGENCY, name, f"User:{name.lower()}"))
        return kafka

    def new_hub(self, name: str) -> KafkaSettings:
        """Do the same for a hub."""
        self.prepare((*topics.exchange_topics(_MOVEMENT_PARTITIONS), *topics.hub_topics(name)))
        kafka = self.new_user(name)
        self.grant(Member(Role.HUB, name, f"User:{name}"))
        return kafka

    def new_subscriber(self, name: str) -> KafkaSettings:
        """Do the same for a subscriber, who shows a certificate."""
        self.prepare(topics.exchange_topics(_MOVEMENT_PARTITIONS))
        self.grant(Member(Role.SUBSCRIBER, name, f"User:CN={name}"))
        return self.by_certificate(name)

    def grant(self, member: Member) -> None:
        """Grant a member what is generated, and wait until the broker knows."""
        access.apply(self.operator, access.plan(self.operator, [member]))
        self._wait_for(present=access.rules([member]))

    def add(self, rule: Rule) -> None:
        """Add one rule."""
        access.apply(self.operator, access.Plan((rule,), ()))
        self._wait_for(present=[rule])

    def drop(self, rule: Rule) -> None:
        """Take one rule away."""
        wanted = AclBindingFilter(
            ResourceType[rule.resource],
            rule.name,
            ResourcePatternType[rule.pattern],
            rule.principal,
            rule.host,
            AclOperation[rule.operation],
            AclPermissionType[rule.permission],
        )
        admin = clients.admin(self.operator)
        for future in admin.delete_acls([wanted]).values():
            assert len(future.result(_SECONDS)) == 1
        self._wait_for(absent=[rule])

    def put(self, topic: str) -> None:
        """Put onto a topic what whoever reads it refuses."""
        producer = clients.producer(self.operator, "test.put")
        producer.init_transactions(10)
        producer.begin_transaction()
        producer.produce(topic, key=b"key", value=b"no record")
        producer.commit_transaction(10)

    def _wait_for(self, present: Iterable[Rule] = (), absent: Iterable[Rule] = ()) -> None:
        """Wait for what the controller has written to reach the broker that answers."""
        wanted, unwanted = set(present), set(absent)
        principals = {rule.principal for rule in wanted | unwanted}
        members = [Member(Role.SUBSCRIBER, "", principal) for principal in principals]

        def has_come() -> bool:
            planned = access.plan(self.operator, members)
            found = set(planned.further) | (set(access.rules(members)) - set(planned.missing))
            return wanted <= found and not unwanted & found

        assert eventually(has_come), "the broker does not take a rule over"

    def prepare(self, wanted: tuple[topics.Topic, ...]) -> None:
        """Make topics and register their schemas."""
        deployed.apply(self.operator, wanted)
        registry = Registry(self.operator)
        for topic in wanted:
            registry.register(topic)

    def _settings(self, **given: Any) -> KafkaSettings:
        shared = {
            "registry_url": self.exchange.registry_url,
            "registry": {"ca_file": self.authority.file},
            "ca_file": self.authority.file,
        }
        return KafkaSettings.model_validate(shared | given)


@pytest.fixture(scope="session")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Run a secured exchange on free ports; tests keep apart by names of members."""
    folder: Path = tmp_path_factory.mktemp("secured")
    authority = Authority(folder)
    own = authority.pair("broker", HOSTS)
    security = Security(authority.file, own.certificate, own.key, "CN=operator")
    with running_exchange(folder / "exchange", security) as exchange:
        yield Secured(exchange, authority)
