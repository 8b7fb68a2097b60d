"""What a check is, and how all are run: each in bounded time, and the next one whatever the last one found.

A check never changes anything, and what it says holds no secret and nothing of a record.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from deploy.doctor.installation import Installation
from schemas.errors import WeighbridgeError
from schemas.runtime import crash

# Longer than the requests of any check, each of which ends by itself.
SECONDS_MAX = 60.0


class Status(StrEnum):
    """How something is; a warning does not keep anything from working today."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


class Finding(NamedTuple):
    """One thing that was found, and what to do about it."""

    status: Status
    text: str
    remedy: str = ""


def ok(text: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(Status.OK, text)


def warn(text: str, remedy: str) -> Finding:
    """Return that something will go wrong, or is not safe."""
    return Finding(Status.WARN, text, remedy)


def fail(text: str, remedy: str) -> Finding:
    """Return that something does not work."""
    return Finding(Status.FAIL, text, remedy)


def skipped(text: str, remedy: str = "") -> Finding:
    """Return that something was not looked at, and why."""
    return Finding(Status.SKIPPED, text, remedy)


def refused(error: WeighbridgeError) -> Finding:
    """Return what an error of ours says."""
    return fail(str(error), error.hint)


class Check(NamedTuple):
    """One thing to look at.

    Attributes:
        name: Stable; programs refer to it.
        look: Yields what it finds, and may raise.
        needs: Checks that must not have failed before.
    """

    name: str
    look: Callable[[Installation], Iterable[Finding]]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What a check found, one thing at least."""

    name: str
    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        """The worst of what was found; skipped only where nothing was looked at."""
        found = {finding.status for finding in self.findings}
        return next(
            status for status in (Status.FAIL, Status.WARN, Status.OK, Status.SKIPPED) if status in found
        )


def results(checks: Iterable[Check], installation: Installation) -> Iterator[Result]:
    """Yield the result of each check, in their order."""
    usable: set[str] = set()
    for check in checks:
        missing = [need for need in check.needs if need not in usable]
        findings = _bounded(check, installation) if not missing else (_behind(missing),)
        result = Result(check.name, findings)
        if result.status in {Status.OK, Status.WARN}:
            usable.add(check.name)
        yield result


def _behind(missing: list[str]) -> Finding:
    return skipped(f"not looked at: first mend {', '.join(missing)}")


def _bounded(check: Check, installation: Installation) -> tuple[Finding, ...]:
    """Look in a thread, which is left behind if it does not come back: a resolver has no time-out."""
    found: list[Finding] = []
    thread = threading.Thread(target=_look, args=(check, installation, found), daemon=True)
    thread.start()
    thread.join(SECONDS_MAX)
    if thread.is_alive():
        found.append(
            fail(
                f"no answer within {SECONDS_MAX:.0f} s",
                "look at the network and at what it asks, then try again",
            )
        )
    return tuple(found) or (ok("nothing wrong"),)


def _look(check: Check, installation: Installation, found: list[Finding]) -> None:
    try:
        found.extend(check.look(installation))
    except WeighbridgeError as error:
        found.append(refused(error))
    except ModuleNotFoundError as error:
        found.append(fail(f"the package {error.name} is not installed", "install the part that needs it"))
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        problem = os.strerror(error.errno) if error.errno else type(error).__name__
        found.append(fail(f"{place}{problem}", "look at its path, its permissions, and the network"))
    except Exception as error:  # noqa: BLE001  # all other checks go on, and its text may hold anything
        places = "; ".join(line.strip() for line in crash.told(error))
        found.append(fail(f"the check itself failed: {places}", "tell those who make weighbridge"))
