"""Clocks that are wrong: libfaketime of the distribution, which only a new program can be given."""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from pathlib import Path

from deploy.exchange import files, settings

_NAME = "libfaketime.so.1"
_PLACES = ("/usr/lib", "/usr/lib64", "/usr/local/lib")


@cache
def library() -> Path | None:
    """Return the library, as installed or from the distribution's package; None: it cannot be had."""
    for place in map(Path, _PLACES):
        for found in (*place.glob(f"faketime/{_NAME}"), *place.glob(f"*/faketime/{_NAME}")):
            return found
    kept = settings.cache_folder() / _NAME
    return kept if kept.exists() or _is_fetched(kept) else None


def shifted(seconds: int) -> dict[str, str]:
    """Return the environment of a program whose clock is ahead, or behind; its durations are right."""
    found = library()
    assert found is not None
    return {"LD_PRELOAD": str(found), "FAKETIME": f"{seconds:+d}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def _is_fetched(kept: Path) -> bool:
    files.private_folder(kept.parent)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        try:
            subprocess.run(
                ["apt-get", "download", "--quiet", "libfaketime"],
                cwd=folder, check=True, capture_output=True, timeout=60,
            )  # fmt: skip
            (package,) = folder.glob("*.deb")
            subprocess.run(["dpkg-deb", "--extract", package, folder], check=True, capture_output=True)
            (found,) = folder.rglob(_NAME)
        except (OSError, ValueError, subprocess.SubprocessError):
            return False
        found.resolve().replace(kept)
    return True
