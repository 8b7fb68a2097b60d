"""What of all that matters histories of releases have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import polars as pl

from tests.support.histories import SKIPPED, History, Release
from tests.support.stages import STAGES
from tests.support.worlds import HAPPENINGS

Tells = Callable[[Sequence[Release]], bool]


def _any_block(is_so: pl.Expr) -> Tells:
    return lambda releases: any(release.decision.block.select(is_so.any()).item() for release in releases)


def _any_figure(is_so: pl.Expr) -> Tells:
    return lambda releases: any(
        release.decision.observations.select(is_so.any()).item() for release in releases
    )


_TOLD: Mapping[str, Tells] = {
    "figures that are not zero": _any_figure(pl.col("mass_g") != 0),
    "last blocks": lambda releases: any(release.decision.certificates for release in releases),
    "something withheld in a last block": _any_figure(pl.col("is_final") & pl.col("mass_g").is_null()),
    "negative remainders in a last block": lambda releases: any(
        "standing_g" in name for release in releases for name in release.decision.certificates
    ),
    "blocks with something negative": _any_block(pl.col("mass_g") < 0),
    "two hubs that open blocks": lambda releases: (
        len({release.tables.hub for release in releases if release.decision.block.height}) > 1
    ),
    "movements inside a group": _any_block(pl.col("group_key") == pl.col("counterparty_key")),
    "groups that are not known": _any_block(pl.col("group_key").is_null()),
    "two agencies": _any_block(pl.col("agency").n_unique() > 1),
    "public records": lambda releases: any(
        release.contributions.select(pl.col("is_public").any()).item() for release in releases
    ),
}
KINDS = (*STAGES, *HAPPENINGS, *_TOLD, SKIPPED)


def covered(history: History) -> Counter[str]:
    """Return what a history has, 1 for each, and how many releases."""
    told = [name for name, tells in _TOLD.items() if tells(history.releases)]
    return Counter(
        {
            **dict.fromkeys([*history.happened, *told], 1),
            "histories": 1,
            "countries": history.countries,
            "releases": len(history.releases),
        }
    )


def lines(counted: Counter[str]) -> str:
    """Return how many histories have each kind of thing."""
    return "\n".join(
        f"{counted[name]:>9,}  {name}" for name in ("histories", "countries", "releases", *KINDS)
    )
