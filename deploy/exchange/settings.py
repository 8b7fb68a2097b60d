"""Where the exchange keeps things: downloads in the user's cache, data in a state folder.

This is the only module of the exchange that reads the environment. The cache may be deleted
at any time, the state folder holds the data.
"""

from __future__ import annotations

import os
from pathlib import Path

CACHE_VARIABLE = "WEIGHBRIDGE_CACHE"
STATE_VARIABLE = "WEIGHBRIDGE_STATE"


def cache_folder() -> Path:
    """Return the folder of downloads, shared by all checkouts and environments of the user."""
    return _folder(CACHE_VARIABLE, "XDG_CACHE_HOME", ".cache") / "exchange"


def state_folder(chosen: Path | None = None) -> Path:
    """Return the exchange's folder in a chosen state folder, by default in the user's own."""
    return (chosen or _folder(STATE_VARIABLE, "XDG_STATE_HOME", ".local/state")).absolute() / "exchange"


def _folder(variable: str, base_variable: str, base_in_home: str) -> Path:
    chosen = os.environ.get(variable)
    if chosen:
        return Path(chosen).expanduser().absolute()
    base = Path(os.environ.get(base_variable, ""))
    # The XDG base directory specification: a relative path is to be ignored.
    return (base if base.is_absolute() else Path.home() / base_in_home) / "weighbridge"
