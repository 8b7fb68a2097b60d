"""Which source a place on the command line means: a folder, a pipe, or a file that describes one.

Only what the place needs is imported, so a folder needs neither database nor HTTP libraries.
"""

from __future__ import annotations

from io import FileIO
from pathlib import Path

from producers.sources.folder import Folder
from producers.sources.source import Source
from producers.sources.stdin import Stdin
from schemas.settings import SourceSettings

STDIN = Path("-")


def source_at(place: Path, secrets: SourceSettings) -> Source:
    """Return the source at a place; nothing of it is read yet.

    Raises:
        ConfigurationError: It is no folder, or something in the file is wrong or missing.
    """
    if place == STDIN:
        # Without a buffer; descriptor 0 is stdin.
        return Stdin(FileIO(0, closefd=False))
    if place.suffix.lower() == ".toml" and not place.is_dir():
        from producers.sources.choice import described  # noqa: PLC0415  # see above

        return described(place, secrets)
    return Folder(place)
