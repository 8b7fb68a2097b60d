"""What others do to the ledger: bad records, open transactions, partitions, a newer release."""

from __future__ import annotations

from confluent_kafka.admin import NewPartitions  # type: ignore[attr-defined]  # exported without saying so

from schemas import topics
from schemas.runtime import clients
from tests.chaos.scene import Scene
from tests.chaos.world import PARTITIONS

_PARTITIONS_MAX = PARTITIONS + 2


def poisoned(scene: Scene) -> None:
    """Write what is no event: unsigned, or signed by a member."""
    for _ in range(scene.dice.randint(1, 3)):
        scene.world.newcomer.poison(is_signed=scene.dice.random() < 0.5)
    scene.pause(0.0, 1.0)


def transaction_held(scene: Scene) -> None:
    """Hold a transaction open in every partition, in front of what all others write."""
    held = scene.world.newcomer.hold()
    for _ in range(3):
        scene.deliver()
        scene.pause(0.5, 5.0)
    held.abort_transaction(60)


def partitions_added(scene: Scene) -> None:
    """Add a partition to the movements, and to the signatures first, as their number must be the same."""
    admin = clients.admin(scene.world.cluster.kafka)
    found = len(admin.list_topics(timeout=30).topics[topics.MOVEMENTS].partitions)
    for topic in (topics.SIGNATURES, topics.MOVEMENTS):
        if found < _PARTITIONS_MAX:
            admin.create_partitions([NewPartitions(topic, found + 1)])[topic].result(60)
        scene.pause(0.0, 2.0)


def schema_upgraded(scene: Scene) -> None:
    """Let an agency write in the schema of the next release, while all others write in this one's."""
    scene.world.newcomer.write(5)
    scene.world.newcomer.upgrade()
    for _ in range(3):
        scene.world.newcomer.write(5)
        scene.pause(0.0, 1.0)
