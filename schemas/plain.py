"""Values of records as people and JSON have them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any


def plain(value: Any) -> Any:
    """Return a value of a record for JSON.

    Bytes become hexadecimal text, instants ISO 8601 in UTC, dates ISO dates.
    """
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value


def instant(at: datetime) -> str:
    """Return an instant as people read it, to the second, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def utc(at: datetime | None) -> datetime | None:
    """Return an instant given on a command line as one of UTC."""
    return None if at is None else at.replace(tzinfo=at.tzinfo or UTC)
