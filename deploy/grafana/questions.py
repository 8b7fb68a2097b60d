"""Panels that answer the questions of operators, on whichever dashboard they stand."""

from __future__ import annotations

from deploy.grafana.panels import GREEN, ORANGE, RED, Panel

# Without an agency nobody known has signed it.
BY_REASON = "{{agency}} {{reason}}"


def of_somebody(query: str) -> str:
    """Return a query whose answers name an agency also where none has signed."""
    return f'label_replace({query}, "agency", "nobody known", "agency", "")'


def largest(query: str) -> str:
    """Return the ten largest answers, largest first, without zeros."""
    return f"topk(10, {query} > 0)"


def counted(labels: str, counter: str, span: str) -> str:
    """Return by how much counters grew within a span: one that appeared in it began at zero.

    `increase` passes over the first value of a counter, and a reason that is seen once has no other one.
    """
    now, before = f"sum by ({labels}) ({counter})", f"sum by ({labels}) ({counter} offset {span})"
    grown, increased = f"{now} - ({before} or 0 * {now})", f"sum by ({labels}) (increase({counter}[{span}]))"
    return f"round(({grown}) >= ({increased}) or ({increased}))"


AGENCIES_ALIVE = Panel(
    title="Is each agency alive?",
    kind="stat",
    queries={"{{agency}}": 'min by (agency) (agency:weighbridge_silence_seconds:current{hub=~"$hub"})'},
    description="How long ago anything came from each agency. Orange after six hours, red after "
    "a day; alerts go by the rhythm of each agency instead.",
    unit="s",
    steps=((None, GREEN), (6 * 3_600, ORANGE), (86_400, RED)),
    width=6,
    height=5,
)
AGENCIES_LATE = Panel(
    title="How late are its data?",
    kind="bargauge",
    queries={"{{agency}}": 'max by (agency) (agency:weighbridge_delay_seconds:min{hub=~"$hub"})'},
    description="How old the newest statement of each agency is, by when its own system knew it.",
    unit="s",
    steps=((None, GREEN), (2 * 86_400, ORANGE), (7 * 86_400, RED)),
    width=6,
    height=5,
)
HUB_REFUSED = Panel(
    title="What is refused, and why?",
    kind="bargauge",
    queries={
        BY_REASON: largest(
            of_somebody('sum by (agency, reason) (weighbridge_dead_letters_open{hub=~"$hub"})')
        )
    },
    description="Records that count nowhere until they are mended, by agency and reason. Without an agency "
    "nobody known has signed them. Empty is as it should be.",
    steps=((None, ORANGE), (1_000, RED)),
    width=6,
    height=5,
)
RELEASES_ON_TIME = Panel(
    title="Are releases on time?",
    kind="stat",
    queries={"{{hub}}": 'max by (hub) (weighbridge_release_epochs_overdue{hub=~"$hub"})'},
    description="How many epochs have closed and are not released. Empty before the first release.",
    steps=((None, GREEN), (1, RED)),
    words={0: "on time"},
    width=6,
    height=5,
)
