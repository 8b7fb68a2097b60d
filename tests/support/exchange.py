"""One real exchange, broker and schema registry, for all tests of a run.

By default the embedded one; `--broker containers` runs the same tests on container images.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import pytest

from deploy.exchange.exchange import running_exchange
from tests.support.containers import container_exchange

OPTION = "--broker"


class RunningExchange(Protocol):
    """What tests know of an exchange."""

    @property
    def bootstrap_servers(self) -> str:
        """The broker's address for Kafka clients."""

    @property
    def registry_url(self) -> str:
        """The address of the registry's Confluent interface."""

    def kill_broker(self) -> None:
        """End the broker as a crash would."""

    def restart_broker(self) -> None:
        """Start the broker again where it was."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run choose its broker."""
    parser.addoption(
        OPTION, choices=("embedded", "containers"), default="embedded", help="Broker of all tests."
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about the embedded exchange itself where another one runs."""
    if config.getoption(OPTION) == "embedded":
        return
    left_out = [item for item in items if item.get_closest_marker("embedded")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def exchange(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningExchange]:
    """Run an exchange on free ports; tests keep apart by names of topics and subjects."""
    if request.config.getoption(OPTION) == "containers":
        with container_exchange() as running:
            yield running
    else:
        with running_exchange(tmp_path_factory.mktemp("exchange")) as embedded:
            yield embedded
