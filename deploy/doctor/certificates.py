"""Certificates: until when they are valid, ours, those of authorities, and what a server shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from cryptography import x509

from deploy.doctor.check import Finding, ok, warn
from deploy.doctor.installation import Installation
from schemas.runtime import credentials, transport
from schemas.settings import AccessSettings

# So long before its end a certificate is to be renewed.
_DAYS_MIN = 30
_RENEWAL = {
    "certificate_file": "renew it, put it in place and restart: deploy/ACCESS.md says how one is made",
    "ca_file": "get the authority's next certificate and put both into this file, then restart",
}


def of_broker(installation: Installation) -> Iterator[Finding]:
    """Look at the files for the broker; raises ConfigurationError where one cannot be used."""
    kafka = installation.settings.kafka
    transport.kafka_options(kafka)
    yield from _of_files(kafka)


def of_registry(installation: Installation) -> Iterator[Finding]:
    """Look at those for the registry; raises likewise."""
    registry = installation.settings.kafka.registry
    transport.registry_options(registry)
    yield from _of_files(registry)


def of_server(shown: bytes, place: str) -> Finding:
    """Return until when the certificate of a server is valid.

    Args:
        shown: DER; its end lies ahead, as it was accepted.
        place: Whose it is.
    """
    end = x509.load_der_x509_certificate(shown).not_valid_after_utc
    return _until(end, f"the certificate of {place}", "its operator has to renew it")


def _of_files(access: AccessSettings) -> Iterator[Finding]:
    for name, end in credentials.ends(access).items():
        yield _until(end, f"{name} {getattr(access, name)}", _RENEWAL[name])


def _until(end: datetime, place: str, remedy: str) -> Finding:
    days = (end - datetime.now(UTC)).days
    if days < _DAYS_MIN:
        return warn(f"{place} is valid until {end.date()}: {days} days more", remedy)
    return ok(f"{place} is valid until {end.date()}")
