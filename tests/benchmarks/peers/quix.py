"""Quix Streams doing what a hub does: last revision of each statement, sum by cell, exactly once.

    python quix.py JOB EVENTS SCHEMA_FILE

Runs in the peers' environment and imports nothing of weighbridge. JOB `last` keeps the last
revision in state; `sum` also sends its change to the cell, sums there and writes the sums.
Values are decoded by fastavro itself, which costs less than the deserializers that come with
Quix; ids and settings that its documentation advises for exactly-once are set.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastavro
from quixstreams import Application, State  # type: ignore[import-not-found]  # of the peers' environment
from quixstreams.models.serializers import Deserializer  # type: ignore[import-not-found]  # as above

TOPIC = "weighbridge.movements"
GROUP = "quix"
_FRAME_BYTES = 5
_CELL = ("stage", "origin_country", "destination_country", "low_code", "operation_code")


class AvroBodies(Deserializer):  # type: ignore[misc]  # its class is unknown outside the peers' environment
    """Decodes framed values with one schema."""

    def __init__(self, schema: dict[str, Any]) -> None:
        super().__init__()
        self._schema = fastavro.parse_schema(schema)

    def __call__(self, value: bytes, ctx: object) -> Any:  # noqa: ARG002  # given by name
        """Return the fields of a value."""
        body = io.BytesIO(value)
        body.seek(_FRAME_BYTES)
        return fastavro.schemaless_reader(body, self._schema, None)


class Job:
    """The steps, and the processor time between the first event and the last."""

    def __init__(self, events: int, stop: Callable[[], None]) -> None:
        self._events = events
        self._stop = stop
        self._taken = 0
        self.started = 0.0

    def last(self, event: dict[str, Any], state: State) -> dict[str, Any] | None:
        """Return what an event adds to its cell; nothing for a revision that is not the newest."""
        self.started = self.started or time.process_time()
        statement = event["statement_key"].hex()
        known = state.get(statement)
        revision = [event["revision"], event["edition"]]
        if known is not None and known[0] >= revision:
            return None
        mass_g = event["mass_g"] or 0
        state.set(statement, [revision, mass_g])
        cell = "|".join(str(event[name]) for name in _CELL)
        return {"cell": f"{cell}|{event['occurred_on']:%Y-%m}", "mass_g": mass_g - (known[1] if known else 0)}

    @staticmethod
    def total(change: dict[str, Any], state: State) -> dict[str, Any]:
        """Return the new sum of a cell."""
        mass_g = state.get("mass_g", 0) + change["mass_g"]
        state.set("mass_g", mass_g)
        return {"cell": change["cell"], "mass_g": mass_g}

    def count(self, _: object) -> None:
        """Count what reached the end, and stop at the last."""
        self._taken += 1
        if self._taken == self._events:
            self._stop()


def main() -> None:
    """Run one job and print its processor seconds."""
    name, events, schema_file = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        app = Application(
            broker_address=os.environ["BROKERS"],
            consumer_group=f"{GROUP}-{name}",
            auto_offset_reset="earliest",
            processing_guarantee="exactly-once",
            commit_interval=2.0,
            state_dir=folder,
            loglevel="ERROR",
            producer_extra_config={"transactional.id": f"{GROUP}-{name}"},
        )
        job = Job(int(events), app.stop)
        schema = json.loads(Path(schema_file).read_text("utf-8"))
        changes = app.dataframe(app.topic(TOPIC, value_deserializer=AvroBodies(schema)))
        changes = changes.apply(job.last, stateful=True)
        if name == "sum":
            sums = changes.group_by("cell").apply(job.total, stateful=True)
            sums.to_topic(app.topic("quix.sums")).update(job.count)
        else:
            changes.update(job.count)
        app.run()
        sys.stdout.write(f"{json.dumps(time.process_time() - job.started)}\n")


if __name__ == "__main__":
    main()
