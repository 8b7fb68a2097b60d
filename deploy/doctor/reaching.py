"""How far one gets with a server: its name, its port, its certificate. The same for broker and registry."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator

from deploy.doctor import certificates
from deploy.doctor.address import Address
from deploy.doctor.check import Finding, Status, fail, ok
from schemas.runtime import transport
from schemas.settings import KafkaSettings, RegistrySettings


def names(addresses: Iterable[Address], setting: str) -> Iterator[Finding]:
    """Look whether names resolve."""
    for address in addresses:
        try:
            numbers = address.numbers()
            yield ok(address.host if numbers == [address.host] else f"{address.host}: {', '.join(numbers)}")
        except OSError:
            yield fail(f"{address.host}: no such name", f"mend {setting}, or the name server of this machine")


def ports(addresses: Iterable[Address], setting: str) -> Iterator[Finding]:
    """Look whether somebody listens; one of several is enough to begin with."""
    found = [*map(_answer, addresses)]
    is_one_there = any(problem is None for _, problem in found)
    for address, problem in found:
        if problem is None:
            yield ok(f"{address} answers")
        else:
            yield Finding(
                Status.WARN if is_one_there else Status.FAIL,
                f"{address}: {problem}",
                f"is it up, is {setting} right, and does a firewall let us through?",
            )


def handshakes(
    access: KafkaSettings | RegistrySettings, addresses: Iterable[Address], what: str
) -> Iterator[Finding]:
    """Look at each server's certificate as our clients do; raises ConfigurationError where it is refused."""
    for address in addresses:
        if _answer(address)[1] is not None:
            continue
        try:
            shown = transport.shown_certificate(access, address.host, address.port, f"{what} {address}")
        except (ssl.SSLError, ConnectionError):
            yield fail(
                f"{address} speaks no TLS",
                "look at its port: that of TLS is another one, or security_protocol or the address is wrong",
            )
        else:
            yield certificates.of_server(shown, str(address))


def speaks_tls(address: Address) -> bool:
    """Say whether a server that we would talk to in clear wants TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Nothing is sent to it and nothing believed: whether it answers is all that counts.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with address.connect() as connection, context.wrap_socket(connection):
            return True
    except OSError:
        return False


def _answer(address: Address) -> tuple[Address, str | None]:
    """Return what keeps us from connecting, None: nothing."""
    try:
        address.connect().close()
    except TimeoutError:
        return address, "does not answer"
    except ConnectionRefusedError:
        return address, "nobody listens there"
    except OSError as error:
        return address, error.strerror or "cannot be reached"
    return address, None
