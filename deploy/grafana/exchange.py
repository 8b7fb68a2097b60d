"""The dashboard of the exchange: every agency and every hub."""

from __future__ import annotations

from deploy.grafana.panels import BLUE, GREEN, ORANGE, RED, Panel, Row
from deploy.grafana.questions import AGENCIES_ALIVE, AGENCIES_LATE, HUB_REFUSED, RELEASES_ON_TIME

ROWS = (
    Row("Four questions", (AGENCIES_ALIVE, AGENCIES_LATE, HUB_REFUSED, RELEASES_ON_TIME)),
    Row(
        "Agencies",
        (
            Panel(
                title="Events stored of each agency",
                kind="timeseries",
                queries={
                    "{{agency}}": 'sum by (agency) (rate(weighbridge_rows_stored_total{hub=~"$hub"}[5m]))'
                },
                description="How much each agency sends. A line that ends is an agency that is silent.",
                unit="cps",
                is_stacked=True,
                width=12,
            ),
            Panel(
                title="Age of the newest statement",
                kind="timeseries",
                queries={"{{agency}}": 'max by (agency) (agency:weighbridge_delay_seconds:min{hub=~"$hub"})'},
                description="It rises while nothing newer comes, and falls when something does. Rising for "
                "longer than usual is an agency that is late.",
                unit="s",
                width=12,
            ),
        ),
    ),
    Row(
        "Processes",
        (
            Panel(
                title="Running",
                kind="state-timeline",
                queries={"{{job}} {{instance}}": 'up{job=~"weighbridge.*"}'},
                description="Whether each adapter and hub that is known here answers.",
                steps=((None, RED), (1, GREEN)),
                words={0: "down", 1: "up"},
                width=12,
            ),
            Panel(
                title="Waiting for",
                kind="timeseries",
                queries={"{{instance}}: {{reason}}": "time() - weighbridge_waiting_since_timestamp_seconds"},
                description="Empty while all is well. Else who waits, for what, and for how long.",
                unit="s",
                steps=((None, GREEN), (300, RED)),
                width=12,
            ),
            Panel(
                title="Alerts that fire",
                kind="stat",
                queries={
                    "{{alertname}} {{agency}} {{hub}} {{instance}}": (
                        'ALERTS{alertstate="firing", alertname=~"Weighbridge.*"}'
                    )
                },
                description="What to do about each stands in deploy/runbooks/alerts.md.",
                steps=((None, RED),),
                words={1: "fires"},
                width=12,
            ),
            Panel(
                title="Versions",
                kind="bargauge",
                queries={
                    "program {{version}}, contract {{contract}}, code lists {{codelists}}": (
                        "count by (version, contract, codelists) (weighbridge_build_info)"
                    )
                },
                description="How many processes run each version: several during an upgrade, one after it.",
                width=12,
            ),
        ),
    ),
    Row(
        "Ends",
        (
            Panel(
                title="Until certificates end",
                kind="bargauge",
                queries={"{{instance}} {{reason}}": "weighbridge_certificate_end_timestamp_seconds - time()"},
                description="Alerts come three weeks and three days before. Empty without TLS.",
                unit="s",
                steps=((None, RED), (3 * 86_400, ORANGE), (21 * 86_400, GREEN)),
                height=5,
            ),
            Panel(
                title="Until keys of years end",
                kind="bargauge",
                queries={"{{agency}}": "max by (agency) (weighbridge_keys_end_timestamp_seconds) - time()"},
                description="One agency draws further years and shares them: deploy/KEYS.md.",
                unit="s",
                steps=((None, RED), (90 * 86_400, GREEN)),
                height=5,
            ),
            Panel(
                title="Age of signing keys",
                kind="bargauge",
                queries={
                    "{{agency}}": "time() - max by (agency) (weighbridge_keys_drawn_timestamp_seconds)",
                    "hub {{hub}}": "time() - max by (hub) (weighbridge_hub_keys_drawn_timestamp_seconds)",
                },
                description="They are drawn anew every second year.",
                unit="s",
                steps=((None, BLUE), (730 * 86_400, RED)),
                height=5,
            ),
        ),
    ),
)
