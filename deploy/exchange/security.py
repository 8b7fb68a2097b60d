"""A broker that lets only known clients in, over TLS, to what they are granted.

It listens twice: for users with a password (SCRAM) and for clients with a certificate. Broker and
controller are clients too and show the broker's certificate, so that there is no third way in.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from deploy.exchange import files

_PLAIN = """\
listeners=CLIENTS://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=CLIENTS://{host}:{port}
listener.security.protocol.map=CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENTS
"""

_SECURED = """\
listeners=USERS://{host}:{port},CERTIFICATES://{host}:{certificate_port},CONTROLLER://{host}:{controller_port}
advertised.listeners=USERS://{host}:{port},CERTIFICATES://{host}:{certificate_port}
listener.security.protocol.map=USERS:SASL_SSL,CERTIFICATES:SSL,CONTROLLER:SSL
inter.broker.listener.name=CERTIFICATES
ssl.keystore.type=PEM
ssl.keystore.location=kafka/own.pem
ssl.truststore.type=PEM
ssl.truststore.location=kafka/authority.pem
ssl.client.auth=required
listener.name.users.ssl.client.auth=none
listener.name.users.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.users.scram-sha-512.sasl.jaas.config=\\
  org.apache.kafka.common.security.scram.ScramLoginModule required;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users={super_users}
"""


@dataclass(frozen=True, slots=True)
class Security:
    """Certificates of a secured exchange; files are PEM.

    Attributes:
        ca_file: The authority that signs the certificates of servers and clients.
        certificate_file: The servers' own certificate.
        key_file: Its key, not encrypted (PKCS #8).
        operator: Who may do everything: the subject of a certificate, such as CN=operator.
    """

    ca_file: Path
    certificate_file: Path
    key_file: Path
    operator: str

    @property
    def super_users(self) -> str:
        """The principals that need no grant: the operator, and the broker itself."""
        own = x509.load_pem_x509_certificate(self.certificate_file.read_bytes())
        return f"User:{own.subject.rfc4514_string()};User:{self.operator}"

    @property
    def client_options(self) -> dict[str, str]:
        """What librdkafka needs to connect as the broker itself."""
        return {
            "security.protocol": "SSL",
            "ssl.ca.location": str(self.ca_file),
            "ssl.certificate.location": str(self.certificate_file),
            "ssl.key.location": str(self.key_file),
        }


def listeners(
    security: Security | None,
    folder: Path,
    *,
    host: str,
    port: int,
    certificate_port: int,
    controller_port: int,
) -> str:
    """Return the broker's properties about its listeners; writes what they refer to into its folder."""
    if security is None:
        return _PLAIN.format(host=host, port=port, controller_port=controller_port)
    parts = security.key_file, security.certificate_file
    files.write_atomically(folder / "own.pem", "\n".join(part.read_text("ascii") for part in parts))
    files.write_atomically(folder / "authority.pem", security.ca_file.read_text("ascii"))
    return _SECURED.format(
        host=host,
        port=port,
        certificate_port=certificate_port,
        controller_port=controller_port,
        super_users=security.super_users,
    )
