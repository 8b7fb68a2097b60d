"""The embedded exchange with one broker or three, which clients reach through links that can be disturbed."""

from __future__ import annotations

import base64
import hashlib
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from deploy.exchange import files, installation, ports, settings
from deploy.exchange.exchange import Exchange, guarded
from deploy.exchange.installation import Installation
from deploy.exchange.kafka import Kafka
from deploy.exchange.state import StateFile
from schemas.settings import KafkaSettings
from tests.chaos.disk import Disk
from tests.chaos.proxy import Link

# Of each broker: room for the data of a story many times over.
_MEBIBYTES = 256
_REPLICATED = """
default.replication.factor=3
min.insync.replicas=2
offsets.topic.replication.factor=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
"""
_LISTENERS = """
node.id={number}
controller.quorum.voters={voters}
listeners={listeners}
advertised.listeners={advertised}
listener.security.protocol.map={protocols}
"""


class Node(Kafka):
    """A broker that tells clients of a link to come back through that link.

    Attributes:
        disk: Where its data are.
        number: Its id, from 1.
        voters: Ports of the controllers of all brokers.
        own: Ports on which it listens for each link.
        links: The links; opened before its first start.
    """

    def __init__(
        self,
        folder: Path,
        ensure: Callable[[], Installation],
        *,
        disk: Disk,
        number: int,
        voters: Sequence[int],
        own: Sequence[int],
        links: Sequence[Link],
    ) -> None:
        super().__init__(StateFile(folder), ensure)
        self.disk, self.number, self.voters, self.own, self.links = disk, number, voters, own, links

    def _cluster_id(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(b"chaos").digest()[:16]).decode().rstrip("=")

    def _properties(self, folder: Path, port: int) -> str:
        """Return the usual configuration, and what is different here behind it: the last word counts."""
        listening = {"CLIENTS": port} | {
            link.name: own for link, own in zip(self.links, self.own, strict=True)
        }
        advertised = {"CLIENTS": port} | {link.name: link.ports[self.number - 1] for link in self.links}
        controller = {"CONTROLLER": self.voters[self.number - 1]}
        own = _LISTENERS.format(
            number=self.number,
            voters=",".join(f"{n}@{ports.HOST}:{voter}" for n, voter in enumerate(self.voters, 1)),
            listeners=_addresses(listening | controller),
            advertised=_addresses(advertised),
            protocols=",".join(f"{name}:PLAINTEXT" for name in listening | controller),
        )
        return super()._properties(folder, port) + own + (_REPLICATED if len(self.voters) > 1 else "")

    def signal(self, number: int) -> None:
        """Send its process a signal."""
        assert self.state is not None
        assert self.state.process is not None
        os.kill(self.state.process.pid, number)

    def pause(self) -> None:
        """Stop it in the middle of whatever it does."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.signal(signal.SIGCONT)

    def restart(self) -> None:
        """Start it where it was, after it was killed."""
        self.launch(None)
        self.wait_until_it_answers()


def _addresses(listeners: dict[str, int]) -> str:
    return ",".join(f"{name}://{ports.HOST}:{port}" for name, port in listeners.items())


@dataclass(slots=True)
class Cluster:
    """Brokers, registry and links, all at work."""

    exchange: Exchange
    nodes: list[Node]
    links: list[Link]

    @property
    def bootstrap_servers(self) -> str:
        """The brokers' addresses past all links."""
        return ",".join(node.address for node in self.nodes)

    @property
    def registry_url(self) -> str:
        """The address of the registry."""
        return self.exchange.registry_url

    @property
    def kafka(self) -> KafkaSettings:
        """How to reach it past all links, which nothing disturbs."""
        return KafkaSettings(bootstrap_servers=self.bootstrap_servers, registry_url=self.registry_url)


@contextmanager
def running_cluster(folder: Path, brokers: int, links: Sequence[str]) -> Iterator[Cluster]:
    """Run an exchange of one or three brokers while the block runs; other brokers end with it."""
    ensure = lru_cache(lambda: installation.ensure(settings.cache_folder(), progress=lambda _: None))
    listening = [[ports.choose(ports.CERTIFICATES) for _ in links] for _ in range(brokers)]
    voters = [ports.choose(ports.CONTROLLER) for _ in range(brokers)]
    opened = [Link(name, [own[at] for own in listening]) for at, name in enumerate(links)]
    for link in opened:
        link.open()
    with ExitStack() as stack:
        nodes = []
        for number, own in enumerate(listening, 1):
            place = files.private_folder(folder / f"node-{number}")
            disk = stack.enter_context(Disk.of(place / "kafka", _MEBIBYTES))
            node = Node(place, ensure, disk=disk, number=number, voters=voters, own=own, links=opened)
            stack.enter_context(guarded(place))
            stack.callback(node.stop)
            node.launch(0)
            nodes.append(node)
        exchange = Exchange(nodes[0].folder)
        exchange.broker = nodes[0]
        stack.callback(exchange.down)
        exchange.up(registry_port=0)
        for node in nodes[1:]:
            node.wait_until_it_answers()
        yield Cluster(exchange, nodes, opened)
