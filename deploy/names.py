"""Our own top-level packages: other things are called `schemas` or `deploy` too, and may come first.

Looked at before anything of them is imported, which would fail somewhere inside, or worse, would not.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

OURS = ("schemas", "producers", "consumers", "deploy")
HOME = Path(__file__).resolve().parents[1]
_EXIT_USAGE = 2


def require_own() -> None:
    """End the program where one of our packages would be somebody else's, and say whose."""
    for name in OURS:
        found = find_spec(name)
        place = Path(found.origin).resolve().parents[1] if found and found.origin else None
        if place != HOME:
            sys.stderr.write(
                f"Error: the package {name} is taken from {place}, the program from {HOME}\n"
                "Try:   take it out of PYTHONPATH, or install weighbridge in an environment of its own\n"
            )
            sys.exit(_EXIT_USAGE)
