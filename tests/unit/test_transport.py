"""TLS and logins: what is wrong with files, certificates and users is said before anything is sent."""

from __future__ import annotations

import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from pydantic import ValidationError

from schemas import settings
from schemas.errors import ConfigurationError, RetriableError
from schemas.runtime import clients, transport
from schemas.runtime.registry import Registry
from schemas.settings import KafkaSettings
from tests.support.certificates import HOSTS, Authority, Pair

_NOWHERE = "127.0.0.1:1"
_PASSWORD = "correct horse"  # noqa: S105  # a test's own


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Return the authority of all certificates here."""
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def tls_server() -> Iterator[Callable[..., str]]:
    """Return what starts a server that ends every connection after its handshake, and gives its address."""
    listening: list[socket.socket] = []

    def start(pair: Pair, ask_for: Path | None = None) -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        if ask_for is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(ask_for)
        server = socket.create_server(("127.0.0.1", 0))
        listening.append(server)
        threading.Thread(target=_serve, args=(server, context), daemon=True).start()
        return f"127.0.0.1:{server.getsockname()[1]}"

    yield start
    for server in listening:
        # A thread that waits in accept would keep a closed socket open.
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()


def _serve(server: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with suppress(OSError), connection, context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(64)


def checked(**given: Any) -> KafkaSettings:
    """Return settings as they come from a file or the environment: as texts."""
    return KafkaSettings.model_validate(given)


def told(**given: Any) -> str:
    """Return what a client says of settings that cannot work."""
    with pytest.raises(ConfigurationError) as caught:
        clients.admin(checked(**{"security_protocol": "SSL", "bootstrap_servers": _NOWHERE} | given))
    assert caught.value.hint
    return str(caught.value)


def test_a_file_that_is_not_there_is_named(authority: Authority, tmp_path: Path) -> None:
    """Each file that cannot be read is told by its setting and path."""
    absent = tmp_path / "absent"
    own = authority.pair("named")

    assert f"ca_file {absent}" in told(ca_file=absent)
    assert f"certificate_file {absent}" in told(certificate_file=absent, key_file=own.key)
    assert f"key_file {absent}" in told(certificate_file=own.certificate, key_file=absent)
    assert f"password_file {absent}" in told(security_protocol="SASL_SSL", username="x", password_file=absent)


def test_what_others_may_read_is_refused(authority: Authority, tmp_path: Path) -> None:
    """A key or a password that others on the machine may read protects nothing."""
    own = authority.pair("open")
    own.key.chmod(0o640)
    secret = tmp_path / "secret"
    secret.write_text(_PASSWORD)
    secret.chmod(0o604)

    assert "can be read by others" in told(certificate_file=own.certificate, key_file=own.key)
    assert "can be read by others" in told(security_protocol="SASL_SSL", username="x", password_file=secret)


def test_our_own_certificate_is_checked(authority: Authority) -> None:
    """One that is out of date, not yet valid, or not that of the key is refused before it is shown."""
    old, new = authority.pair("old", valid_days=(-30, -1)), authority.pair("new", valid_days=(2, 30))
    one, other = authority.pair("one"), authority.pair("other")
    locked = authority.pair("locked", password=_PASSWORD)

    assert "has expired on" in told(certificate_file=old.certificate, key_file=old.key)
    assert "is not valid before" in told(certificate_file=new.certificate, key_file=new.key)
    assert "is not the key of" in told(certificate_file=one.certificate, key_file=other.key)
    assert "holds no certificate" in told(certificate_file=one.key, key_file=one.key)
    other.key.write_text("-----BEGIN PRIVATE KEY-----")
    assert "is no private key" in told(certificate_file=one.certificate, key_file=other.key)
    given = {"certificate_file": locked.certificate, "key_file": locked.key}
    assert "is encrypted" in told(**given)
    assert "its password is another" in told(**given, key_password="wrong")  # noqa: S106  # a test's own
    assert _PASSWORD not in told(certificate_file=one.certificate, key_file=one.key, key_password=_PASSWORD)


def test_a_key_is_opened_with_a_password_from_a_file(authority: Authority, tmp_path: Path) -> None:
    """The password of a key may stand in a file of its own, with a line end."""
    locked = authority.pair("filed", password=_PASSWORD)
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text(_PASSWORD + "\n")
    given = checked(
        security_protocol="SSL",
        certificate_file=locked.certificate,
        key_file=locked.key,
        key_password_file=secret,
    )

    assert transport.kafka_options(given)["ssl.key.password"] == _PASSWORD


@pytest.mark.parametrize(
    ("hosts", "valid_days", "expected"),
    [
        ((x509.DNSName("elsewhere.example"),), (-1, 1), "names other addresses"),
        (HOSTS, (-9, -1), "has expired"),
        (HOSTS, (1, 9), "is not valid yet"),
    ],
)
def test_a_broker_with_a_wrong_certificate_is_refused(
    authority: Authority,
    tls_server: Callable[..., str],
    hosts: tuple[x509.GeneralName, ...],
    valid_days: tuple[int, int],
    expected: str,
) -> None:
    """A certificate of another host or another time is told as what it is."""
    address = tls_server(authority.pair("broker", hosts, valid_days))

    assert f"broker {address}: its certificate {expected}" in told(
        bootstrap_servers=address, ca_file=authority.file
    )


def test_a_broker_of_an_unknown_authority_is_refused(
    authority: Authority, tls_server: Callable[..., str], tmp_path: Path
) -> None:
    """Whoever shows a certificate of his own making is not talked to."""
    address = tls_server(Authority(tmp_path, "impostor").pair("broker", HOSTS))

    assert "no authority that is trusted" in told(bootstrap_servers=address, ca_file=authority.file)


def test_a_broker_that_wants_a_certificate_is_told_from_one_that_is_away(
    authority: Authority, tls_server: Callable[..., str]
) -> None:
    """Without or with a foreign certificate the error names ours; nobody at all is no refusal."""
    address = tls_server(authority.pair("broker", HOSTS), authority.file)

    assert "does not accept our certificate" in told(bootstrap_servers=address, ca_file=authority.file)
    clients.admin(checked(security_protocol="SSL", bootstrap_servers=_NOWHERE, ca_file=authority.file))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"ca_file": "x"}, "security_protocol is SSL"),
        ({"username": "x", "password": "y"}, "security_protocol is SASL_SSL"),
        ({"security_protocol": "SSL", "username": "x", "password": "y"}, "security_protocol is SASL_SSL"),
        ({"security_protocol": "SASL_SSL", "username": "x"}, "belong together"),
        ({"security_protocol": "SSL", "certificate_file": "x"}, "belong together"),
        ({"security_protocol": "ssl3"}, "Input should be"),
        ({"registry_url": "https://me:secret@registry"}, "should match"),
        ({"registry": {"username": "x", "password": "y"}}, "registry_url is https"),
        ({"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN"}, "sends the password as it is"),
        ({"security_protocol": "SSL", "client": {"security.protocol": "PLAINTEXT"}}, "as security_protocol"),
        ({"client": {"enable.ssl.certificate.verification": "False"}}, "would trust any server"),
        ({"client": {"ssl.endpoint.identification.algorithm": "none"}}, "would trust any server"),
    ],
)
def test_settings_that_would_protect_nothing_are_refused(given: dict[str, Any], expected: str) -> None:
    """What looks like protection and would be sent in clear, or trust anybody, is no setting."""
    with pytest.raises(ConfigurationError, match=expected) as caught:
        settings.load(kafka=given)

    assert "secret" not in str(caught.value)


def test_what_librdkafka_is_told_comes_before_settings() -> None:
    """Everything that librdkafka knows can be set."""
    given = checked(
        security_protocol="SASL_SSL",
        bootstrap_servers=_NOWHERE,
        client={"sasl.mechanism": "PLAIN", "sasl.username": "ours", "sasl.password": "x"},
    )

    # Without its user and password the client could not even be made.
    clients.admin(given)
    assert transport.kafka_options(given)["sasl.mechanism"] == "SCRAM-SHA-512"


class _Guarded(BaseHTTPRequestHandler):
    """A registry that knows one user and one schema."""

    def do_GET(self) -> None:

        credentials = b64encode(f"us-epa:{_PASSWORD}".encode()).decode()
        is_known = self.headers.get("Authorization") == f"Basic {credentials}"
        body = b'{"schema": "{}"}' if is_known else b"{}"
        self.send_response(HTTPStatus.OK if is_known else HTTPStatus.UNAUTHORIZED)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def https_registry(authority: Authority) -> Iterator[Callable[[Pair], str]]:
    """Return what starts a registry with TLS and users, and gives its address."""
    running: list[HTTPServer] = []

    def start(pair: Pair) -> str:
        server = HTTPServer(("127.0.0.1", 0), _Guarded)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        context.load_verify_locations(authority.file)
        context.verify_mode = ssl.CERT_OPTIONAL
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        running.append(server)
        return f"https://127.0.0.1:{server.server_port}"

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def test_a_registry_is_reached_with_its_own_user(
    authority: Authority, https_registry: Callable[[Pair], str]
) -> None:
    """User, password and authority of the registry are used; a wrong password is told as such."""
    url, ours = https_registry(authority.pair("registry", HOSTS)), authority.pair("us-epa")
    access = {
        "ca_file": authority.file,
        "username": "us-epa",
        "certificate_file": ours.certificate,
        "key_file": ours.key,
    }

    given = checked(registry_url=url, registry={**access, "password": _PASSWORD})
    wrong = checked(registry_url=url, registry={**access, "password": "wrong"})

    assert Registry(given).schema_of(7) == {}
    with pytest.raises(ConfigurationError, match="refuses us"):
        Registry(wrong).schema_of(7)


def test_a_registry_with_a_wrong_certificate_is_refused(
    authority: Authority, https_registry: Callable[[Pair], str]
) -> None:
    """A certificate of another host is told as what it is; nobody at all is a reason to wait."""
    url = https_registry(authority.pair("registry", (x509.DNSName("elsewhere.example"),)))
    access = {"ca_file": authority.file}

    with pytest.raises(ConfigurationError, match="names other addresses"):
        Registry(checked(registry_url=url, registry=access)).schema_of(7)
    with pytest.raises(RetriableError):
        Registry(checked(registry_url="https://127.0.0.1:1", registry=access)).schema_of(7)


def test_settings_show_no_secret() -> None:
    """Whoever prints settings sees stars."""
    given = checked(
        security_protocol="SASL_SSL",
        username="us-epa",
        password=_PASSWORD,
        registry_url="https://registry",
        registry={"username": "us-epa", "password": _PASSWORD},
    )

    with pytest.raises(ValidationError) as caught:
        checked(**given.model_dump() | {"security_protocol": "PLAINTEXT"})

    assert _PASSWORD not in repr(given) + str(given) + str(caught.value)
