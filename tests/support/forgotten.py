"""Hubs that do not look at what they should, for attacks that succeed then."""

from __future__ import annotations

import pytest

from consumers.release import traces


def forget_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open and show what is safe without a look at where else its loads were told, and taken back."""
    monkeypatch.setattr(traces, "held", lambda _, closed, *__: closed)
