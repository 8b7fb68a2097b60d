"""Files of Maven repositories, by way of jgo: the only module that knows it.

Repositories and mirrors are jgo's own matter: its default, and what the `[repositories]` section
of the user's jgo configuration adds or replaces. jgo's errors name hosts and end here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from schemas.errors import ConfigurationError, RetriableError

INSTALL_HINT = "pip install 'weighbridge[exchange]'"
_TIMEOUT_SECONDS = 30
_SHORT_PARTS = 3


def file_name(coordinate: str) -> str:
    """Return the name that a repository gives to the file with a coordinate."""
    _, artifact, version, classifier, packaging = _parts(coordinate)
    return f"{artifact}-{version}{'-' if classifier else ''}{classifier}.{packaging}"


def fetch(coordinate: str, folder: Path, advanced: Callable[[int], None] = lambda _: None) -> Path:
    """Download one file below a folder and return its path.

    Args:
        coordinate: group:artifact:version, or with :classifier:packaging after it.
        folder: Where to put it; an interrupted download leaves half a file there.
        advanced: Called with the number of bytes that came since the last call.

    Raises:
        RetriableError: It could not be downloaded.
    """
    group, artifact, version, classifier, packaging = _parts(coordinate)
    context = _context(folder, advanced)
    component = context.project(group, artifact).at_version(version)
    with _errors_of_jgo(coordinate):
        path: Path = component.artifact(classifier, packaging).resolve()
    return path


def resolve(coordinate: str, folder: Path) -> tuple[str, ...]:
    """Return the coordinates of a jar and of everything it needs to run."""
    context = _context(folder, lambda _: None)
    with _errors_of_jgo(coordinate):
        inputs, needed = context.resolver.resolve([context.create_dependency(coordinate)])
    return tuple(f"{found.groupId}:{found.artifactId}:{found.version}" for found in [*inputs, *needed])


def _parts(coordinate: str) -> tuple[str, str, str, str, str]:
    parts = coordinate.split(":")
    if len(parts) == _SHORT_PARTS:
        parts += ["", "jar"]
    group, artifact, version, classifier, packaging = parts
    return group, artifact, version, classifier, packaging


def _context(folder: Path, advanced: Callable[[int], None]) -> Any:
    try:
        from jgo.config import GlobalSettings  # noqa: PLC0415  # an optional extra
        from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415  # an optional extra
    except ImportError as error:
        raise ConfigurationError("the package jgo is not installed", hint=INSTALL_HINT) from error

    @contextmanager
    def progress(_name: str, _size_bytes: int) -> Iterator[Callable[[int], None]]:
        yield advanced

    resolver = PythonResolver(progress_callback=progress)
    context = MavenContext(resolver=resolver, repo_cache=folder, timeout=_TIMEOUT_SECONDS)
    context.remote_repos.update(GlobalSettings.load().repositories)
    return context


@contextmanager
def _errors_of_jgo(coordinate: str) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError) as error:
        # Network errors of requests are OSErrors; a file that no repository has is a RuntimeError.
        raise RetriableError(
            f"could not download {coordinate} ({type(error).__name__})",
            hint="check the network and try again; without one, copy the cache folder of a machine that "
            "has it and name it in WEIGHBRIDGE_CACHE; a mirror goes into jgo's configuration file, "
            "section [repositories]",
        ) from error
