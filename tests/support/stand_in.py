"""What adapters that stand in for one of a real system say alike; each adds a name and its `read`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import BaseModel

from schemas.findings import Rule


class StandIn:
    """An adapter without settings, rules and models."""

    version: str = "1"
    default_agency: str = "XX-TEST"
    settings: ClassVar[Mapping[str, str]] = {}
    native_models: ClassVar[tuple[type[BaseModel], ...]] = ()
    rules: ClassVar[tuple[Rule, ...]] = ()
    has_complete_sets: ClassVar[bool] = False
