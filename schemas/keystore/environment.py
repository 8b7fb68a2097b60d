"""Secret documents in environment variables, where a platform puts the secrets it manages.

Whoever can look at the process can read its environment, so prefer files where there is a choice.
"""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import NamedTuple

from schemas.errors import ConfigurationError


class Environment(NamedTuple):
    """A key store that is only read.

    Attributes:
        prefix: What the names begin with: `agency.json` is in PREFIX_AGENCY.
    """

    prefix: str

    def __str__(self) -> str:
        """Say where the documents lie."""
        return f"env:{self.prefix}"

    def read(self, name: str) -> bytes | None:
        """Return a document, None where its variable is not set."""
        text = os.environ.get(self._variable(name))
        return None if text is None else text.encode("utf-8", "surrogateescape")

    def write(self, name: str, text: bytes) -> None:  # noqa: ARG002  # the interface's
        """Refuse: a process cannot change what its platform sets.

        Raises:
            ConfigurationError: Always.
        """
        raise ConfigurationError(
            f"{self} keeps nothing",
            hint=f"work in a folder, and put the text of its {name} into {self._variable(name)}",
        )

    def _variable(self, name: str) -> str:
        return f"{self.prefix}_{PurePath(name).stem.upper()}"
