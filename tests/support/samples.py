"""Real documents of national systems, which are not part of the project.

They are found through WEIGHBRIDGE_SAMPLES, by default beside the checkout.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def samples_folder() -> Path:
    """Return the folder of the real samples, whether it exists or not."""
    return Path(os.environ.get("WEIGHBRIDGE_SAMPLES", ROOT / ".." / "shared" / "samples")).resolve()


def sample(path: str) -> Path:
    """Return a real sample, or skip the test and say how to bring the samples."""
    found = samples_folder() / path
    if not found.exists():
        pytest.skip(f"real sample {path} is absent: set WEIGHBRIDGE_SAMPLES to the folder that holds it")
    return found
