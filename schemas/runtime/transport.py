"""TLS and logins of broker and registry: what clients are told of them, and refusals with their remedy.

Clients say no more than that a certificate or a user was refused. So before the first of them talks
to a broker, one that listens to the refusals tries.
"""

from __future__ import annotations

import re
import socket
import ssl
from contextlib import suppress
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from schemas.errors import ConfigurationError
from schemas.runtime import credentials
from schemas.settings import KafkaSettings, RegistrySettings, SecurityProtocol

_CONNECT_SECONDS = 5.0
# Time for an answer, longer and longer: between them is seen what the broker refuses.
_ANSWER_SECONDS = (0.25, 0.5, 1.0, 3.0)
# OpenSSL's X509_V_ERR_*: codes of a certificate that is not accepted.
_REFUSED_CERTIFICATES = {
    9: ("is not valid yet", "look at the clocks of both machines, or wait until it is"),
    10: ("has expired", "its operator has to renew it"),
    62: ("names other hosts", "use one of the hosts that it names, or have it made for this one"),
    64: ("names other addresses", "use a host that it names, or have it made for this address"),
}
_UNKNOWN_AUTHORITY = (
    "is of no authority that is trusted here",
    "give the authority's certificate as ca_file",
)
# OpenSSL's names of the alerts by which a server refuses a client's certificate.
_OBJECTION = re.compile("ALERT.*(?:CERTIFICATE|UNKNOWN_CA)")
_OBJECTION_SECONDS = 1.0
_PLACE = re.compile(r"ssl://(?P<host>[^/]+):(?P<port>\d+)/")
_proved: set[tuple[object, ...]] = set()


def kafka_options(settings: KafkaSettings) -> dict[str, Any]:
    """Return what librdkafka is to be told about security, after a check of every file.

    Raises:
        ConfigurationError: A file is absent, malformed, out of date, or readable by others.
    """
    protocol = settings.security_protocol
    options: dict[str, Any] = {"security.protocol": protocol.value}
    if protocol.has_tls:
        options |= {"ssl.endpoint.identification.algorithm": "https", **_tls_options(settings)}
    if protocol.has_user:
        options |= {"sasl.mechanism": settings.sasl_mechanism}
        if settings.username is not None:
            options |= {"sasl.username": settings.username, "sasl.password": _password(settings)}
    return options


def registry_options(settings: RegistrySettings) -> dict[str, Any]:
    """Return what the registry's client is to be told; raises as `kafka_options`."""
    options = _tls_options(settings)
    if settings.username is not None:
        options["basic.auth.user.info"] = f"{settings.username}:{_password(settings)}"
    return options


def prove(settings: KafkaSettings, options: dict[str, Any]) -> None:
    """Connect once with some options; where nobody answers, the client itself is left to wait.

    Raises:
        ConfigurationError: The broker or its certificate is refused, or the broker refuses us.
    """
    if settings.security_protocol is SecurityProtocol.PLAINTEXT or _name(settings) in _proved:
        return
    told: list[KafkaError] = []
    try:
        # The client ends with this call: nothing refers to it any more.
        answered = _is_answered(AdminClient(options | {"error_cb": told.append}), told)
    except KafkaException as error:
        raise ConfigurationError(
            f"kafka settings: {error.args[0].str()}", hint="look at [kafka] and [kafka.client]"
        ) from None
    if answered:
        _proved.add(_name(settings))
    elif told:
        _raise_refusal(settings, told)


def doubt(settings: KafkaSettings) -> None:
    """Have the next client prove its connection again, as one was refused."""
    _proved.discard(_name(settings))


def refused_certificate(error: ssl.SSLCertVerificationError, place: str) -> ConfigurationError:
    """Return what is wrong with the certificate of a server."""
    problem, hint = _REFUSED_CERTIFICATES.get(error.verify_code, _UNKNOWN_AUTHORITY)
    return ConfigurationError(f"{place}: its certificate {problem}", hint=hint)


