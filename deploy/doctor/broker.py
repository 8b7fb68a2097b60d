"""The broker: its name, its port, its certificate, our login, and what it tells of itself."""

from __future__ import annotations

from collections.abc import Iterator

from confluent_kafka.admin import ClusterMetadata  # type: ignore[attr-defined]  # exported without saying so

from deploy.doctor import reaching
from deploy.doctor.address import Address, of_brokers
from deploy.doctor.check import Finding, fail, ok, warn
from deploy.doctor.installation import Installation
from schemas.runtime import presence
from schemas.settings import KafkaSettings

_SETTING = "kafka.bootstrap_servers"
_HERE = {"localhost", "::1"}
_LOOPBACK = "127."


def names(installation: Installation) -> Iterator[Finding]:
    """Look whether the names of the brokers resolve."""
    return reaching.names(_addresses(installation), _SETTING)


def ports(installation: Installation) -> Iterator[Finding]:
    """Look whether brokers listen."""
    return reaching.ports(_addresses(installation), _SETTING)


def handshake(installation: Installation) -> Iterator[Finding]:
    """Look at the certificates that brokers show; in clear, whether that is what they want."""
    kafka, addresses = installation.settings.kafka, _addresses(installation)
    if kafka.security_protocol.has_tls:
        yield from reaching.handshakes(kafka, addresses, "broker")
        return
    for address in addresses:
        if reaching.speaks_tls(address):
            yield fail(
                f"{address} wants TLS, and we would talk in clear",
                "kafka.security_protocol is SSL with a certificate, SASL_SSL with a user",
            )
        elif not _is_here(address):
            yield warn(
                f"what travels to {address} can be read and changed on its way",
                "kafka.security_protocol = SASL_SSL or SSL: see deploy/ACCESS.md",
            )
        else:
            yield ok("in clear, within this machine")


def login(installation: Installation) -> Iterator[Finding]:
    """Look whether the broker lets us in; raises ConfigurationError where it refuses us."""
    cluster = _cluster(installation)
    size = f"cluster {cluster.cluster_id} has {len(cluster.brokers)} brokers"
    yield ok(f"{_who(installation.settings.kafka)}; {size}")


def listeners(installation: Installation) -> Iterator[Finding]:
    """Look whether each broker is where it says it is: clients go there after the first answer."""
    cluster = _cluster(installation)
    addresses = [Address(str(node.host), int(node.port)) for node in cluster.brokers.values()]
    return reaching.ports(addresses, "advertised.listeners of the broker")


def _addresses(installation: Installation) -> list[Address]:
    return of_brokers(installation.settings.kafka.bootstrap_servers)


def _cluster(installation: Installation) -> ClusterMetadata:
    return presence.listed(installation.admin, "log in to the broker")


def _who(kafka: KafkaSettings) -> str:
    if kafka.security_protocol.has_user:
        return f"logged in as user {kafka.username} by {kafka.sasl_mechanism}"
    if kafka.certificate_file is not None:
        return f"logged in with the certificate {kafka.certificate_file}"
    return "let in without a login"


def _is_here(address: Address) -> bool:
    return address.host in _HERE or address.host.startswith(_LOOPBACK)
