"""The commented settings of each role: every setting is there, with its default and what it means."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from schemas import settings
from schemas.settings import Settings, TableSettings
from tests.support.samples import ROOT

FOLDER = ROOT / "deploy"
ROLES = {"agency.toml": ("kafka", "agency", "source"), "hub.toml": ("kafka", "hub")}
ITEM = re.compile(r'^(?:# )?("?[a-z_.]+"?|[A-Z]{2}) = ')
# In these everybody has names of their own.
OPEN = {"kafka.client", "hub.release.hubs", "hub.release.owners"}
# Two ways to give one secret, of which a file takes one.
SECRETS = re.compile(r"^(?:key_)?password = .*\n", re.MULTILINE)


def text_of(file: str) -> str:
    """Return an example as it is."""
    return (FOLDER / file).read_text("utf-8")


def uncommented(text: str) -> str:
    """Return an example with all that stands behind # in it."""
    lines = text.splitlines(keepends=True)
    return "".join(line.removeprefix("# ") if ITEM.match(line) else line for line in lines)


def values_of(found: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the settings of a parsed file, or of a model that was dumped, with their full names."""
    for name, value in found.items():
        place = f"{prefix}{name}"
        if name == "tables":
            yield from values_of(value[0], f"{place}.")
        elif isinstance(value, dict) and place not in OPEN:
            yield from values_of(value, f"{place}.")
        else:
            yield place, value


def known(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield the full names of the settings of a model."""
    for name, field in model.model_fields.items():
        kind = TableSettings if name == "tables" else field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from known(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


@pytest.mark.parametrize("file", ROLES)
def test_every_setting_of_a_role_is_there_once_and_no_other(file: str) -> None:
    """What a role can be told stands in its file: nothing has to be looked for elsewhere."""
    wanted = [name for name in known(Settings) if name.partition(".")[0] in ROLES[file]]
    shown = [name for name, _ in values_of(tomllib.loads(uncommented(text_of(file))))]

    assert sorted(shown) == sorted(wanted)


def test_all_settings_belong_to_a_role() -> None:
    """No section is left out of both files."""
    assert {name for sections in ROLES.values() for name in sections} == set(Settings.model_fields)


@pytest.mark.parametrize("file", ROLES)
def test_what_is_not_behind_a_hash_is_the_default(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To copy the file changes nothing, and whatever has a default shows it."""
    monkeypatch.chdir(tmp_path)
    defaults = settings.load()
    monkeypatch.setenv(settings.CONFIG_VARIABLE, str(FOLDER / file))
    with_default = {name for name, value in values_of(defaults.model_dump()) if value is not None}
    shown = dict(values_of(tomllib.loads(text_of(file))))

    assert settings.load() == defaults
    assert set(shown) == {name for name in with_default if name.partition(".")[0] in ROLES[file]}


@pytest.mark.parametrize("file", ROLES)
def test_every_example_is_one_that_loads(file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With everything given at once, under the protocols that take it, nothing is refused."""
    text = SECRETS.sub("", uncommented(text_of(file))).replace('"PLAINTEXT"', '"SASL_SSL"')
    (tmp_path / "all.toml").write_text(text.replace("http://127.0.0.1", "https://127.0.0.1"))
    monkeypatch.setenv(settings.CONFIG_VARIABLE, str(tmp_path / "all.toml"))
    found = settings.load()

    assert found.kafka.registry.ca_file == Path("exchange-ca.pem")
    assert found.kafka.client == {"broker.address.family": "v4"}


@pytest.mark.parametrize("file", ROLES)
def test_every_setting_is_explained(file: str) -> None:
    """Each line that sets something says what, and each section too."""
    lines = text_of(file).splitlines()
    bare = [line for line in lines if ITEM.match(line) and not re.search(r" # \S", line[2:])]
    untold = [
        line for before, line in pairwise(lines) if line.startswith("[") and not before.startswith("# ")
    ]

    assert (bare, untold) == ([], [])


def test_both_roles_reach_broker_and_registry_alike() -> None:
    """The same words stand in both files; only the names in examples differ."""
    agency, hub = (re.search(r"\[kafka\]\n.*?\n\n# What is the", text_of(file), re.DOTALL) for file in ROLES)

    assert agency is not None
    assert hub is not None
    assert agency[0].replace("us-epa", "*").split() == hub[0].replace("north", "*").split()
