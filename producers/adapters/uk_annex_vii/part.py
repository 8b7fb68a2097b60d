"""Cells of a row that belong together: the base of everything in a row that has several columns."""

from __future__ import annotations

from pydantic import ConfigDict

from producers.reading.native_model import Native


class Part(Native):
    """Cells of a row that belong together; the fields of each kind are its columns, in order."""

    model_config = ConfigDict(str_strip_whitespace=True)
