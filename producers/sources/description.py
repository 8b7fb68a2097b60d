"""What a file that describes a source has in common with every other: strict, and without secrets."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Description(BaseModel):
    """One TOML file; its `kind` says which source it describes."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
