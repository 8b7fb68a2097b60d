"""CloudEvents headers of a record, in Kafka's binary mode: routing without decoding.

They travel in clear, so they name the kind, the publisher and the day, and nothing else.
Source: CloudEvents 1.0, Kafka protocol binding.
"""

from __future__ import annotations

from datetime import date

Headers = list[tuple[str, str | bytes | None]]


def cloud_event(event_id: bytes, publisher: str, kind: str, on: date) -> Headers:
    """Return the headers; `kind` is the record's name, `on` the day on which it was known.

    Each has its class in `schemas.confidentiality`, as fields have theirs.
    """
    return [
        ("content-type", "application/avro"),
        ("ce_specversion", "1.0"),
        ("ce_id", event_id.hex()),
        ("ce_source", f"weighbridge/{publisher}"),
        ("ce_type", f"weighbridge.{kind}"),
        ("ce_time", f"{on.isoformat()}T00:00:00Z"),
    ]
