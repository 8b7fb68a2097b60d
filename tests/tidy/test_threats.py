"""The threat model names tests that exist."""

from __future__ import annotations

import re

from tests.support.samples import ROOT


def test_the_threat_model_names_tests_that_exist() -> None:
    """Each defence in deploy/THREATS.md is attacked by a test of that name; documents it names are there."""
    text = (ROOT / "deploy" / "THREATS.md").read_text("utf-8")
    named = set(re.findall(r"`(test_\w+)`", text))
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    linked = re.findall(r"\]\((\w+\.md)\)", text)

    assert len(named) > 20
    assert [name for name in sorted(named) if f"def {name}(" not in tests] == []
    assert [name for name in linked if not (ROOT / "deploy" / name).is_file()] == []
