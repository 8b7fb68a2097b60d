"""What `protect` writes: the office's cells, their proof, and what may leave.

`cells.csv` is confidential like the certificate beside it. `published.csv` has the same cells
without statuses, and without the values of those that are confidential: no reasons, no counts.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from consumers.disclosure import certificate, files, numerals
from consumers.disclosure.disclosure import FREE, Protected

CELLS, PUBLISHED, CERTIFICATE = "cells.csv", "published.csv", "certificate.json"
TABLE, VALUE, STATUS = "table", "value", "status"


def write(protected: Protected, folder: Path) -> None:
    """Write a decision and its certificate into a folder, which is made if need be.

    What may leave takes its place last, never before the proof of it lies there.
    """
    leaving = published(protected).write_csv().encode()
    folder.mkdir(parents=True, exist_ok=True)
    files.replace(
        {
            folder / CERTIFICATE: (certificate.text(protected, leaving), files.CONFIDENTIAL),
            folder / CELLS: (cells(protected).write_csv().encode(), files.CONFIDENTIAL),
            folder / PUBLISHED: (leaving, files.OPEN),
        }
    )


def published(protected: Protected) -> pl.DataFrame:
    """Return the same rows as `cells`, without statuses and without confidential values."""
    is_free = pl.col(STATUS) == FREE
    return cells(protected).with_columns(pl.when(is_free).then(pl.col(VALUE))).drop(STATUS)


def cells(protected: Protected) -> pl.DataFrame:
    """Return every cell of each table, in the order of tables and cells.

    Columns: `table`, for each dimension `<name>_level` and `<name>`, `value` (text with the
    decimals of the problem) and `status`.
    """
    found = protected.cells
    columns = found.places.with_columns(
        numerals.texts(pl.Series(VALUE, found.system.value), protected.problem.decimals),
        pl.Series(STATUS, protected.status.tolist(), dtype=pl.String),
    )
    return pl.concat(
        columns[numbers].select(pl.lit(name).alias(TABLE), pl.all()) for name, numbers in found.tables.items()
    )
