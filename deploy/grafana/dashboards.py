"""The dashboards as files: `python -m deploy.grafana.dashboards` writes them.

Each begins with the four questions that operators ask, as far as they are theirs: is each
agency alive, how late are its data, what is refused and why, are releases on time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.grafana import agency, exchange, hub
from deploy.grafana.panels import GRID_WIDTH, SOURCE, Row

FOLDER = Path(__file__).parent / "dashboards"
# Grafana's JSON of that time; newer ones read it.
_SCHEMA_VERSION = 39


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """One dashboard.

    Attributes:
        uid: Under which it is linked; it never changes.
        variables: By name, the metric whose label of that name is chosen from.
    """

    uid: str
    title: str
    description: str
    variables: dict[str, str]
    rows: tuple[Row, ...]

    def json(self) -> dict[str, Any]:
        """Return what Grafana reads."""
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "tags": ["weighbridge"],
            "schemaVersion": _SCHEMA_VERSION,
            "editable": False,
            "timezone": "utc",
            "refresh": "1m",
            "time": {"from": "now-24h", "to": "now"},
            "links": [
                {"type": "dashboards", "title": "weighbridge", "tags": ["weighbridge"], "asDropdown": False}
            ],
            "templating": {"list": [_DATASOURCE, *(_variable(*item) for item in self.variables.items())]},
            "panels": list(self._panels()),
        }

    def _panels(self) -> Iterator[dict[str, Any]]:
        number, top = 1, 0
        for row in self.rows:
            place = {"x": 0, "y": top, "w": GRID_WIDTH, "h": 1}
            yield {
                "id": number,
                "type": "row",
                "title": row.title,
                "collapsed": False,
                "gridPos": place,
                "panels": [],
            }
            number, top, left = number + 1, top + 1, 0
            for panel in row.panels:
                if left + panel.width > GRID_WIDTH:
                    left, top = 0, top + panel.height
                yield panel.json(number, left, top)
                number, left = number + 1, left + panel.width
            top += row.panels[-1].height


_DATASOURCE = {"type": "datasource", "name": "datasource", "label": "Prometheus", "query": "prometheus"}


def _variable(name: str, metric: str) -> dict[str, Any]:
    return {
        "type": "query",
        "name": name,
        "label": name,
        "datasource": SOURCE,
        "query": {"query": f"label_values({metric}, {name})", "refId": name},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


DASHBOARDS = (
    Dashboard(
        uid="weighbridge-exchange",
        title="Weighbridge: the exchange",
        description="For whoever answers for the exchange: all agencies and all hubs on one page.",
        variables={"hub": "weighbridge_lag_records"},
        rows=exchange.ROWS,
    ),
    Dashboard(
        uid="weighbridge-agency",
        title="Weighbridge: an agency",
        description="For an agency that runs adapters: what its sources deliver, and what becomes of it.",
        variables={"agency": "weighbridge_documents_read_total"},
        rows=agency.ROWS,
    ),
    Dashboard(
        uid="weighbridge-hub",
        title="Weighbridge: a hub",
        description="For whoever runs a hub: does it keep up, what does it refuse, are its releases on time.",
        variables={"hub": "weighbridge_lag_records"},
        rows=hub.ROWS,
    ),
)


def text(dashboard: Dashboard) -> str:
    """Return a dashboard as it is kept."""
    return json.dumps(dashboard.json(), indent=2) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for item in DASHBOARDS:
        (FOLDER / f"{item.uid}.json").write_text(text(item), encoding="utf-8")
