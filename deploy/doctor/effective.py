"""Each setting as it is in force, and where it comes from; of secrets only whether there is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel, SecretStr

from deploy.doctor.given import Given, Place
from deploy.doctor.installation import Installation
from schemas.access import Role
from schemas.settings import Settings

_SET, _UNSET = "set", "unset"
_OTHERS = {Role.AGENCY: {"hub"}, Role.HUB: {"agency", "source"}}
# Whoever knows the rules of a release attacks a table better.
_CONFIDENTIAL = ("hub", "release")
_CONFIDENTIAL_VALUE = "confidential"
_OPEN = {("hub", "release", "keys")}


class Setting(NamedTuple):
    """One setting in force.

    Attributes:
        origin: flag, variable NAME, file PATH or default.
    """

    name: str
    value: str
    origin: str


def effective(installation: Installation) -> Iterator[Setting]:
    """Yield the settings of a role, but of a section where a value is refused."""
    left_out = _OTHERS[installation.role] | installation.refusals.keys()
    for section in Settings.model_fields:
        if section not in left_out:
            yield from _of(getattr(installation.settings, section), (section,), installation.given)


def _of(model: BaseModel, above: Place, given: Given) -> Iterator[Setting]:
    for name in type(model).model_fields:
        place, value = (*above, name), getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _of(value, place, given)
        else:
            yield Setting(".".join(place), _shown(place, value), given.origin(place))


def _shown(place: Place, value: Any) -> str:
    """Return a value for people, in one line."""
    if value is None:
        return _UNSET
    if isinstance(value, SecretStr):
        return _SET
    if place[:2] == _CONFIDENTIAL and place not in _OPEN:
        return _CONFIDENTIAL_VALUE
    if isinstance(value, dict):
        # What librdkafka is told may be a secret: its names are none.
        return ", ".join(sorted(map(str, value))) or _UNSET
    return printable(str(value))


def printable(text: str) -> str:
    """Return a text without what steers a terminal, and without what may be a user, password or PIN."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in text)
    # In addresses a user and password stand before an @, options of a key store behind a question mark.
    return _SET if "@" in shown else shown.partition("?")[0]
