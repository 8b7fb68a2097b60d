"""Secret documents as files of a folder, which only their owner can read: the default."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from schemas.keystore import private_file


class Folder(NamedTuple):
    """A key store; its folder is made when the first document is written."""

    path: Path

    def __str__(self) -> str:
        """Say where the documents lie."""
        return str(self.path)

    def read(self, name: str) -> bytes | None:
        """Return a document, None where there is none.

        Raises:
            ConfigurationError: Others can read it, or write to the folder, or own either.
        """
        try:
            text = private_file.read(self.path / name)
        except (FileNotFoundError, NotADirectoryError):
            return None
        private_file.require_safe_folder(self.path)
        return text

    def write(self, name: str, text: bytes) -> None:
        """Keep a document in place of the one that was there, whole or not at all.

        Raises:
            ConfigurationError: Others can write to the folder, or own it.
        """
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        private_file.require_safe_folder(self.path)
        private_file.write(self.path / name, text)
