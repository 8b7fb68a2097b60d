"""A benchmark's figures as a small SVG file, drawn with nothing but text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape
from pathlib import Path

from tests.benchmarks.report import Report

_WIDTH, _LEFT, _RIGHT = 720, 250, 90
_ROW, _BAR, _TOP = 22, 14, 30
_OURS, _OTHERS = "#1b7f5c", "#9aa5b1"
_STYLE = "font: 12px sans-serif; fill: #57606a"


def bars(found: Report, column: str, file: Path) -> None:
    """Draw one bar for each row, on a logarithmic scale; the first row is ours.

    Args:
        found: What is drawn.
        column: The figures, all above zero; its name is written above the bars.
        file: Is written anew.
    """
    figures = [(str(row[""]), float(row[column])) for row in found.rows]
    height = _TOP + _ROW * len(figures)
    text = "\n".join(_lines(figures, f"{found.title}: {column}, logarithmic"))
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    file.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} style="{_STYLE}">\n{text}\n</svg>\n', "utf-8"
    )


def _lines(figures: list[tuple[str, float]], title: str) -> Iterator[str]:
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