def shown_certificate(access: KafkaSettings | RegistrySettings, host: str, port: int, where: str) -> bytes:
    """Return the certificate that a server shows, DER, after a handshake as our clients do it.

    Args:
        access: Whom to trust, and what to show.
        host: Name or address, which the certificate has to name.
        port: Where it listens.
        where: What to call it.

    Raises:
        ConfigurationError: Its certificate is refused, or it refuses ours.
        OSError: Nobody answers, or it speaks no TLS.
    """
    try:
        with (
            socket.create_connection((host, port), timeout=_CONNECT_SECONDS) as connection,
            tls_context(access).wrap_socket(connection, server_hostname=host) as secured,
        ):
            # A server that does not accept our certificate says so only after the handshake.
            secured.settimeout(_OBJECTION_SECONDS)
            with suppress(TimeoutError):
                secured.recv(1)
            return secured.getpeercert(binary_form=True) or b""
    except ssl.SSLCertVerificationError as error:
        raise refused_certificate(error, where) from None
    except ssl.SSLError as error:
        if not _OBJECTION.search(error.reason or ""):
            raise
        raise ConfigurationError(
            f"{where} does not accept our certificate",
            hint="give certificate_file and key_file of an authority that it trusts",
        ) from None


def tls_context(settings: KafkaSettings | RegistrySettings) -> ssl.SSLContext:
    """Return whom we trust and what we show, for Python's own connections; raises as `kafka_options`."""
    context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    if settings.certificate_file and settings.key_file:
        password = credentials.secret(settings.key_password, settings.key_password_file, "key_password_file")
        context.load_cert_chain(settings.certificate_file, settings.key_file, password)
    return context


def _name(settings: KafkaSettings) -> tuple[object, ...]:
    return (
        settings.bootstrap_servers,
        settings.security_protocol,
        settings.username,
        settings.password,
        settings.ca_file,
        settings.certificate_file,
        tuple(sorted(settings.client.items())),
    )


def _is_answered(client: AdminClient, told: list[KafkaError]) -> bool:
    for seconds in _ANSWER_SECONDS:
        try:
            client.list_topics(timeout=seconds)
        except KafkaException:
            client.poll(0)
            if told:
                return False
        else:
            return True
    return False


def _raise_refusal(settings: KafkaSettings, told: list[KafkaError]) -> None:
    """Raise where the errors of a client come from a refusal; anything else passes by itself."""
    if any(error.code() == KafkaError._AUTHENTICATION for error in told):  # noqa: SLF001  # librdkafka's public code
        raise ConfigurationError(
            f"broker {settings.bootstrap_servers} refuses user or password",
            hint="look at username, password and sasl_mechanism; the operator makes users",
        )
    places = {(place["host"], int(place["port"])) for error in told if (place := _PLACE.search(error.str()))}
    for host, port in sorted(places):
        _try_handshake(settings, host, port)


def _try_handshake(settings: KafkaSettings, host: str, port: int) -> None:
    """Repeat what failed with a library that says why."""
    with suppress(OSError):
        shown_certificate(settings, host, port, f"broker {host}:{port}")


def _tls_options(settings: KafkaSettings | RegistrySettings) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if settings.ca_file is not None:
        credentials.check_authorities(settings.ca_file)
        options["ssl.ca.location"] = str(settings.ca_file)
    if settings.certificate_file is not None and settings.key_file is not None:
        password = credentials.secret(settings.key_password, settings.key_password_file, "key_password_file")
        credentials.check_pair(settings.certificate_file, settings.key_file, password)
        options["ssl.certificate.location"] = str(settings.certificate_file)
        options["ssl.key.location"] = str(settings.key_file)
        if password:
            options["ssl.key.password"] = password
    return options


def _password(settings: KafkaSettings | RegistrySettings) -> str:
    return credentials.secret(settings.password, settings.password_file, "password_file") or ""
