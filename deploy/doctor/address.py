"""Hosts and ports: as they are written, as names that resolve, as doors that open."""

from __future__ import annotations

import socket
from typing import NamedTuple
from urllib.parse import urlsplit

from schemas.errors import ConfigurationError

CONNECT_SECONDS = 5.0
_PORTS = {"http": 80, "https": 443}
_KAFKA_PORT = 9092


class Address(NamedTuple):
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        """Say it as clients do."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def numbers(self) -> list[str]:
        """Return the addresses behind the name.

        Raises:
            OSError: It has none.
        """
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        return sorted({str(place[0]) for *_, place in found})

    def connect(self) -> socket.socket:
        """Return a connection.

        Raises:
            OSError: Nobody answers.
        """
        return socket.create_connection(self, timeout=CONNECT_SECONDS)


def of_brokers(bootstrap_servers: str) -> list[Address]:
    """Return the brokers of `bootstrap_servers`.

    Raises:
        ConfigurationError: One is no host and port.
    """
    return [_parsed(item.strip(), _KAFKA_PORT) for item in bootstrap_servers.split(",")]


def of_registry(url: str) -> Address:
    """Return the server of `registry_url`; raises likewise."""
    return _parsed(url, _PORTS[urlsplit(url).scheme])


def _parsed(text: str, port: int) -> Address:
    try:
        found = urlsplit(text if "://" in text else f"//{text}")
        if found.hostname:
            return Address(found.hostname, found.port or port)
    except ValueError:
        pass
    # Not shown: it may be anything, a password too.
    raise ConfigurationError("an address is no host and port", hint="write it like broker.example:9092")
