"""A benchmark's figures as small SVG files, drawn with nothing but text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from tests.benchmarks.report import Report

_WIDTH, _LEFT, _RIGHT = 720, 250, 90
_ROW, _BAR, _TOP = 22, 14, 30
_PANEL, _MARGIN = 110, 60
_OURS, _OTHERS = "#1b7f5c", "#9aa5b1"
_COLORS = (_OURS, "#b45f06", "#5b4ea1")
_STYLE = "font: 12px sans-serif; fill: #57606a"

# Times, and what was seen at each.
Course = tuple[Sequence[float], Sequence[float]]


def bars(found: Report, column: str, file: Path) -> None:
    """Draw one bar for each row, on a logarithmic scale; the first row is ours.

    Args:
        found: What is drawn.
        column: The figures, all above zero; its name is written above the bars.
        file: Is written anew.
    """
    figures = [(str(row[""]), float(row[column])) for row in found.rows]
    lines = _bars(figures, f"{found.title}: {column}, logarithmic")
    _write(file, _TOP + _ROW * len(figures), lines)


def courses(panels: Sequence[tuple[str, Mapping[str, Course]]], unit: str, file: Path) -> None:
    """Draw panels one below the other, each with some lines over the same time; all begin at zero.

    Args:
        panels: Titles, and by name what is drawn.
        unit: Of time.
        file: Is written anew.
    """
    last = max(max(times) for _, lines in panels for times, _ in lines.values())
    drawn = [
        text
        for number, (title, lines) in enumerate(panels)
        for text in _panel(title, lines, last, number * (_PANEL + _TOP))
    ]
    height = len(panels) * (_PANEL + _TOP) + _ROW
    scale = f'<text x="{_MARGIN}" y="{height - 6}">0</text>'
    end = f'<text x="{_WIDTH}" y="{height - 6}" text-anchor="end">{last:,.0f} {unit}</text>'
    _write(file, height, [*drawn, scale, end])


def _panel(title: str, lines: Mapping[str, Course], last: float, top: float) -> Iterator[str]:
    most = max(max(values) for _, values in lines.values()) or 1.0
    yield f'<text x="0" y="{top + 14}" font-weight="bold">{escape(title)}</text>'
    base = top + _TOP + _PANEL - 10
    yield f'<text x="{_MARGIN - 6}" y="{top + _TOP + 4}" text-anchor="end">{most:,.3g}</text>'
    yield f'<text x="{_MARGIN - 6}" y="{base}" text-anchor="end">0</text>'
    yield f'<path d="M{_MARGIN} {base}H{_WIDTH}" stroke="{_OTHERS}"/>'
    across, down = (_WIDTH - _MARGIN) / last, (_PANEL - 10) / most
    for number, ((name, (times, values)), color) in enumerate(zip(lines.items(), _COLORS, strict=False)):
        points = zip(times, values, strict=True)
        path = " ".join(f"{_MARGIN + time * across:.1f},{base - value * down:.1f}" for time, value in points)
        yield f'<polyline points="{path}" fill="none" stroke="{color}"/>'
        yield f'<text x="{_LEFT + 100 * number}" y="{top + 14}" fill="{color}">{escape(name)}</text>'


def _write(file: Path, height: float, lines: Iterable[str]) -> None:
    text = "\n".join(lines)
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    file.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} style="{_STYLE}">\n{text}\n</svg>\n', "utf-8"
    )


def _bars(figures: list[tuple[str, float]], title: str) -> Iterator[str]:
    yield f'<text x="0" y="14" font-weight="bold">{escape(title)}</text>'
    # A little less than the smallest, so that its bar can be seen.
    least = min(figure for _, figure in figures) / 2
    scale = (_WIDTH - _LEFT - _RIGHT) / math.log(max(figure for _, figure in figures) / least)
    for number, (name, figure) in enumerate(figures):
        top = _TOP + _ROW * number
        length = scale * math.log(figure / least)
        color = _OTHERS if number else _OURS
        base = top + _BAR - 3
        yield f'<text x="{_LEFT - 6}" y="{base}" text-anchor="end">{escape(name)}</text>'
        yield f'<rect x="{_LEFT}" y="{top}" width="{length:.0f}" height="{_BAR}" fill="{color}"/>'
        yield f'<text x="{_LEFT + length + 6:.0f}" y="{base}">{figure:,.2f}</text>'
