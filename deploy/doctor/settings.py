"""Whether settings can be read, whether something reads each of them, and whether the values are taken."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.demo.deliveries import SAMPLES_VARIABLE
from deploy.doctor import given as sources
from deploy.doctor.check import Finding, Status, fail, ok, refused, warn
from deploy.doctor.given import nearest, variable
from deploy.doctor.installation import Installation
from deploy.exchange.settings import CACHE_VARIABLE, STATE_VARIABLE
from schemas import settings
from schemas.access import Role

_OTHERS = (settings.CONFIG_VARIABLE, CACHE_VARIABLE, STATE_VARIABLE, SAMPLES_VARIABLE)
_IN_ENVIRONMENT = "env:"
_SERVICE = "_SERVICE_HOST"


def file(installation: Installation) -> Iterator[Finding]:
    """Look whether file and variables can be read."""
    found = installation.given
    yield from map(refused, found.problems)
    if not found.problems:
        yield ok(f"{found.path} is read" if found.path else f"no {settings.CONFIG_FILE} here: none is needed")


def names(installation: Installation) -> Iterator[Finding]:
    """Look for names that no setting has, in the file and in variables that hold a whole section."""
    found = installation.given
    known = [".".join(place) for place in sources.places()]
    for place in dict.fromkeys([*sources.unknown(found.environment), *sources.unknown(found.file)]):
        name = ".".join(place)
        if variable(place) not in settings.variables():
            yield fail(
                f"{found.origin(place)}: no setting is called {name}, so nothing starts",
                _meant(nearest(name, known), "take it out"),
            )


def variables(installation: Installation) -> Iterator[Finding]:
    """Look for variables that begin as ours do, and that nothing reads."""
    known = {*map(variable, sources.places()), *_OTHERS}
    for name in sorted(settings.variables() - known - _of_services(settings.variables())):
        if any(name.startswith(f"{leaf}__") for leaf in _leaves()) or _is_key(name, installation.keys):
            continue
        meant = nearest(name, known)
        hint = _meant(meant, "unset it")
        if any(name.startswith(f"{variable(place)}__") for place in sources.places()):
            yield fail(f"no setting reads the variable {name}, so nothing starts", hint)
        else:
            yield Finding(Status.FAIL if meant else Status.WARN, f"nothing reads the variable {name}", hint)


def values(installation: Installation) -> Iterator[Finding]:
    """Look whether each section has the values it may have; none is shown."""
    for texts in installation.refusals.values():
        yield from (fail(text, "mend it where it comes from") for text in texts)


def member(installation: Installation) -> Iterator[Finding]:
    """Look whether it is said whose installation this is."""
    named = installation.member
    yield ok(f"{named.role} {named.name}")
    if installation.role is Role.HUB and installation.given.origin(("hub", "name")) == sources.DEFAULT:
        yield warn("the hub has the name that every hub has by default", "give --name, or hub.name")


def _leaves() -> list[str]:
    """Return the variables of settings that are no sections; those that are tables have others below."""
    found = [*sources.places()]
    return [variable(place) for place in found if not any(_is_below(other, place) for other in found)]


def _is_below(place: sources.Place, above: sources.Place) -> bool:
    return len(place) > len(above) and place[: len(above)] == above


def _of_services(names: frozenset[str]) -> set[str]:
    """Return the variables by which Kubernetes tells a container of services."""
    services = [name.removesuffix(_SERVICE) for name in names if name.endswith(_SERVICE)]
    told = tuple(f"{service}_{what}" for service in services for what in ("SERVICE_", "PORT"))
    return {name for name in names if name.startswith(told)}


def _is_key(name: str, keys: str | None) -> bool:
    """Say whether a variable holds a key, as the address of the key store says."""
    if keys is None or not keys.startswith(_IN_ENVIRONMENT):
        return False
    return name.startswith(f"{keys.removeprefix(_IN_ENVIRONMENT).upper()}_")


def _meant(name: str | None, otherwise: str) -> str:
    return f"write {name}, or {otherwise}" if name else otherwise
