"""The dashboard of a hub: what it stores, refuses and releases."""

from __future__ import annotations

from deploy.grafana.panels import BLUE, GREEN, ORANGE, RED, Panel, Row
from deploy.grafana.questions import (
    AGENCIES_ALIVE,
    AGENCIES_LATE,
    BY_REASON,
    HUB_REFUSED,
    RELEASES_ON_TIME,
    counted,
    of_somebody,
)

_HUB = '{hub=~"$hub"}'
_BATCHES = f"sum by (le) (rate(weighbridge_batch_duration_seconds_bucket{_HUB}[5m]))"
_FAILED, _DONE = (f"weighbridge_release_{name}_timestamp_seconds{_HUB}" for name in ("failed", "done"))
_CELLS, _WITHHELD = (f"weighbridge_release_{name}{_HUB}" for name in ("cells", "cells_withheld"))

ROWS = (
    Row("Four questions", (AGENCIES_ALIVE, AGENCIES_LATE, HUB_REFUSED, RELEASES_ON_TIME)),
    Row(
        "Storing",
        (
            Panel(
                title="Events stored of each agency",
                kind="timeseries",
                queries={"{{agency}}": f"sum by (agency) (rate(weighbridge_rows_stored_total{_HUB}[5m]))"},
                description="Throughput. A line that ends is an agency that is silent.",
                unit="cps",
                is_stacked=True,
            ),
            Panel(
                title="Records behind",
                kind="timeseries",
                queries={
                    "{{hub}}": f"sum by (hub) (weighbridge_lag_records{_HUB})",
                    "{{hub}}: held back": f"sum by (hub) (weighbridge_unstable_records{_HUB})",
                },
                description="How far the file is behind the topic, and what open transactions hold back.",
            ),
            Panel(
                title="Seconds to store a batch",
                kind="timeseries",
                queries={
                    "half": f"histogram_quantile(0.5, {_BATCHES})",
                    "95 of 100": f"histogram_quantile(0.95, {_BATCHES})",
                },
                description="From the first record of a batch to its commit.",
                unit="s",
            ),
        ),
    ),
    Row(
        "Refusing",
        (
            Panel(
                title="Records refused",
                kind="timeseries",
                queries={
                    BY_REASON: of_somebody(
                        counted("agency, reason", f"weighbridge_dead_letters_total{_HUB}", "5m")
                    )
                },
                description="Dead letters within five minutes, when they came.",
                is_stacked=True,
            ),
            Panel(
                title="Refused and not mended",
                kind="timeseries",
                queries={
                    BY_REASON: of_somebody(f"sum by (agency, reason) (weighbridge_dead_letters_open{_HUB})")
                },
                description="It falls when records are redriven.",
                is_stacked=True,
            ),
            Panel(
                title="Breaches of the ledger in a day",
                kind="stat",
                queries={"{{reason}}": counted("reason", f"weighbridge_ledger_breaches_total{_HUB}", "1d")},
                description="Records that are forged, altered or removed. Empty is as it should be; "
                "anything else is for somebody to look at now.",
                steps=((None, GREEN), (0.5, RED)),
            ),
        ),
    ),
    Row(
        "Releasing",
        (
            Panel(
                title="Last run of releases",
                kind="stat",
                queries={"{{hub}}": f"{_FAILED} > bool {_DONE} or 0 * {_DONE} or 0 * {_FAILED} + 1"},
                description="Whether the last run came to its end.",
                steps=((None, GREEN), (1, RED)),
                words={0: "done", 1: "failed"},
                width=4,
            ),
            Panel(
                title="Since the last release",
                kind="stat",
                queries={"{{hub}}": f"time() - weighbridge_released_timestamp_seconds{_HUB}"},
                description="Its age.",
                unit="s",
                width=4,
            ),
            Panel(
                title="Until the next is due",
                kind="stat",
                queries={"{{hub}}": f"weighbridge_release_due_timestamp_seconds{_HUB} - time()"},
                description="Below zero: it is overdue for so long.",
                unit="s",
                steps=((None, RED), (-86_400, ORANGE), (0, GREEN)),
                width=4,
            ),
            Panel(
                title="Cells of the last release",
                kind="timeseries",
                queries={
                    "{{hub}}: withheld": _WITHHELD,
                    "{{hub}}: shown": f"{_CELLS} - {_WITHHELD}",
                },
                description="Cells that show anything but zero, and cells that are withheld.",
                is_stacked=True,
                width=6,
            ),
            Panel(
                title="What disclosure control costs",
                kind="timeseries",
                queries={
                    "{{hub}}: cells withheld": f"hub:weighbridge_release_cells_withheld:ratio{_HUB}",
                    "{{hub}}: mass that only totals tell": f"weighbridge_release_mass_untold_ratio{_HUB}",
                },
                description="Shares of the last release. A jump is told by an alert.",
                unit="percentunit",
                width=6,
            ),
        ),
    ),
    Row(
        "The machine",
        (
            Panel(
                title="Size of the file",
                kind="timeseries",
                queries={"{{hub}}": f"weighbridge_file_bytes{_HUB}"},
                description="With its log of what is not yet written to the file proper.",
                unit="bytes",
            ),
            Panel(
                title="Free on its disk",
                kind="timeseries",
                queries={"{{hub}}": f"weighbridge_disk_free_bytes{_HUB}"},
                description="An alert comes below 2 GB, and a day before it is full.",
                unit="bytes",
                steps=((None, RED), (2e9, GREEN)),
            ),
            Panel(
                title="Age of its signing keys",
                kind="stat",
                queries={"{{hub}}": f"time() - weighbridge_hub_keys_drawn_timestamp_seconds{_HUB}"},
                description="They are drawn anew every second year.",
                unit="s",
                steps=((None, BLUE), (730 * 86_400, RED)),
                width=4,
            ),
            Panel(
                title="Since its loop turned",
                kind="stat",
                queries={
                    "{{instance}}": "time() - weighbridge_loop_turned_timestamp_seconds"
                    f" and on (instance) weighbridge_file_bytes{_HUB}"
                },
                description="It turns while it waits, too. After ten minutes there is an alert.",
                unit="s",
                steps=((None, GREEN), (180, ORANGE), (600, RED)),
                width=4,
            ),
        ),
    ),
)
