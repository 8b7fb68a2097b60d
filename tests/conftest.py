"""Fixtures that every test may ask for."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

# How fast a machine is decides no test, and in a fresh clone the first text waits for tables of characters.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

pytest_plugins = [
    "tests.support.exchange",
    "tests.support.hub_file",
    "tests.support.histories",
    "tests.support.postgres",
    "tests.support.sample_table",
    "tests.support.secured",
    "tests.support.site",
]

# A package of its own, whose tests run where it is installed.
collect_ignore = ["example_agency"]


def pytest_configure() -> None:
    """Let Ctrl-C reach the tests and what they start: a shell takes it from commands it runs aside."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
