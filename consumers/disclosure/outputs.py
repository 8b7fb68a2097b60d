"""What `protect` writes: the office's cells, their proof, and what may leave.

`cells.csv` is confidential like the certificate beside it. `published.csv` has the same cells
without statuses, and without the values of those that are confidential: no reasons, no counts.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from consumers.disclosure import certificate, decimals
from consumers.disclosure.disclosure import FREE, Protected
from schemas import files

CELLS, PUBLISHED, CERTIFICATE = "cells.csv", "published.csv", "certificate.json"
TABLE, VALUE, STATUS = "table", "value", "status"


def write(protected: Protected, folder: Path) -> None:
    """Write a decision and its certificate into a folder, which is made if need be.

    What may leave takes its place last, never before the proof of it lies there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files.replace(
        {
            folder / name: (content, files.OPEN if name == PUBLISHED else files.CONFIDENTIAL)
            for name, content in contents(protected).items()
        }
    )


def contents(protected: Protected) -> dict[str, bytes]:
    """Return what the verifier reads, by name of the file; what may leave is the last one."""
    office = cells(protected)
    leaving = _without_confidential(office).write_csv().encode()
    return {
        CERTIFICATE: certificate.text(protected, leaving),
        CELLS: office.write_csv().encode(),
        PUBLISHED: leaving,
    }


def published(protected: Protected) -> pl.DataFrame:
    """Return the same rows as `cells`, without statuses and without confidential values."""
    return _without_confidential(cells(protected))


def _without_confidential(office: pl.DataFrame) -> pl.DataFrame:
    return office.with_columns(pl.when(pl.col(STATUS) == FREE).then(pl.col(VALUE))).drop(STATUS)


def cells(protected: Protected) -> pl.DataFrame:
    """Return every cell of each table, in the order of tables and cells.

    Columns: `table`, for each dimension `<name>_level` and `<name>`, `value` (text with the
    decimals of the problem) and `status`.
    """
    found = protected.cells
    columns = found.places.with_columns(
        decimals.texts(
            pl.Series(VALUE, found.system.value[: found.places.height]), protected.problem.decimals
        ),
        pl.Series(STATUS, protected.status.tolist(), dtype=pl.String),
    )
    return pl.concat(
        columns[numbers].select(pl.lit(name).alias(TABLE), pl.all()) for name, numbers in found.tables.items()
    )
