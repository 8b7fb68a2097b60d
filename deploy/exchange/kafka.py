"""Apache Kafka as one KRaft node, broker and controller in one process.

Its settings are those of a real cluster where they decide about guarantees, and those of one
small node where they decide about size: one replica, few partitions of the internal topics.
"""

from __future__ import annotations

import base64
import secrets
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.exchange import files, ports, process
from deploy.exchange.installation import Installation
from deploy.exchange.security import Security, listeners
from deploy.exchange.server import Server
from deploy.exchange.state import StateFile
from schemas.errors import FatalError

_HEAP = "-Xmx512m"
_ANSWER_TIMEOUT_SECONDS = 2.0
_FORMAT_TIMEOUT_SECONDS = 60
_LOG_FLAGS = (
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS'Z'",
    # A start would otherwise print every setting four times.
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config=warn",
)

# Paths are relative to the state folder, so that no character in its name can break the file.
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
{listeners}
controller.listener.names=CONTROLLER
controller.quorum.voters=1@{host}:{controller_port}
log.dirs=kafka/data

# Topics are made by an operator, never by a misspelt name.
auto.create.topics.enable=false
# One node has one replica.
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# Few clients: fewer partitions to make, load and recover than the fifty of a cluster.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
share.coordinator.state.topic.num.partitions=4

# The ledger is kept for ever, whatever the age of its events.
log.retention.ms=-1
log.retention.bytes=-1
log.message.timestamp.type=CreateTime
log.message.timestamp.before.max.ms=9223372036854775807
# Ten years: event times that lie far apart would otherwise begin a new segment each.
log.roll.ms=315360000000
compression.type=producer

# An open transaction holds every reader back: no client may keep one open for longer, and what a
# crashed one left open is ended soon.
transaction.max.timeout.ms=60000
transaction.abort.timed.out.transaction.cleanup.interval.ms=2000
# The first member of a group need not wait for others.
group.initial.rebalance.delay.ms=0
# A killed broker may come back only after its former life has timed out, by default in nine seconds.
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
# An eighth of the default, which is a quarter of the heap.
log.cleaner.dedupe.buffer.size=16777216
"""


class Kafka(Server):
    """The broker."""

    name = "kafka"
    title = "broker"
    usual_port = 9092
    free_ports = ports.BROKER

    def __init__(
        self, state: StateFile, installation: Callable[[], Installation], security: Security | None = None
    ) -> None:
        super().__init__(state, installation)
        self._security = security
        self._certificate_port = 0

    @property
    def certificate_address(self) -> str:
        """Where clients with a certificate find a secured broker; another after each `Exchange`."""
        return self._address(self._certificate_port)

    def answers(self) -> bool:
        """Say whether the broker serves clients."""
        # The client is made only when it can connect: it complains on stderr otherwise.
        if not ports.is_open(self.port):
            return False
        client = AdminClient({"log_level": 0, **self._client_options()})
        try:
            return bool(client.list_topics(timeout=_ANSWER_TIMEOUT_SECONDS).brokers)
        except KafkaException:
            return False

    def _client_options(self) -> dict[str, str]:
        if self._security is None:
            return {"bootstrap.servers": self.address}
        return {"bootstrap.servers": self.certificate_address, **self._security.client_options}

    def _address(self, port: int) -> str:
        return f"{ports.HOST}:{port}"

    def _version(self, installation: Installation) -> str:
        return installation.kafka_version

    def _arguments(self, installation: Installation, port: int) -> Sequence[str]:
        folder = files.private_folder(self.folder / "kafka")
        files.write_atomically(folder / "server.properties", self._properties(folder, port))
        if not (self.folder / "kafka" / "data" / "meta.properties").exists():
            self._format(installation)
        return self._main(installation, "kafka.Kafka", "kafka/server.properties")

    def _properties(self, folder: Path, port: int) -> str:
        """Return the broker's configuration, and write what it refers to into the broker's folder."""
        self._certificate_port = self._certificate_port or ports.choose(ports.CERTIFICATES)
        controller_port = ports.choose(ports.CONTROLLER)
        return _PROPERTIES.format(
            host=ports.HOST,
            controller_port=controller_port,
            listeners=listeners(
                self._security,
                folder,
                host=ports.HOST,
                port=port,
                certificate_port=self._certificate_port,
                controller_port=controller_port,
            ),
        )

    def _cluster_id(self) -> str:
        """Return the name under which the empty data folder is made."""
        return _new_cluster_id()

    def _format(self, installation: Installation) -> None:
        """Make the empty data folder; only before the first start, as it costs one of Java's own."""
        arguments = ("format", "--cluster-id", self._cluster_id(), "--config", "kafka/server.properties")
        main = self._main(installation, "kafka.tools.StorageTool", *arguments)
        command = installation.java.command(*installation.archives.flags(self.name), *main)
        with self.log.open("wb") as log:
            done = subprocess.run(  # noqa: S603  # the command is ours
                command,
                cwd=self.folder,
                env=process.ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=_FORMAT_TIMEOUT_SECONDS,
                check=False,
            )
        if done.returncode != 0:
            raise FatalError(
                f"the broker's data folder could not be made; {self.log} ends with\n{self._log_tail()}",
                hint="the last lines say why; mend that and start again",
            )

    def _main(self, installation: Installation, name: str, *arguments: str) -> Sequence[str]:
        classpath = ":".join(map(str, installation.jars.kafka_classpath))
        return (_HEAP, *self._private_folder_flags(), *_LOG_FLAGS, "-cp", classpath, name, *arguments)


def _new_cluster_id() -> str:
    first, *others = secrets.token_bytes(16)
    # Without its first bit the text cannot begin with a dash, which would look like an option.
    return base64.urlsafe_b64encode(bytes([first & 0x7F, *others])).decode().rstrip("=")
