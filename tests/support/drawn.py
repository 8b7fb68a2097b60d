"""The dashboards as pages of HTML, where there is no Grafana to look at them.

    python -m tests.support.drawn http://127.0.0.1:9090 pages --minutes 30

It asks a Prometheus what the panels ask. Grafana draws the answers better; whether a panel is empty,
crowded, or in a unit that nobody reads shows here too.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from deploy.grafana.dashboards import FOLDER

_POINTS = 200
_WIDTH, _HEIGHT = 600, 150
_CELL_PIXELS = 34
_COLORS = ("#1b7f5c", "#b45f06", "#3367d6", "#a142f4", "#c5221f", "#00838f", "#7a6c00", "#5f6368")
_NAMED = {"green": "#2e9b5b", "orange": "#e08e0b", "red": "#d43f3a", "blue": "#3367d6"}
_STYLE = """
body { font: 13px sans-serif; margin: 12px; background: #f4f5f7; color: #24292f; width: 1500px }
.grid { display: grid; grid-template-columns: repeat(24, 1fr); gap: 6px }
.panel { background: white; border: 1px solid #d8dce1; padding: 6px; overflow: hidden }
h3 { font-size: 13px; margin: 0 0 4px } h2 { grid-column: span 24; font-size: 14px; margin: 8px 0 0 }
.box { display: inline-block; color: white; padding: 6px 10px; margin: 2px; font-size: 17px }
.box small, .key { font-size: 11px; margin-right: 8px } small { display: block }
.bar { height: 14px } td { padding: 1px 6px 1px 0; font-size: 12px }
"""
# Seconds in each, largest first.
_SPANS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s"))

Series = tuple[str, list[tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class Prometheus:
    """Where to ask, and over which time."""

    url: str
    begin: float
    end: float

    def series(self, target: dict[str, Any]) -> Iterator[Series]:
        """Yield legend and values of what a panel asks: the last one alone where it asks for the present."""
        query = re.sub(r"\$\w+", ".*", target["expr"])
        if target["instant"]:
            found = self._asked("query", query=query, time=self.end)
        else:
            step = (self.end - self.begin) / _POINTS
            found = self._asked("query_range", query=query, start=self.begin, end=self.end, step=step)
        for item in found:
            points = item["values"] if "values" in item else [item["value"]]
            yield (
                _legend(target["legendFormat"], item["metric"]),
                [(at, float(value)) for at, value in points],
            )

    def _asked(self, path: str, **given: Any) -> list[dict[str, Any]]:
        with urlopen(f"{self.url}/api/v1/{path}?{urlencode(given)}", timeout=30) as answer:  # noqa: S310  # a Prometheus of whoever calls
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        return found


def page(dashboard: dict[str, Any], prometheus: Prometheus) -> str:
    """Return a dashboard as HTML."""
    cells = "\n".join(_cell(panel, prometheus) for panel in dashboard["panels"])
    return (
        f"<!doctype html><meta charset=utf-8><style>{_STYLE}</style>"
        f"<h1>{escape(dashboard['title'])}</h1><div class=grid>{cells}</div>"
    )


def _cell(panel: dict[str, Any], prometheus: Prometheus) -> str:
    if panel["type"] == "row":
        return f"<h2>{escape(panel['title'])}</h2>"
    found = [series for target in panel["targets"] for series in prometheus.series(target)]
    place = panel["gridPos"]
    style = f"grid-column: span {place['w']}; height: {place['h'] * _CELL_PIXELS}px"
    inner = _DRAWN[panel["type"]](panel, found, prometheus) if found else "<i>no data</i>"
    return f'<div class=panel style="{style}"><h3>{escape(panel["title"])}</h3>{inner}</div>'


def _boxes(panel: dict[str, Any], found: list[Series], _: Prometheus) -> str:
    return "".join(
        f'<span class=box style="background: {_color(panel, points[-1][1])}">'
        f"{escape(_text(panel, points[-1][1]))}<small>{escape(legend)}</small></span>"
        for legend, points in found
    )


def _bars(panel: dict[str, Any], found: list[Series], _: Prometheus) -> str:
    most = max(abs(points[-1][1]) for _, points in found) or 1.0
    rows = (
        f"<tr><td>{escape(legend)}<td width=45%><div class=bar style='background: "
        f"{_color(panel, points[-1][1])}; width: {100 * abs(points[-1][1]) / most:.0f}%'></div>"
        f"<td>{escape(_text(panel, points[-1][1]))}"
        for legend, points in found
    )
    return f"<table width=100%>{''.join(rows)}</table>"


def _strips(panel: dict[str, Any], found: list[Series], prometheus: Prometheus) -> str:
    rows = "".join(
        f"<tr><td>{escape(legend)}<td width=60%><svg width=100% height=14 viewBox='0 0 {_WIDTH} 14' "
        f"preserveAspectRatio=none>{''.join(_strip(panel, points, prometheus))}</svg>"
        for legend, points in found
    )
    return f"<table width=100%>{rows}</table>"


def _strip(panel: dict[str, Any], points: list[tuple[float, float]], prometheus: Prometheus) -> Iterator[str]:
    width = _WIDTH / _POINTS
    for at, value in points:
        color, x = _color(panel, value), _x(at, prometheus) - width
        yield f"<rect x={x:.1f} width={width + 1:.1f} height=14 fill='{color}'/>"


def _lines(panel: dict[str, Any], found: list[Series], prometheus: Prometheus) -> str:
    defaults = panel["fieldConfig"]["defaults"]
    drawn = _stacked(found) if defaults["custom"]["stacking"]["mode"] == "normal" else found
    most = max(value for _, points in drawn for _, value in points) or 1.0
    paths = "".join(
        f"<polyline fill=none stroke='{_COLORS[number % len(_COLORS)]}' stroke-width=2 points='"
        + " ".join(f"{_x(at, prometheus):.1f},{_HEIGHT - _HEIGHT * value / most:.1f}" for at, value in points)
        + "'/>"
        for number, (_, points) in enumerate(drawn)
    )
    keys = "".join(
        f"<span class=key style='color: {_COLORS[number % len(_COLORS)]}'>&#9632; {escape(legend)}</span>"
        for number, (legend, _) in enumerate(found)
    )
    return (
        f"<div class=key>{escape(_text(panel, most))}</div><svg width=100% height={_HEIGHT} "
        f"viewBox='0 0 {_WIDTH} {_HEIGHT}' preserveAspectRatio=none>{paths}</svg><div>{keys}</div>"
    )


def _stacked(found: list[Series]) -> list[Series]:
    """Return each series on top of those before it."""
    below: dict[float, float] = {}
    stacked = []
    for legend, points in found:
        raised = [(at, value + below.get(at, 0.0)) for at, value in points]
        below |= dict(raised)
        stacked.append((legend, raised))
    return stacked


_DRAWN = {"stat": _boxes, "bargauge": _bars, "timeseries": _lines, "state-timeline": _strips}


def _x(at: float, prometheus: Prometheus) -> float:
    return _WIDTH * (at - prometheus.begin) / (prometheus.end - prometheus.begin)


def _color(panel: dict[str, Any], value: float) -> str:
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    reached = [step["color"] for step in steps if step["value"] is None or value >= step["value"]]
    return _NAMED[reached[-1]]


def _text(panel: dict[str, Any], value: float) -> str:
    defaults = panel["fieldConfig"]["defaults"]
    for mapping in defaults["mappings"]:
        if f"{value:g}" in mapping["options"]:
            return str(mapping["options"][f"{value:g}"]["text"])
    match defaults["unit"]:
        case "s":
            size, name = next((span for span in _SPANS if abs(value) >= span[0]), _SPANS[-1])
            return f"{value / size:,.1f} {name}"
        case "percentunit":
            return f"{value:.1%}"
        case "bytes":
            return f"{value / 2**20:,.1f} MiB"
        case "cps":
            return f"{value:.3g}/s"
        case _:
            return f"{value:,.6g}"


def _legend(template: str, labels: dict[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found[1], ""), template).strip()


def main() -> None:
    """Write a page for each dashboard."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("url", help="Prometheus, such as http://127.0.0.1:9090")
    given.add_argument("folder", type=Path)
    given.add_argument("--minutes", type=float, default=60.0)
    asked = given.parse_args()
    asked.folder.mkdir(exist_ok=True)
    prometheus = Prometheus(asked.url, time.time() - 60 * asked.minutes, time.time())
    for file in sorted(FOLDER.glob("*.json")):
        drawn = page(json.loads(file.read_text("utf-8")), prometheus)
        (asked.folder / f"{file.stem}.html").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
