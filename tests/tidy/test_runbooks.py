"""Runbooks are found, lead to pages that exist, and are followed by a test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.samples import ROOT

FOLDER = ROOT / "deploy" / "runbooks"
PAGES = sorted(FOLDER.glob("*.md"))
LINK = re.compile(r"\]\(([^)#:]+)\)")


def test_every_runbook_is_linked() -> None:
    """Whoever looks into the folder of operations finds each page, and so does the page of failures."""
    linked = set(LINK.findall((ROOT / "deploy" / "README.md").read_text("utf-8")))
    linked |= set(LINK.findall((ROOT / "deploy" / "FAILURES.md").read_text("utf-8")))

    assert {f"runbooks/{page.name}" for page in PAGES} <= linked


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_of_a_runbook_lead_somewhere(page: Path) -> None:
    """No page sends its reader to one that is not there."""
    found = LINK.findall(page.read_text("utf-8"))

    assert [link for link in found if not (FOLDER / link).exists()] == []


def test_every_runbook_with_commands_is_followed_by_a_test() -> None:
    """A page whose blocks nobody runs would tell of a program that was."""
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    with_commands = [page.name for page in PAGES if "```sh" in page.read_text("utf-8")]

    assert len(with_commands) > 5
    assert [name for name in with_commands if f'blocks("{name}")' not in tests] == []
