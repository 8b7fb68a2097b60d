"""The dashboard of an agency: its sources, and what becomes of what they deliver."""

from __future__ import annotations

from deploy.grafana.panels import BLUE, GREEN, ORANGE, RED, Panel, Row
from deploy.grafana.questions import counted, largest

_AGENCY = '{agency=~"$agency"}'
_DRAWN, _END = (f"weighbridge_keys_{name}_timestamp_seconds{_AGENCY}" for name in ("drawn", "end"))
_REJECTED, _WARNINGS = (f"weighbridge_{name}_total{_AGENCY}" for name in ("documents_rejected", "warnings"))
_SOURCES = "by (agency, source)"
_EACH = "{{agency}} {{source}}"
_REASONS = "agency, source, reason"

ROWS = (
    Row(
        "Three questions",
        (
            Panel(
                title="Is each source alive?",
                kind="stat",
                queries={_EACH: f"source:weighbridge_pause_seconds:current{_AGENCY}"},
                description="How long ago something newer was published of each source. Orange after six "
                "hours, red after a day; alerts go by the rhythm of each source instead.",
                unit="s",
                steps=((None, GREEN), (6 * 3_600, ORANGE), (86_400, RED)),
                height=5,
            ),
            Panel(
                title="How late are its data?",
                kind="bargauge",
                queries={_EACH: f"source:weighbridge_delay_seconds:min{_AGENCY}"},
                description="How old the newest published statement is, by when the source knew it.",
                unit="s",
                steps=((None, GREEN), (2 * 86_400, ORANGE), (7 * 86_400, RED)),
                height=5,
            ),
            Panel(
                title="What is rejected in a day, and why?",
                kind="bargauge",
                queries={"{{source}} {{reason}}": largest(counted(_REASONS, _REJECTED, "1d"))},
                description="Documents, by the first rule that they break: `weighbridge rejects list`.",
                steps=((None, ORANGE), (1_000, RED)),
                height=5,
            ),
        ),
    ),
    Row(
        "Sources",
        (
            Panel(
                title="Documents read",
                kind="timeseries",
                queries={_EACH: f"sum {_SOURCES} (rate(weighbridge_documents_read_total{_AGENCY}[5m]))"},
                description="What the source delivers, whatever becomes of it.",
                unit="cps",
                width=12,
            ),
            Panel(
                title="Events published",
                kind="timeseries",
                queries={_EACH: f"sum {_SOURCES} (rate(weighbridge_events_published_total{_AGENCY}[5m]))"},
                description="What is new in it. A document that says nothing new publishes nothing.",
                unit="cps",
                width=12,
            ),
            Panel(
                title="Share of documents rejected, an hour",
                kind="timeseries",
                queries={_EACH: f"source:weighbridge_documents_rejected:ratio1h{_AGENCY}"},
                description="An alert comes above a tenth.",
                unit="percentunit",
                steps=((None, GREEN), (0.1, RED)),
            ),
            Panel(
                title="Share of events without a mass, a day",
                kind="timeseries",
                queries={_EACH: f"source:weighbridge_quantities_unconverted:ratio1d{_AGENCY}"},
                description="Quantities that cannot be told in tonnes. An alert comes above a twentieth.",
                unit="percentunit",
                steps=((None, GREEN), (0.05, RED)),
            ),
            Panel(
                title="Warnings in a day",
                kind="bargauge",
                queries={"{{source}} {{reason}}": largest(counted(_REASONS, _WARNINGS, "1d"))},
                description="Published all the same; the source should mend them.",
            ),
        ),
    ),
    Row(
        "The adapter",
        (
            Panel(
                title="Running",
                kind="state-timeline",
                queries={"{{instance}}": 'up{job=~"weighbridge.*"}'},
                description="Whether each process that is known here answers.",
                steps=((None, RED), (1, GREEN)),
                words={0: "down", 1: "up"},
            ),
            Panel(
                title="Transactions",
                kind="timeseries",
                queries={_EACH: f"sum {_SOURCES} (rate(weighbridge_transactions_total{_AGENCY}[5m]))"},
                description="Commits to the exchange: some while there is news, none while there is none.",
                unit="cps",
            ),
            Panel(
                title="Until keys of years end",
                kind="stat",
                queries={"{{agency}}": f"max by (agency) ({_END}) - time()"},
                description="One agency draws further years and shares them: deploy/KEYS.md.",
                unit="s",
                steps=((None, RED), (90 * 86_400, GREEN)),
                width=4,
            ),
            Panel(
                title="Age of its keys",
                kind="stat",
                queries={"{{agency}}": f"time() - max by (agency) ({_DRAWN})"},
                description="They are drawn anew every second year.",
                unit="s",
                steps=((None, BLUE), (730 * 86_400, RED)),
                width=4,
            ),
        ),
    ),
)
