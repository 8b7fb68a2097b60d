"""Observations written for people and programs: CSV, JSON lines, Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

from schemas import contract

# Fills a record up, and says nothing.
_LEFT_OUT = "padding"


def columns() -> list[str]:
    """Return the fields of an observation that tell something, in their order."""
    return [name for name in contract.field_names("observation") if name != _LEFT_OUT]


def write_csv(observations: Iterable[Mapping[str, Any]], file: TextIO) -> int:
    """Write a header and one row for each observation; return how many.

    A confidential value is an empty field.
    """
    writer = csv.DictWriter(file, columns(), lineterminator="\n")
    writer.writeheader()
    count = 0
    for count, observation in enumerate(observations, 1):  # noqa: B007  # counts what a stream held
        writer.writerow(observation)
    return count


def write_json_lines(observations: Iterable[Mapping[str, Any]], file: TextIO) -> int:
    """Write one JSON object a line; return how many. A confidential value is null."""
    count = 0
    for count, observation in enumerate(observations, 1):  # noqa: B007  # counts what a stream held
        file.write(json.dumps(observation) + "\n")
    return count


def write_parquet(observations: Iterable[Mapping[str, Any]], path: Path) -> int:
    """Write a Parquet file; return how many observations it holds. A confidential value is null."""
    import polars as pl  # noqa: PLC0415  # an optional extra that the other formats do not need

    types = {"mass_g": pl.Int64, "is_final": pl.Boolean}
    schema = {name: types.get(name, pl.String) for name in columns()}
    frame = pl.DataFrame(list(observations), schema=schema)
    frame.write_parquet(path)
    return frame.height
