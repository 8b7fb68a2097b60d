"""The closed list of metrics and log events: names, types, labels, help.

Labels are only agency, hub, stage, reason, topic and partition; no label or value tells
of a company, a cell or a document. The README's table is generated from this list.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Type of a metric."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; counters are exposed with `_total` appended."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    help: str
    buckets: tuple[float, ...] = ()


DOCUMENTS_READ = Metric(
    "weighbridge_documents_read", Kind.COUNTER, ("agency",), "Native documents read, whatever became of them."
)
EVENTS_PUBLISHED = Metric(
    "weighbridge_events_published", Kind.COUNTER, ("agency",), "Movement events committed to the topic."
)
DOCUMENTS_REJECTED = Metric(
    "weighbridge_documents_rejected",
    Kind.COUNTER,
    ("agency", "reason"),
    "Documents rejected, by the first rule that they break.",
)
WARNINGS = Metric(
    "weighbridge_warnings", Kind.COUNTER, ("agency", "reason"), "Warnings on published documents, by rule."
)
UNCONVERTED = Metric(
    "weighbridge_quantities_unconverted",
    Kind.COUNTER,
    ("agency",),
    "Published events whose quantity is stated but has no mass.",
)
TRANSACTIONS = Metric(
    "weighbridge_transactions", Kind.COUNTER, ("agency",), "Kafka transactions that the adapter committed."
)
NEWEST_RECORDED = Metric(
    "weighbridge_newest_recorded_timestamp_seconds",
    Kind.GAUGE,
    ("agency",),
    "Newest recording instant of a published event; subtract it from now for the delay.",
)
ROWS_STORED = Metric("weighbridge_rows_stored", Kind.COUNTER, ("hub",), "Events committed to the hub's file.")
DEAD_LETTERS = Metric(
    "weighbridge_dead_letters", Kind.COUNTER, ("hub", "reason"), "Records that the hub refused, by reason."
)
LEDGER_BREACHES = Metric(
    "weighbridge_ledger_breaches",
    Kind.COUNTER,
    ("hub", "reason"),
    "Signatures that are invalid, missing or repeated, and those whose records are not what was signed.",
)
BATCH_SECONDS = Metric(
    "weighbridge_batch_duration_seconds",
    Kind.HISTOGRAM,
    ("hub",),
    "Time from the first record of a batch to its commit.",
    (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
LAG_RECORDS = Metric(
    "weighbridge_lag_records",
    Kind.GAUGE,
    ("hub", "topic", "partition"),
    "Distance of the hub's stored offset from the last stable offset.",
)
UNSTABLE_RECORDS = Metric(
    "weighbridge_unstable_records",
    Kind.GAUGE,
    ("hub", "topic", "partition"),
    "Distance of the last stable offset from the end: records that open transactions hold back.",
)

STARTED = Metric(
    "weighbridge_started_timestamp_seconds", Kind.GAUGE, (), "When the process started, before any waiting."
)
LOOP_TURNED = Metric(
    "weighbridge_loop_turned_timestamp_seconds",
    Kind.GAUGE,
    (),
    "When the loop last turned; it turns while it waits, too.",
)
WAITING_SINCE = Metric(
    "weighbridge_waiting_since_timestamp_seconds",
    Kind.GAUGE,
    ("reason",),
    "Since when something does not answer, and what; absent while nothing is waited for.",
)
DISK_FREE = Metric(
    "weighbridge_disk_free_bytes", Kind.GAUGE, ("hub",), "Free space where the hub's file lies."
)

METRICS = tuple(value for value in list(globals().values()) if isinstance(value, Metric))


class LogEvent(StrEnum):
    """Every event name that a log line may have."""

    STARTED = "started"
    STOPPING = "stopping"
    WAITING = "waiting"
    ANSWERED = "answered"
    STUCK = "stuck"
    ENDED = "ended"
    POSITIONS_READ = "positions_read"
    DOCUMENT_REJECTED = "document_rejected"
    COMMITTED = "committed"
    BATCH_STORED = "batch_stored"
    LEDGER_BROKEN = "ledger_broken"
    PARTITION_FOUND = "partition_found"
    EPOCH_CLOSED = "epoch_closed"
    RELEASED = "released"
    RELEASE_ADOPTED = "release_adopted"
    RELEASE_SKIPPED = "release_skipped"
    RECORD_PASSED_OVER = "record_passed_over"
    CLIENT = "kafka_client"
