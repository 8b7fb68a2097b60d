"""Ports of the embedded exchange."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from deploy.exchange import ports
from schemas.errors import RetriableError


@pytest.fixture
def taken() -> Iterator[int]:
    """Listen on a port while the test runs."""
    with socket.create_server((ports.HOST, 0)) as listener:
        yield listener.getsockname()[1]


def test_a_port_is_free_or_taken(taken: int) -> None:
    """Only a port where nothing listens is free, only one where something does is open."""
    free = ports.choose(ports.BROKER)

    assert (ports.is_free(free), ports.is_open(free)) == (True, False)
    assert (ports.is_free(taken), ports.is_open(taken)) == (False, True)


def test_the_preferred_port_is_taken_when_it_is_free(taken: int) -> None:
    """A usual port that something else holds is replaced by one of the range."""
    free = ports.choose(ports.CONTROLLER)

    assert free == ports.choose(ports.BROKER, preferred=free)
    assert ports.choose(ports.BROKER, preferred=taken) in ports.BROKER


def test_ranges_are_apart_and_below_outgoing_connections() -> None:
    """Servers about to start, and clients, are never given the port of another server."""
    drawn = [port for among in (ports.BROKER, ports.CONTROLLER, ports.REGISTRY) for port in among]

    assert len(drawn) == len(set(drawn))
    assert max(drawn) < 32_768


def test_a_full_range_is_said_plainly(taken: int) -> None:
    """When no port is free the message names the range and the options."""
    with pytest.raises(RetriableError, match=f"from {taken} to {taken}") as refused:
        ports.choose(range(taken, taken + 1))

    assert "--kafka-port" in refused.value.hint
