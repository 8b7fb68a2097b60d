"""The clock of this machine, held against the registry's answer and the newest record of the ledger."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported without saying so
    OffsetSpec,
    TopicDescription,
)

from deploy.doctor.address import CONNECT_SECONDS, of_registry
from deploy.doctor.check import Finding, fail, ok, skipped, warn
from deploy.doctor.installation import Installation
from schemas import topics
from schemas.runtime import clients, transport
from schemas.runtime.failures import classified
from schemas.settings import KafkaSettings

# Clocks that are kept by NTP differ by far less; an HTTP date has no parts of seconds.
_WARN_SECONDS, _FAIL_SECONDS = 5, 60
_CONSEQUENCES = (
    "corrections are ordered wrongly, epochs close at other times than elsewhere, certificates seem expired"
)
_REMEDY = "have NTP set the clock, such as by chrony or systemd-timesyncd, on this machine and on the others"


def registry(installation: Installation) -> Iterator[Finding]:
    """Hold the clock against the registry's answer."""
    theirs = _answered_at(installation.settings.kafka)
    if theirs is None:
        yield skipped("the registry's answers have no date", "compare the clock yourself: date -u")
        return
    seconds = round((datetime.now(UTC) - theirs).total_seconds())
    side = "ahead of" if seconds > 0 else "behind"
    if abs(seconds) <= _WARN_SECONDS:
        yield ok(f"within {_WARN_SECONDS} s of the registry's")
    elif abs(seconds) <= _FAIL_SECONDS:
        yield warn(f"{abs(seconds)} s {side} the registry's clock: {_CONSEQUENCES}", _REMEDY)
    else:
        yield fail(f"{abs(seconds)} s {side} the registry's clock: {_CONSEQUENCES}", _REMEDY)


def ledger(installation: Installation) -> Iterator[Finding]:
    """Look for a record that was written in the future: the clock is behind, or that of its writer ahead."""
    newest = _newest(installation)
    if newest is None:
        yield skipped("there is no record to compare with")
        return
    seconds = round((newest - datetime.now(UTC)).total_seconds())
    if seconds > _WARN_SECONDS:
        yield warn(
            f"a record of {topics.MOVEMENTS} is of {seconds} s from now: this clock is behind, or a "
            f"writer's ahead: {_CONSEQUENCES}",
            _REMEDY,
        )
    else:
        yield ok(f"no record of {topics.MOVEMENTS} is of the future")


def _answered_at(kafka: KafkaSettings) -> datetime | None:
    """Return what time it is at the registry, or at what answers in front of it; None: it does not say."""
    host, port = of_registry(kafka.registry_url)
    connection = http.client.HTTPConnection(host, port, timeout=CONNECT_SECONDS)
    if kafka.registry_url.startswith("https:"):
        context = transport.tls_context(kafka.registry)
        connection = http.client.HTTPSConnection(host, port, timeout=CONNECT_SECONDS, context=context)
    try:
        connection.request("GET", f"{urlsplit(kafka.registry_url).path.rstrip('/')}/mode")
        told = connection.getresponse().headers["Date"]
        return None if told is None else parsedate_to_datetime(told).astimezone(UTC)
    except (http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _newest(installation: Installation) -> datetime | None:
    """Return when the newest record was written, by the clock of its writer; None: there is none to see."""
    found = installation.known_topics[topics.MOVEMENTS]
    if not isinstance(found, TopicDescription):
        return None
    asked = {
        TopicPartition(topics.MOVEMENTS, partition.id): OffsetSpec.max_timestamp()  # type: ignore[no-untyped-call]  # untyped in the client
        for partition in found.partitions
    }
    answers = installation.admin.list_offsets(asked, request_timeout=clients.REQUEST_TIMEOUT_SECONDS)
    try:
        stamps = [future.result(clients.REQUEST_TIMEOUT_SECONDS * 2).timestamp for future in answers.values()]
    except KafkaException as error:
        raise classified(error, "list offsets") from None
    newest = max(stamps, default=-1)
    return None if newest < 0 else datetime.fromtimestamp(newest / 1000, UTC)
