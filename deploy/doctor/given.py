"""Where settings come from: flags, variables and a file, each held against the settings there are.

Read apart from what the program loads, so that what is wrong in one place hides nothing in another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Any

from pydantic import BaseModel
from pydantic_settings import EnvSettingsSource, SettingsError, TomlConfigSettingsSource

from schemas import settings
from schemas.errors import ConfigurationError
from schemas.settings import Settings

Place = tuple[str, ...]

# How like a name has to be for a slip of the hand.
_LIKENESS = 0.8
_PLACE = re.compile(r" \(at [a-z0-9, ]+\)$")
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Given:
    """What one installation is given, by where it stands; earlier ones win.

    Attributes:
        flags, environment, file: Values by section and name, as they stand there.
        path: The file; None where there is none.
        problems: What could not be read at all.
    """

    flags: Mapping[str, Any]
    environment: Mapping[str, Any]
    file: Mapping[str, Any]
    path: Path | None
    problems: tuple[ConfigurationError, ...] = ()

    @property
    def sources(self) -> tuple[Mapping[str, Any], ...]:
        """All of them, the ones that win first."""
        return self.flags, self.environment, self.file

    def merged(self) -> dict[str, Any]:
        """Return what the settings are made of, without names that no setting has."""
        found: dict[str, Any] = {}
        for source in reversed(self.sources):
            _merge(found, _known(source, Settings))
        return found

    def origin(self, place: Place) -> str:
        """Say where the value of a setting comes from."""
        if _holds(self.flags, place):
            return "flag"
        if _holds(self.environment, place):
            return f"variable {_variable(place)}"
        return f"file {self.path}" if _holds(self.file, place) else DEFAULT


def read(flags: Mapping[str, Mapping[str, Any]]) -> Given:
    """Return what is given; `flags` are sections with values, None for what is not given."""
    chosen = {
        section: {name: value for name, value in values.items() if value is not None}
        for section, values in flags.items()
    }
    problems: list[ConfigurationError] = []
    environment, (path, file) = _environment(problems), _file(problems)
    return Given(chosen, environment, file, path, tuple(problems))


def unknown(
    values: Mapping[str, Any], model: type[BaseModel] = Settings, above: Place = ()
) -> Iterator[Place]:
    """Yield the places of values that no setting has."""
    for name, value in values.items():
        if name not in model.model_fields:
            yield (*above, name)
        elif (inner := section(model, name)) is not None and isinstance(value, Mapping):
            yield from unknown(value, inner, (*above, name))


def section(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """Return the model of a section; None where the field is a value."""
    annotation = model.model_fields[name].annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def places(model: type[BaseModel] = Settings, above: Place = ()) -> Iterator[Place]:
    """Yield the places of all settings and sections."""
    for name in model.model_fields:
        yield (*above, name)
        if (inner := section(model, name)) is not None:
            yield from places(inner, (*above, name))


def variable(place: Place) -> str:
    """Return the name of the variable of a setting."""
    return settings.VARIABLE_PREFIX + "__".join(place).upper()


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return which of some names was meant, None where none is like it."""
    return next(iter(get_close_matches(name, [*names], n=1, cutoff=_LIKENESS)), None)


def _environment(problems: list[ConfigurationError]) -> Mapping[str, Any]:
    try:
        return EnvSettingsSource(Settings)()
    except SettingsError as error:
        hint = "a list or table in a variable is written as JSON"
        problems.append(ConfigurationError(str(error), hint=hint))
        return {}


def _file(problems: list[ConfigurationError]) -> tuple[Path | None, Mapping[str, Any]]:
    """Return the file that there is, and what stands in it."""
    path: Path | None = None
    try:
        found = settings.config_file()
        path = found if found.is_file() else None
        return path, TomlConfigSettingsSource(Settings, found)()
    except ConfigurationError as error:
        problems.append(error)
    except (TOMLDecodeError, UnicodeDecodeError) as error:
        # What stands there may be a secret: of the error only the place is told.
        where = "".join(_PLACE.findall(str(error)))
        problems.append(ConfigurationError(f"{path} is no TOML{where}", hint="mend it there"))
    except OSError as error:
        told = f"{error.filename} cannot be read: {error.strerror}"
        problems.append(ConfigurationError(told, hint="look at its owner and permissions"))
    return path, {}


def _variable(place: Place) -> str:
    """Return the variable that is set: of the setting, or of a section around it."""
    names = [variable(place[:length]) for length in range(len(place), 0, -1)]
    return next((name for name in names if name in settings.variables()), names[0])


def _known(values: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for name, value in values.items():
        if name in model.model_fields:
            inner = section(model, name)
            known[name] = _known(value, inner) if inner and isinstance(value, Mapping) else value
    return known


def _merge(found: dict[str, Any], over: Mapping[str, Any]) -> None:
    for name, value in over.items():
        if isinstance(value, Mapping) and isinstance(found.get(name), dict):
            _merge(found[name], value)
        else:
            found[name] = value


def _holds(values: Mapping[str, Any], place: Place) -> bool:
    found: Any = values
    for name in place:
        if not isinstance(found, Mapping) or name not in found:
            return False
        found = found[name]
    return True
