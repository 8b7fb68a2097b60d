"""The pytest plug-in of the conformance suite: how many spoiled copies an adapter has to survive."""

from __future__ import annotations

import pytest

from producers.conformance.mutation import MUTANTS


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--mutants`."""
    group = parser.getgroup("weighbridge", "conformance of adapters")
    group.addoption(
        "--mutants",
        type=int,
        default=MUTANTS,
        help=f"spoiled copies of its samples that each adapter has to survive; default {MUTANTS}",
    )


@pytest.fixture
def mutants(request: pytest.FixtureRequest) -> int:
    """Return how many spoiled copies an adapter has to survive."""
    return int(request.config.getoption("--mutants"))
