"""Findings: what is wrong with a document, where, and what to do about it.

A rule is a row of a table: a stable identifier, how severe it is, the remedy and the
source of the rule. A finding is a rule at a place. Neither ever holds a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error rejects the document, a warning travels on as a count."""

    ERROR = "ERROR"
    WARNING = "WARNING"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that one place of a document breaks."""

    path: str
    rule: str
    severity: Severity
    hint: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a table; `hint` says what to do, `source` where the rule comes from."""

    id: str
    severity: Severity
    hint: str
    source: str

    def at(self, path: str) -> Finding:
        """Return the finding that `path` breaks this rule."""
        return Finding(path, self.id, self.severity, self.hint)


def has_error(findings: list[Finding] | tuple[Finding, ...]) -> bool:
    """Say whether any finding rejects the document."""
    return bool(findings) and any(finding.severity is Severity.ERROR for finding in findings)
