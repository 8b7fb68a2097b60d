"""The commented settings of each role: every setting is there, with its default and what it means."""

from __future__ import annotations

import re

from tests.support.samples import ROOT

FOLDER = ROOT / "deploy"
ROLES = {"agency.toml": ("kafka", "agency", "source"), "hub.toml": ("kafka", "hub")}
ITEM = re.compile(r'^(?:# )?("?[a-z_.]+"?|[A-Z]{2}) = ')
# What names of its own stand in.
TABLES = {"kafka.client", "hub.release.hubs", "hub.release.owners"}
# Two ways to give one secret, of which a file takes one.
SECRETS = re.compile(r"^(?:key_)?password = .*\n", re.MULTILINE)


def text_of(file: str) -> str:
    """Return an example as it is."""
    return (FOLDER / file).read_text("utf-8")


def uncommented(text: str) -> str:
    """Return an example with all that stands behind # in it."""
    lines = text.splitlines(keepends=True)
    return "".join(line.removeprefix("# ") if ITEM.match(line) else line for line in lines)
