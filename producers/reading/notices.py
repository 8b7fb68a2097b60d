"""What is noticed about a document while it is told: each finding once, in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from schemas.findings import Finding, Rule

# Told the rule that is broken, and where.
Notice = Callable[[str, str], None]


class Notices:
    """What is noticed about one document.

    It knows nothing of who tells: what is told to it leaves no cycle behind, and each document is freed
    as soon as it is read.
    """

    __slots__ = ("_found", "_rules")

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = rules
        self._found: dict[Finding, None] = {}

    def __call__(self, rule: str, path: str) -> None:
        """Remember that a rule is broken at a place."""
        self._found[self._rules[rule].at(path)] = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return everything that was noticed, each once, in the order in which it was."""
        return tuple(self._found)
