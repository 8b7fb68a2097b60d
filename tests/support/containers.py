"""Broker and registry from their container images, with the interface of the embedded ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.error import URLError
from urllib.request import urlopen

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from testcontainers.core.container import DockerContainer

from tests.support.ports import free_port
from tests.support.waiting import eventually

KAFKA_IMAGE = "apache/kafka:4.3.1"
REGISTRY_IMAGE = "apicurio/apicurio-registry:3.3.3"
_START_SECONDS = 90.0
_REGISTRY_PORT = 8080


@dataclass(slots=True)
class ContainerExchange:
    """A running exchange; the broker keeps its port and data when it is started again."""

    bootstrap_servers: str
    registry_url: str
    _broker: DockerContainer

    def kill_broker(self) -> None:
        """End the broker as a crash would."""
        self._broker.get_wrapped_container().kill()

    def restart_broker(self) -> None:
        """Start the broker again where it was."""
        self._broker.get_wrapped_container().restart()
        _wait(lambda: _broker_answers(self.bootstrap_servers))


@contextmanager
def container_exchange() -> Iterator[ContainerExchange]:
    """Run an exchange in containers while the block runs."""
    port = free_port()
    with DockerContainer(REGISTRY_IMAGE).with_exposed_ports(_REGISTRY_PORT) as registry:
        host = registry.get_container_host_ip()
        address = f"{host}:{port}"
        with _kafka(host, port) as broker:
            url = f"http://{host}:{registry.get_exposed_port(_REGISTRY_PORT)}/apis/ccompat/v7"
            _wait(lambda: _broker_answers(address))
            _wait(lambda: _registry_answers(url))
            yield ContainerExchange(address, url, broker)


def _kafka(host: str, port: int) -> DockerContainer:
    # One variable drops all defaults of the image, so this is the full set.
    settings = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": f"CLIENTS://:{port},CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"CLIENTS://{host}:{port}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_INTER_BROKER_LISTENER_NAME": "CLIENTS",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_LOG_RETENTION_MS": "-1",
        "KAFKA_BROKER_SESSION_TIMEOUT_MS": "2000",
    }
    container = DockerContainer(KAFKA_IMAGE).with_bind_ports(port, port)
    for name, value in settings.items():
        container = container.with_env(name, value)
    return container


def _wait(answers: Callable[[], bool]) -> None:
    assert eventually(answers, _START_SECONDS), "the container does not answer"


def _broker_answers(address: str) -> bool:
    try:
        AdminClient({"bootstrap.servers": address, "log_level": 0}).list_topics(timeout=2)
    except KafkaException:
        return False
    return True


def _registry_answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/subjects", timeout=2) as answer:  # noqa: S310  # our own container
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
