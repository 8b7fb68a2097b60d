"""The list of residual risks: each can be referred to, and says who, what and what to do."""

from __future__ import annotations

import re

from deploy.residual_risks import RESIDUAL_RISKS


def test_each_risk_is_whole_and_has_a_name_of_its_own() -> None:
    """A threat model can point at a risk, and somebody who reads it alone knows what it means."""
    names = [risk.id for risk in RESIDUAL_RISKS]

    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z]+(\.[a-z]+)+", name) for name in names)
    assert all(text.strip() for risk in RESIDUAL_RISKS for text in risk)
    assert all(text.endswith(".") for risk in RESIDUAL_RISKS for text in (risk.what, risk.remedy))
