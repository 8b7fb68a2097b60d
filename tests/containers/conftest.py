"""What tests in containers share."""

from __future__ import annotations

import pytest

from tests.support.composed import IMAGE, build, lack


@pytest.fixture(scope="session")
def image() -> str:
    """Return the image of this checkout."""
    if (reason := lack()) is not None:
        pytest.skip(reason)
    build()
    return IMAGE
