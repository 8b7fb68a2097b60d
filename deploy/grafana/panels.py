"""Panels of a dashboard: what they ask Prometheus, and how the answer is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
GREEN, ORANGE, RED, BLUE = "green", "orange", "red", "blue"
# Grafana's grid is 24 wide.
GRID_WIDTH = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel.

    Attributes:
        kind: Grafana's type: `stat` and `bargauge` show the present, `timeseries` the course,
            `state-timeline` states over time.
        queries: By legend, what is asked; a legend may name labels, as `{{agency}}`.
        description: What it tells, and what to do, for somebody who sees it for the first time.
        unit: Grafana's name of a unit.
        steps: Colours from values on; the first one holds below all others.
        words: By value, the word that stands for it.
    """

    title: str
    kind: str
    queries: Mapping[str, str]
    description: str
    unit: str = "short"
    steps: tuple[tuple[float | None, str], ...] = ((None, BLUE),)
    words: Mapping[float, str] = field(default_factory=dict)
    width: int = 8
    height: int = 6
    is_stacked: bool = False

    def json(self, number: int, x: int, y: int) -> dict[str, Any]:
        """Return what Grafana reads, at a place of its grid."""
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": SOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "targets": self._targets(),
            "fieldConfig": {"defaults": self._defaults(), "overrides": []},
            "options": self._options(),
        }

    def _targets(self) -> list[dict[str, Any]]:
        is_present = self.kind in {"stat", "bargauge"}
        return [
            {
                "refId": chr(ord("A") + place),
                "datasource": SOURCE,
                "expr": query,
                "legendFormat": legend,
                "instant": is_present,
                "range": not is_present,
            }
            for place, (legend, query) in enumerate(self.queries.items())
        ]

    def _defaults(self) -> dict[str, Any]:
        steps = [{"color": color, "value": value} for value, color in self.steps]
        is_course = self.kind == "timeseries"
        found: dict[str, Any] = {
            "unit": self.unit,
            "noValue": "none",
            "color": {"mode": "palette-classic" if is_course else "thresholds"},
            "thresholds": {"mode": "absolute", "steps": steps},
            "mappings": self._mappings(),
        }
        if is_course:
            found["min"] = 0
            found["custom"] = {
                "lineWidth": 2,
                "fillOpacity": 25 if self.is_stacked else 0,
                "showPoints": "never",
                "stacking": {"mode": "normal" if self.is_stacked else "none"},
                "thresholdsStyle": {"mode": "line" if len(self.steps) > 1 else "off"},
            }
        return found

    def _mappings(self) -> list[dict[str, Any]]:
        options = {f"{value:g}": {"text": word} for value, word in self.words.items()}
        return [{"type": "value", "options": options}] if options else []

    def _options(self) -> dict[str, Any]:
        if self.kind == "stat":
            return {
                "colorMode": "background",
                "graphMode": "none",
                "textMode": "value_and_name",
                "reduceOptions": {"calcs": ["lastNotNull"]},
            }
        if self.kind == "bargauge":
            return {
                "displayMode": "basic",
                "orientation": "horizontal",
                "reduceOptions": {"calcs": ["lastNotNull"]},
            }
        return {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}}


@dataclass(frozen=True, slots=True)
class Row:
    """Panels beside each other, under a heading."""

    title: str
    panels: tuple[Panel, ...]
