"""Pathway doing what a hub does: its free version, with persistence.

    python -m tests.benchmarks.peers.pathway EVENTS SUMS FOLDER

Values are decoded in Python, all else is the engine's own. It reads up to the end of the topic.
"""

from __future__ import annotations

from typing import Any

import pathway as pw  # type: ignore[import-not-found]  # of the peer's environment

from tests.benchmarks.peers import job


def main(asked: job.Asked) -> None:
    """Run up to the end of the topic."""
    settings = {"bootstrap.servers": asked.brokers, "group.id": asked.sums, "auto.offset.reset": "earliest"}
    records = pw.io.kafka.read(
        settings,
        job.TOPIC,
        mode="static",
        format="raw",
        autogenerate_key=True,
        name="movements",
        autocommit_duration_ms=int(job.COMMIT_SECONDS * 1_000),
    )
    pw.io.kafka.write(
        _sums(records, job.decoder(asked.schema)), settings, asked.sums, format="json", key=pw.this.cell
    )
    backend = pw.persistence.Backend.filesystem(asked.folder / "persistence")
    pw.run(
        monitoring_level=pw.MonitoringLevel.NONE,
        persistence_config=pw.persistence.Config(
            backend, snapshot_interval_ms=int(job.COMMIT_SECONDS * 1_000)
        ),
    )


def _sums(records: Any, decoded: Any) -> Any:
    @pw.udf(deterministic=True)  # type: ignore[untyped-decorator]  # its module is unknown elsewhere
    def change(data: bytes) -> tuple[str, int, str, int]:
        found = decoded(data)
        revision, edition = found.version
        return found.statement, (revision << 16) + edition, found.cell, found.mass_g

    changes = records.select(change=change(pw.this.data))
    columns = changes.select(
        statement=pw.this.change[0],
        version=pw.this.change[1],
        cell=pw.this.change[2],
        mass_g=pw.this.change[3],
    )
    newest = columns.groupby(pw.this.statement).reduce(place=pw.reducers.argmax(pw.this.version))
    last = columns.ix(newest.place)
    return last.groupby(pw.this.cell).reduce(pw.this.cell, mass_g=pw.reducers.sum(pw.this.mass_g))


if __name__ == "__main__":
    main(job.asked())
