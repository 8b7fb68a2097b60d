"""Findings of one row, as they are noticed: a rule at a column, in order."""

from __future__ import annotations

from collections.abc import Callable

# Told the rule that is broken and the short name of the column.
Notice = Callable[[str, str], None]
# What is told of a part that is read once for many rows: rules and columns, in order.
Broken = tuple[tuple[str, str], ...]
