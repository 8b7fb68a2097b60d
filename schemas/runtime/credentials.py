"""Files with certificates, keys and passwords: checked before use, so that a broker need not refuse them.

No content is ever shown, not in a chained error either.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from pydantic import SecretStr

from schemas.errors import ConfigurationError
from schemas.keystore import private_file
from schemas.settings import AccessSettings


def check_authorities(path: Path) -> None:
    """Check that a file holds certificates of which one is valid today.

    Raises:
        ConfigurationError: It is absent, malformed or out of date.
    """
    _check_dates(_certificates(path, "ca_file"), path)


def ends(settings: AccessSettings) -> dict[str, datetime]:
    """Return by setting when its file of certificates is of no use any more.

    Of our own certificate that is its end; of authorities the end of the last one.

    Raises:
        ConfigurationError: A file is absent or malformed.
    """
    found = {}
    if settings.certificate_file is not None:
        own, *_ = _certificates(settings.certificate_file, "certificate_file")
        found["certificate_file"] = own.not_valid_after_utc
    if settings.ca_file is not None:
        trusted = _certificates(settings.ca_file, "ca_file")
        found["ca_file"] = max(item.not_valid_after_utc for item in trusted)
    return found


def end_of(settings: AccessSettings) -> datetime | None:
    """Return when the first of them is of no use any more, None where there is none; raises as `ends`."""
    return min(ends(settings).values(), default=None)


def check_pair(certificate_file: Path, key_file: Path, password: str | None) -> None:
    """Check that a certificate is valid today and that a key is the one that belongs to it.

    Raises:
        ConfigurationError: One is absent or malformed, the certificate is out of date, or the key is
            not private to us.
    """
    own = _certificates(certificate_file, "certificate_file")[:1]
    _check_dates(own, certificate_file)
    content = _read(key_file, "key_file", private_file.read)
    try:
        key = load_pem_private_key(content, password.encode() if password else None)
    except TypeError:
        problem = "needs no password" if password else "is encrypted"
        raise ConfigurationError(
            f"key_file {key_file} {problem}",
            hint="give no key_password" if password else "give key_password_file",
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigurationError(
            f"key_file {key_file} is no private key, or its password is another",
            hint="it begins with -----BEGIN PRIVATE KEY----- or -----BEGIN ENCRYPTED PRIVATE KEY-----",
        ) from None
    shape = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if key.public_key().public_bytes(*shape) != own[0].public_key().public_bytes(*shape):
        raise ConfigurationError(
            f"key_file {key_file} is not the key of {certificate_file}",
            hint="give the two that belong together",
        )


def _certificates(path: Path, name: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(path, name))
    except ValueError:
        raise ConfigurationError(
            f"{name} {path} holds no certificate", hint="it begins with -----BEGIN CERTIFICATE-----"
        ) from None


def _check_dates(certificates: list[x509.Certificate], path: Path) -> None:
    """Refuse a file where no certificate is valid: of authorities there may be old ones beside new ones."""
    now = datetime.now(UTC)
    if any(item.not_valid_before_utc <= now <= item.not_valid_after_utc for item in certificates):
        return
    newest = max(certificates, key=lambda item: item.not_valid_after_utc)
    if newest.not_valid_after_utc < now:
        day = newest.not_valid_after_utc.date()
        raise ConfigurationError(f"the certificate in {path} has expired on {day}", hint="renew it")
    raise ConfigurationError(
        f"the certificate in {path} is not valid before {newest.not_valid_before_utc.date()}",
        hint="look at the clock of this machine, or wait until it is",
    )


def secret(given: SecretStr | None, path: Path | None, name: str) -> str | None:
    """Return a secret that is given, or stands in a file; None: neither.

    Raises:
        ConfigurationError: The file is absent, empty, or not private to us.
    """
    if path is None:
        return given.get_secret_value() if given is not None else None
    try:
        text = _read(path, name, private_file.read).decode().strip()
    except UnicodeDecodeError:
        text = ""
    if not text:
        raise ConfigurationError(f"{name} {path} holds no text", hint="it holds the secret and nothing else")
    return text


def _read(path: Path, name: str, read: Callable[[Path], bytes] = Path.read_bytes) -> bytes:
    try:
        return read(path)
    except OSError as error:
        raise ConfigurationError(
            f"{name} {path} cannot be read: {error.strerror}", hint=f"look at {name} and at its permissions"
        ) from None
