"""The closed list of metrics and log events: names, types, labels, help.

Labels are only agency, source, hub, reason, topic, partition and versions; no label or value
tells of a company, a cell or a document. The table in deploy/METRICS.md is generated from
this list.
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
    """One metric; counters are exposed with `_total` appended.

    Attributes:
        question: What an operator asks that it answers.
    """

    name: str
    kind: Kind
    labels: tuple[str, ...]
    help: str
    question: str
    buckets: tuple[float, ...] = ()


_ADAPTER = ("agency", "source")

DOCUMENTS_READ = Metric(
    "weighbridge_documents_read",
    Kind.COUNTER,
    _ADAPTER,
    "Native documents read, whatever became of them.",
    "How much does the source deliver?",
)
EVENTS_PUBLISHED = Metric(
    "weighbridge_events_published",
    Kind.COUNTER,
    _ADAPTER,
    "Movement events committed to the topic.",
    "How much does the agency publish?",
)
DOCUMENTS_REJECTED = Metric(
    "weighbridge_documents_rejected",
    Kind.COUNTER,
    (*_ADAPTER, "reason"),
    "Documents rejected, by the first rule that they break.",
    "What is rejected, and why?",
)
WARNINGS = Metric(
    "weighbridge_warnings",
    Kind.COUNTER,
    (*_ADAPTER, "reason"),
    "Warnings on published documents, by rule.",
    "Which documents should the source mend, though they are published?",
)
UNCONVERTED = Metric(
    "weighbridge_quantities_unconverted",
    Kind.COUNTER,
    _ADAPTER,
    "Published events whose quantity is stated but has no mass.",
    "How much is missing from the tonnes?",
)
TRANSACTIONS = Metric(
    "weighbridge_transactions",
    Kind.COUNTER,
    _ADAPTER,
    "Kafka transactions that the adapter committed.",
    "Does the adapter commit?",
)
NEWEST_RECORDED = Metric(
    "weighbridge_newest_recorded_timestamp_seconds",
    Kind.GAUGE,
    _ADAPTER,
    "Newest recording instant of an event published since the start; subtract it from now for the delay.",
    "How late is what this source publishes?",
)
KEYS_DRAWN = Metric(
    "weighbridge_keys_drawn_timestamp_seconds",
    Kind.GAUGE,
    ("agency",),
    "Day on which the agency last drew signing and opening keys.",
    "When are the agency's keys due for rotation?",
)
KEYS_END = Metric(
    "weighbridge_keys_end_timestamp_seconds",
    Kind.GAUGE,
    ("agency",),
    "Last day of the last year for which there is a key; documents of later years are rejected.",
    "Until when do the shared keys last?",
)

ROWS_STORED = Metric(
    "weighbridge_rows_stored",
    Kind.COUNTER,
    ("hub", "agency"),
    "Events committed to the hub's file, by the agency that signed them.",
    "Is each agency alive, and how much does it send?",
)
NEWEST_STORED = Metric(
    "weighbridge_newest_stored_timestamp_seconds",
    Kind.GAUGE,
    ("hub", "agency"),
    "Newest recording instant of an agency's events in the hub's file; subtract it from now for the delay.",
    "How late is each agency's data?",
)
DEAD_LETTERS = Metric(
    "weighbridge_dead_letters",
    Kind.COUNTER,
    ("hub", "agency", "reason"),
    "Records that the hub refused, by the first reason; without an agency where none has signed.",
    "What is refused, whose is it, and why?",
)
DEAD_LETTERS_OPEN = Metric(
    "weighbridge_dead_letters_open",
    Kind.GAUGE,
    ("hub", "agency", "reason"),
    "Refused records that count nowhere yet; one that was redriven is none of them any more.",
    "What of it is not mended yet?",
)
LEDGER_BREACHES = Metric(
    "weighbridge_ledger_breaches",
    Kind.COUNTER,
    ("hub", "reason"),
    "Signatures that are invalid, missing or repeated, and those whose records are not what was signed.",
    "Has somebody altered, forged or removed records?",
)
BATCH_SECONDS = Metric(
    "weighbridge_batch_duration_seconds",
    Kind.HISTOGRAM,
    ("hub",),
    "Time from the first record of a batch to its commit.",
    "How soon is stored what arrives?",
    (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
LAG_RECORDS = Metric(
    "weighbridge_lag_records",
    Kind.GAUGE,
    ("hub", "topic", "partition"),
    "Distance of the hub's stored offset from the last stable offset.",
    "Does the hub keep up?",
)
UNSTABLE_RECORDS = Metric(
    "weighbridge_unstable_records",
    Kind.GAUGE,
    ("hub", "topic", "partition"),
    "Distance of the last stable offset from the end: records that open transactions hold back.",
    "Does somebody's open transaction hold everybody back?",
)
DISK_FREE = Metric(
    "weighbridge_disk_free_bytes",
    Kind.GAUGE,
    ("hub",),
    "Free space where the hub's file lies.",
    "When is the disk full?",
)
FILE_BYTES = Metric(
    "weighbridge_file_bytes",
    Kind.GAUGE,
    ("hub",),
    "Size of the hub's file, with its log of what is not yet written to the file proper.",
    "How fast does the file grow?",
)

RELEASE_DONE = Metric(
    "weighbridge_release_done_timestamp_seconds",
    Kind.GAUGE,
    ("hub",),
    "When the last run of releases began that came to its end, whether or not anything was due.",
    "Does the timer of releases run?",
)
RELEASE_FAILED = Metric(
    "weighbridge_release_failed_timestamp_seconds",
    Kind.GAUGE,
    ("hub",),
    "When the last run of releases began that failed; absent where none has.",
    "Did the last release fail?",
)
RELEASED = Metric(
    "weighbridge_released_timestamp_seconds",
    Kind.GAUGE,
    ("hub",),
    "When the run began that last published an epoch.",
    "How old is the last release?",
)
RELEASE_DUE = Metric(
    "weighbridge_release_due_timestamp_seconds",
    Kind.GAUGE,
    ("hub",),
    "When the first epoch that is not released closed, or will close.",
    "Are releases on time?",
)
EPOCHS_OVERDUE = Metric(
    "weighbridge_release_epochs_overdue",
    Kind.GAUGE,
    ("hub",),
    "Epochs that have closed and are not released.",
    "How many releases are missing?",
)
CELLS_FILLED = Metric(
    "weighbridge_release_cells",
    Kind.GAUGE,
    ("hub",),
    "Cells of the last release that are withheld, or show anything but zero.",
    "How much does a release show?",
)
CELLS_WITHHELD = Metric(
    "weighbridge_release_cells_withheld",
    Kind.GAUGE,
    ("hub",),
    "Cells of the last release that are withheld, as every subscriber can count them.",
    "What does disclosure control cost?",
)
MASS_UNTOLD = Metric(
    "weighbridge_release_mass_untold_ratio",
    Kind.GAUGE,
    ("hub",),
    "Share of the mass in published totals of last blocks that no published finest cell tells.",
    "How much of the value do only totals tell?",
)
HUB_KEYS_DRAWN = Metric(
    "weighbridge_hub_keys_drawn_timestamp_seconds",
    Kind.GAUGE,
    ("hub",),
    "Day on which the hub last drew its signing keys.",
    "When are the hub's keys due for rotation?",
)
# What a run of releases leaves in the hub's file, and the running hub shows.
RELEASE_FACTS = (
    RELEASE_DONE,
    RELEASE_FAILED,
    RELEASED,
    RELEASE_DUE,
    CELLS_FILLED,
    CELLS_WITHHELD,
    MASS_UNTOLD,
    HUB_KEYS_DRAWN,
)

STARTED = Metric(
    "weighbridge_started_timestamp_seconds",
    Kind.GAUGE,
    (),
    "When the process started, before any waiting.",
    "Does it start again and again?",
)
LOOP_TURNED = Metric(
    "weighbridge_loop_turned_timestamp_seconds",
    Kind.GAUGE,
    (),
    "When the loop last turned; it turns while it waits, too.",
    "Is it stuck?",
)
WAITING_SINCE = Metric(
    "weighbridge_waiting_since_timestamp_seconds",
    Kind.GAUGE,
    ("reason",),
    "Since when something does not answer, and what; absent while nothing is waited for.",
    "What does it wait for?",
)
CERTIFICATE_END = Metric(
    "weighbridge_certificate_end_timestamp_seconds",
    Kind.GAUGE,
    ("reason",),
    "When the first certificate ends of those that the process was given for broker or registry.",
    "When must certificates be renewed?",
)
BUILD = Metric(
    "weighbridge_build_info",
    Kind.GAUGE,
    ("version", "contract", "codelists"),
    "Always 1: versions of the program, of the movement schema that it writes, and of its code lists.",
    "Which versions run side by side?",
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
    CATCHING_UP = "catching_up"
    CAUGHT_UP = "caught_up"
    REDRIVEN = "redriven"
    LEDGER_BROKEN = "ledger_broken"
    PARTITION_FOUND = "partition_found"
    EPOCH_CLOSED = "epoch_closed"
    RELEASED = "released"
    RELEASE_ADOPTED = "release_adopted"
    RELEASE_SKIPPED = "release_skipped"
    RECORD_PASSED_OVER = "record_passed_over"
    CLIENT = "kafka_client"
