"""CloudEvents headers of a record, in Kafka's binary mode: routing without decoding.

They travel in clear, so they name the kind, the publisher and the day, and nothing else.
Source: CloudEvents 1.0, Kafka protocol binding.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

# A publisher's events of each day.
_REMEMBERED_MAX = 4096

Headers = list[tuple[str, str | bytes | None]]


def cloud_event(event_id: bytes, publisher: str, kind: str, on: date) -> Headers:
    """Return the headers; `kind` is the record's name, `on` the day on which it was known.

    Each has its class in `schemas.confidentiality`, as fields have theirs.
    """
    first, last = _alike(publisher, kind, on)
    return [*first, ("ce_id", event_id.hex()), *last]


@lru_cache(_REMEMBERED_MAX)
def _alike(publisher: str, kind: str, on: date) -> tuple[Headers, Headers]:
    """Return what stands before and after the identifier."""
    first: Headers = [("content-type", "application/avro"), ("ce_specversion", "1.0")]
    last: Headers = [
        ("ce_source", f"weighbridge/{publisher}"),
        ("ce_type", f"weighbridge.{kind}"),
        ("ce_time", f"{on.isoformat()}T00:00:00Z"),
    ]
    return first, last
