"""One real exchange, broker and schema registry, for all tests of a run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deploy.exchange.exchange import Exchange, running_exchange


@pytest.fixture(scope="session")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """Run an exchange on free ports; tests keep apart by names of topics and subjects."""
    with running_exchange(tmp_path_factory.mktemp("exchange")) as running:
        yield running
