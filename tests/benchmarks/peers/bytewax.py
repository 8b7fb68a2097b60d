"""Bytewax doing what a hub does, with recovery.

    python -m tests.benchmarks.peers.bytewax EVENTS SUMS FOLDER

State is in memory, its snapshots in SQLite files, one epoch every two seconds. The sink writes
what follows the last snapshot again after a crash.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import bytewax.operators as op  # type: ignore[import-not-found]  # of the peer's environment
from bytewax._bytewax import init_db_dir, run_main  # type: ignore[import-not-found]  # as above
from bytewax.connectors.kafka import (  # type: ignore[import-not-found]  # as above
    KafkaSink,
    KafkaSinkMessage,
    KafkaSource,
)
from bytewax.dataflow import Dataflow  # type: ignore[import-not-found]  # as above
from bytewax.recovery import RecoveryConfig  # type: ignore[import-not-found]  # as above

from tests.benchmarks.peers import job

_BATCH_EVENTS = 1_000
_State = tuple[job.Version, int]


def main(asked: job.Asked) -> None:
    """Run up to the end of the topic."""
    recovery = asked.folder / "recovery"
    recovery.mkdir()
    init_db_dir(recovery, 1)
    run_main(
        _flow(asked),
        epoch_interval=timedelta(seconds=job.COMMIT_SECONDS),
        recovery_config=RecoveryConfig(recovery),
    )


def _flow(asked: job.Asked) -> Any:
    decoded = job.decoder(asked.schema)

    def by_statement(record: Any) -> tuple[str, job.Change]:
        change = decoded(record.value)
        return change.statement, change

    flow = Dataflow("sums")
    source = KafkaSource([asked.brokers], [job.TOPIC], tail=False, batch_size=_BATCH_EVENTS)
    changes = op.map("decode", op.input("movements", flow, source), by_statement)
    added = op.stateful_flat_map("last", changes, _last)
    sums = op.stateful_map("total", op.map("by_cell", added, lambda item: item[1]), _total)
    op.output("sums", op.map("encode", sums, _sum), KafkaSink([asked.brokers], asked.sums))
    return flow


def _last(known: _State | None, change: job.Change) -> tuple[_State, list[tuple[str, int]]]:
    """Return the last revision, and what it adds to its cell."""
    if known is not None and known[0] >= change.version:
        return known, []
    before_g = known[1] if known else 0
    return (change.version, change.mass_g), [(change.cell, change.mass_g - before_g)]


def _total(known_g: int | None, added_g: int) -> tuple[int, int]:
    total_g = (known_g or 0) + added_g
    return total_g, total_g


def _sum(item: tuple[str, int]) -> Any:
    cell, mass_g = item
    return KafkaSinkMessage(cell.encode(), job.value(mass_g))


if __name__ == "__main__":
    main(job.asked())
