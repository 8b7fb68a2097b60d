"""Statements of stories that are written by hand."""

from __future__ import annotations

from typing import Any

from tests.support.worlds import Load, Statement

A_LOAD = Load("FR-IDF", "FR-IDF", "GLASS", "RECYCLING", "2026-Q1", b"new", b"to new", "A")


def several(count: int, first: int = 0, mass_g: int = 900, **change: Any) -> dict[int, Statement]:
    """Return loads of as many companies, all of them different ones, numbered from the first one on."""
    return {
        number: Statement(A_LOAD._replace(sender=b"s%d" % number, receiver=b"r%d" % number, **change), mass_g)
        for number in range(first, first + count)
    }
