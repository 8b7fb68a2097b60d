"""A program whose loop gets stuck, each time at something else, under a watchdog of little patience.

Arguments: at what, and an address where something listens.
"""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections.abc import Callable

from schemas.errors import ConfigurationError
from schemas.runtime import clients, logs
from schemas.runtime.health import Health
from schemas.runtime.registry import Registry
from schemas.runtime.watchdog import watched
from schemas.settings import KafkaSettings

PATIENCE_SECONDS = 2
health, stop = Health(None), threading.Event()


def ask_broker(address: str) -> None:
    """Wait for the answer of a broker that has accepted a connection."""
    clients.admin(KafkaSettings(bootstrap_servers=address)).list_topics(timeout=1_000)


def ask_registry(address: str) -> None:
    """Wait for the end of an answer of which a part comes again and again."""
    Registry(f"http://{address}").schema_of(1)


def hold_python(_: str) -> None:
    """Call what never lets another thread run."""
    sum(itertools.repeat(0))


def hold_the_log(_: str) -> None:
    """Write more to stderr than anybody reads."""
    logs.logger().error("x" * 10_000_000)


def turn(_: str) -> None:
    """Turn the loop as it should be, then fail."""
    until = time.monotonic() + 2 * PATIENCE_SECONDS
    while time.monotonic() < until:
        health.turned()
        stop.wait(0.1)
    raise ConfigurationError("the loop is over", hint="nothing")


def fail(_: str) -> None:
    """Fail as nobody expected, with a text that shows a value."""
    raise ValueError("secret")


def work(_: str) -> None:
    """Work for long without turning the loop."""
    until = time.monotonic() + 2 * PATIENCE_SECONDS
    while time.monotonic() < until:
        sorted(range(1_000))
        sum(range(10_000))
    sys.stdout.write("done")


def go_on(_: str) -> None:
    """Turn the loop for ever, whoever says stop."""
    stop.set()
    while True:
        health.turned()
        time.sleep(0.1)


def rest(_: str) -> None:
    """Say that all is ready, and rest for less than the watchdog's patience."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    time.sleep(PATIENCE_SECONDS / 2)
    sys.stdout.write("done")


WAYS: dict[str, Callable[[str], None]] = {
    way.__name__: way
    for way in (ask_broker, ask_registry, hold_python, hold_the_log, turn, fail, work, go_on, rest)
}


def main() -> None:
    """Get stuck."""
    _, way, address = sys.argv
    logs.configure()
    with watched(health, stop, PATIENCE_SECONDS):
        WAYS[way](address)
