"""When keys and certificates end, as operators see it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas import identity
from schemas.errors import ConfigurationError
from schemas.identity import DEMONSTRATION_KEYS
from schemas.runtime import expiry
from schemas.runtime.metrics import Metrics
from schemas.settings import KafkaSettings, RegistrySettings, SecurityProtocol
from tests.support.certificates import Authority

DAY_SECONDS = 86_400.0


def shown(metrics: Metrics, name: str) -> dict[str, float]:
    """Return the values of a metric by its only label."""
    return {
        next(iter(sample.labels.values())): sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == name
    }


def tls(authority: Authority) -> KafkaSettings:
    """Return settings with a certificate that ends in 20 days, ten before its authority."""
    pair = authority.pair("client", valid_days=(-1, 20))
    return KafkaSettings(
        security_protocol=SecurityProtocol.SSL,
        ca_file=authority.file,
        certificate_file=pair.certificate,
        key_file=pair.key,
        registry=RegistrySettings(ca_file=authority.file),
        registry_url="https://registry/",
    )


def test_certificates_end_when_the_first_of_them_does(tmp_path: Path) -> None:
    """The broker's is our own where that ends before its authority; the registry's is the authority's."""
    metrics = Metrics()
    expiry.show_certificates(metrics, tls(Authority(tmp_path)))
    ends = shown(metrics, "weighbridge_certificate_end_timestamp_seconds")

    in_twenty_days = (datetime.now(UTC) + timedelta(days=20)).timestamp()
    assert abs(ends["broker"] - in_twenty_days) < DAY_SECONDS
    assert ends["registry"] > ends["broker"] + DAY_SECONDS


def test_without_certificates_nothing_ends() -> None:
    """Where nothing is encrypted there is no instant, which an alert would take for long ago."""
    metrics = Metrics()
    expiry.show_certificates(metrics, KafkaSettings())

    assert shown(metrics, "weighbridge_certificate_end_timestamp_seconds") == {}


def test_a_file_without_certificates_is_refused(tmp_path: Path) -> None:
    """What holds no certificate is named, as by the clients."""
    authority = Authority(tmp_path)
    settings = tls(authority)
    authority.file.write_text("nothing")

    with pytest.raises(ConfigurationError, match="ca_file"):
        expiry.show_certificates(Metrics(), settings)


def test_keys_last_as_long_as_their_years(tmp_path: Path) -> None:
    """The day on which keys were drawn, and the last day of the last year of the shared ones."""
    identity.create(tmp_path, range(2020, 2031))
    metrics = Metrics()
    expiry.show_keys(metrics, "US-EPA", identity.load(tmp_path))

    last_day = datetime(2030, 12, 31, tzinfo=UTC).timestamp()
    drawn = shown(metrics, "weighbridge_keys_drawn_timestamp_seconds")["US-EPA"]
    assert shown(metrics, "weighbridge_keys_end_timestamp_seconds") == {"US-EPA": last_day}
    assert abs(datetime.now(UTC).timestamp() - drawn) < 2 * DAY_SECONDS


def test_published_keys_are_of_no_age() -> None:
    """Keys of the demonstration were drawn on no day, and those without years end on none."""
    metrics = Metrics()
    expiry.show_keys(metrics, "US-EPA", dataclasses.replace(DEMONSTRATION_KEYS, pseudonym={}))

    assert shown(metrics, "weighbridge_keys_drawn_timestamp_seconds") == {}
    assert shown(metrics, "weighbridge_keys_end_timestamp_seconds") == {}
