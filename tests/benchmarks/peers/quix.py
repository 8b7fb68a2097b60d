"""Quix Streams doing what a hub does: last revision of each statement, sum by cell.

    python -m tests.benchmarks.peers.quix EVENTS SUMS FOLDER exactly-once|at-least-once

State is in RocksDB with changelog topics, as Quix has it by default; ids and settings that its
documentation advises for exactly-once are set. Each change moves to the partition of its cell.
"""

from __future__ import annotations

from typing import Any

from quixstreams import Application, State  # type: ignore[import-not-found]  # of the peer's environment
from quixstreams.models.serializers import Deserializer  # type: ignore[import-not-found]  # as above

from tests.benchmarks.peers import job


class Changes(Deserializer):  # type: ignore[misc]  # its class is unknown outside the peer's environment
    """Decodes framed values."""

    def __init__(self, schema: dict[str, Any]) -> None:
        super().__init__()
        self._decoded = job.decoder(schema)

    def __call__(self, value: bytes, ctx: object) -> job.Change:  # noqa: ARG002  # given by name
        """Return what a value states."""
        return self._decoded(value)


class Steps:
    """The steps, and what is still on its way."""

    def __init__(self, events: int, app: Any) -> None:
        self._left = events
        self._app = app
        self._moving = 0

    def last(self, change: job.Change, state: State) -> dict[str, Any] | None:
        """Return what an event adds to its cell; nothing for a revision that is not the newest."""
        self._left -= 1
        known = state.get(change.statement)
        if known is not None and tuple(known[0]) >= change.version:
            return None
        state.set(change.statement, [change.version, change.mass_g])
        self._moving += 1
        return {"cell": change.cell, "mass_g": change.mass_g - (known[1] if known else 0)}

    @staticmethod
    def total(change: dict[str, Any], state: State) -> dict[str, int]:
        """Return the new sum of a cell."""
        mass_g = state.get("mass_g", 0) + change["mass_g"]
        state.set("mass_g", mass_g)
        return {"mass_g": mass_g}

    def arrived(self, _: object) -> None:
        """Count a sum, and stop at the last."""
        self._moving -= 1
        if not self._left and not self._moving:
            self._app.stop()


def main(asked: job.Asked) -> None:
    """Run until all sums are written."""
    app = Application(
        broker_address=asked.brokers,
        consumer_group=asked.sums,
        auto_offset_reset="earliest",
        processing_guarantee=asked.guarantee,
        commit_interval=job.COMMIT_SECONDS,
        state_dir=asked.folder,
        loglevel="ERROR",
        producer_extra_config={"transactional.id": asked.sums},
    )
    steps = Steps(asked.events, app)
    changes = app.dataframe(app.topic(job.TOPIC, value_deserializer=Changes(asked.schema)))
    changes = changes.apply(steps.last, stateful=True).filter(lambda change: change is not None)
    sums = changes.group_by("cell").apply(steps.total, stateful=True)
    sums.to_topic(app.topic(asked.sums, key_serializer="str")).update(steps.arrived)
    app.run()


if __name__ == "__main__":
    main(job.asked())
