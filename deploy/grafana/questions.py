"""Panels that answer the questions of operators, on whichever dashboard they stand."""

from __future__ import annotations

from deploy.grafana.panels import GREEN, ORANGE, RED, Panel

_REASONS = "{{agency}} {{reason}}"

AGENCIES_ALIVE = Panel(
    title="Is each agency alive?",
    kind="stat",
    queries={"{{agency}}": 'min by (agency) (agency:weighbridge_pause_seconds:current{hub=~"$hub"})'},
    description="How long ago something newer last came from each agency. Orange after six hours, red after "
    "a day; alerts go by the rhythm of each agency instead.",
    unit="s",
    steps=((None, GREEN), (6 * 3_600, ORANGE), (86_400, RED)),
    width=6,
)
AGENCIES_LATE = Panel(
    title="How late are its data?",
    kind="bargauge",
    queries={"{{agency}}": 'max by (agency) (agency:weighbridge_delay_seconds:min{hub=~"$hub"})'},
    description="How old the newest statement of each agency is, by when its own system knew it.",
    unit="s",
    steps=((None, GREEN), (2 * 86_400, ORANGE), (7 * 86_400, RED)),
    width=6,
)
HUB_REFUSED = Panel(
    title="What is refused, and why?",
    kind="bargauge",
    queries={_REASONS: 'sum by (agency, reason) (weighbridge_dead_letters_open{hub=~"$hub"})'},
    description="Records that count nowhere until they are mended, by agency and reason. Without an agency "
    "nobody known has signed them. Empty is as it should be.",
    steps=((None, ORANGE), (1_000, RED)),
    width=6,
)
RELEASES_ON_TIME = Panel(
    title="Are releases on time?",
    kind="stat",
    queries={"{{hub}}: overdue": 'max by (hub) (weighbridge_release_epochs_overdue{hub=~"$hub"})'},
    description="How many epochs have closed and are not released. Empty before the first release.",
    steps=((None, GREEN), (1, RED)),
    words={0: "on time"},
    width=6,
)
