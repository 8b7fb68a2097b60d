"""Faust, in its kept fork, doing what a hub does.

    python -m tests.benchmarks.peers.faust EVENTS SUMS FOLDER exactly_once|at_least_once

State is in tables in memory with changelog topics, and each change moves to the partition of its
cell, as its documentation advises.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import faust  # type: ignore[import-not-found]  # as above
from aiokafka.admin import AIOKafkaAdminClient, NewTopic  # type: ignore[import-not-found]  # of the peer's environment

from tests.benchmarks.peers import job


class Sums:
    """The application, its two steps, and what is still on its way."""

    def __init__(self, asked: job.Asked) -> None:
        self._decoded = job.decoder(asked.schema)
        self._left = asked.events
        self._moving = 0
        self._is_done = asyncio.Event()
        self.app = faust.App(
            asked.sums,
            broker=f"kafka://{asked.brokers}",
            store="memory://",
            datadir=asked.folder,
            processing_guarantee=asked.guarantee,
            broker_commit_interval=job.COMMIT_SECONDS,
            consumer_auto_offset_reset="earliest",
            topic_partitions=job.PARTITIONS,
            topic_replication_factor=1,
            key_serializer="raw",
            value_serializer="raw",
            web_enabled=False,
        )
        movements = self.app.topic(job.TOPIC)
        self._cells = self.app.topic(f"{asked.sums}-cells", internal=True, partitions=job.PARTITIONS)
        self._sums = self.app.topic(asked.sums, partitions=1)
        self._last = self.app.Table("last", partitions=job.PARTITIONS)
        self._totals = self.app.Table("totals", partitions=job.PARTITIONS)
        self.app.agent(movements)(self._take)
        self.app.agent(self._cells)(self._add)

    async def run(self) -> None:
        """Go on until all sums are written and committed."""
        await self.app.start()
        await self._is_done.wait()
        await asyncio.sleep(2 * job.COMMIT_SECONDS)
        await self.app.stop()

    async def _take(self, stream: Any) -> None:
        """Keep the last revision, and send what it adds to its cell."""
        async for value in stream:
            change = self._decoded(value)
            self._left -= 1
            known = self._last.get(change.statement)
            if known is not None and tuple(known[0]) >= change.version:
                continue
            self._last[change.statement] = [change.version, change.mass_g]
            self._moving += 1
            added_g = change.mass_g - (known[1] if known else 0)
            await self._cells.send(key=change.cell.encode(), value=b"%d" % added_g)

    async def _add(self, stream: Any) -> None:
        """Keep and write the sum of a cell."""
        async for key, value in stream.items():
            cell = key.decode()
            total_g = self._totals.get(cell, 0) + json.loads(value)
            self._totals[cell] = total_g
            await self._sums.send(key=key, value=job.value(total_g))
            self._moving -= 1
            if not self._left and not self._moving:
                self._is_done.set()


async def _make_topics(asked: job.Asked) -> None:
    """Make the topics that Faust needs: it waits for ever when it looks before the broker has made them."""
    names = ("cells", "last-changelog", "totals-changelog")
    admin = AIOKafkaAdminClient(bootstrap_servers=asked.brokers)
    await admin.start()
    await admin.create_topics([NewTopic(f"{asked.sums}-{name}", job.PARTITIONS, 1) for name in names])
    await admin.close()


async def main(asked: job.Asked) -> None:
    """Run until all sums are written."""
    await _make_topics(asked)
    await Sums(asked).run()


if __name__ == "__main__":
    asyncio.run(main(job.asked()))
