"""What Python imports under our names, and which libraries: other packages may carry the same names.

Folders called `schemas` or `deploy` are frequent, and whoever installs a package of such a name into
our environment overwrites our files without a word.
"""

from __future__ import annotations

import hashlib
import re
import sys
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from platform import python_version

import confluent_kafka

from deploy.doctor.check import Finding, fail, ok, warn
from deploy.doctor.installation import Installation
from deploy.names import HOME, OURS

_DISTRIBUTION = "weighbridge"
_KAFKA = "confluent-kafka"
_ALONE = "install weighbridge anew, in an environment of its own"
_REQUIREMENT = re.compile(
    r"(?P<name>[\w.-]+)(\[.*?\])?>=(?P<least>[\d.]+)(.*extra == ['\"](?P<extra>\w+)['\"])?"
)


def names(_: Installation) -> Iterator[Finding]:
    """Look where our packages come from, and who else claims their names."""
    # That ours are taken is sure: the program would not have started.
    yield ok(f"all of {HOME}")
    yield from _claims()
    yield from _others()


def files(_: Installation) -> Iterator[Finding]:
    """Look whether the files of the program are those that were installed."""
    listed = [
        (file, file.hash.value)
        for file in metadata.files(_DISTRIBUTION) or ()
        if file.parts[0] in OURS and file.hash is not None
    ]
    changed = [str(file) for file, digest in listed if _digest(Path(str(file.locate()))) != digest]
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        yield fail(f"{changed[0]}{more}: not as installed, or gone", _ALONE)
    elif listed:
        yield ok(f"{len(listed)} files are as installed")
    else:
        yield ok("installed from a working copy, whose files nobody compares")


def versions(installation: Installation) -> Iterator[Finding]:
    """Look at Python and at the libraries that a role needs: there once, and new enough."""
    found = []
    for name, least in _required(installation.role):
        places = [item.version for item in metadata.distributions(name=name)]
        found.append(f"{name} {', '.join(places)}")
        if not places:
            yield fail(f"{name} is not installed", f"install weighbridge[{installation.role}] anew")
        elif len(places) > 1:
            yield fail(f"{name} is there {len(places)} times: {', '.join(places)}", _ALONE)
        elif _number(places[0]) < _number(least):
            yield fail(f"{name} {places[0]} is older than {least}", _ALONE)
    built, library = str(confluent_kafka.version()), str(confluent_kafka.libversion()[0])
    if _number(built) != _number(metadata.version(_KAFKA)):
        yield fail(f"{_KAFKA} {metadata.version(_KAFKA)} runs the library of {built}", _ALONE)
    yield ok(f"Python {python_version()}, librdkafka {library}; {', '.join(found)}")


def _claims() -> Iterator[Finding]:
    claimed = metadata.packages_distributions()
    for name in OURS:
        for other in sorted(set(claimed.get(name, ())) - {_DISTRIBUTION}):
            yield fail(
                f"the package {other} installs {name} too, over our files or under them",
                f"pip uninstall {other}, then {_ALONE}",
            )


def _others() -> Iterator[Finding]:
    """Yield packages of our names in other places; a folder without __init__.py never comes before ours."""
    places = dict.fromkeys(Path(entry or ".").resolve() for entry in [*sys.path, "."])
    for place in places:
        for name in OURS:
            if place != HOME and (place / name / "__init__.py").is_file():
                yield warn(
                    f"{place / name} would be taken for ours where Python looks into that folder first",
                    "start elsewhere, take it out of PYTHONPATH, or set PYTHONSAFEPATH=1",
                )


def _digest(file: Path) -> str:
    """Return a digest as it stands in a list of installed files; empty: there is no such file."""
    if not file.is_file():
        return ""
    return urlsafe_b64encode(hashlib.sha256(file.read_bytes()).digest()).decode().rstrip("=")


def _required(extra: str) -> Iterator[tuple[str, str]]:
    for text in metadata.requires(_DISTRIBUTION) or ():
        found = _REQUIREMENT.match(text)
        if found and found["extra"] in {None, extra}:
            yield found["name"], found["least"]


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))
