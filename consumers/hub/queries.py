"""The SQL of the hub, read from `sql/`, and the code lists as tables.

Views belong to a connection and are made anew for each, so that a table always means what
the installed release says. With a cut, they show the file as it was at those offsets.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

import duckdb
import polars as pl

from consumers.hub.releases import REDRIVEN
from schemas import codes
from schemas.errors import ConfigurationError

VIEWS = (
    "movement",
    "latest",
    "release_at",
    "counted",
    "facts",
    "contributions",
    "behind",
    "pairs",
    "families",
    "lifecycle",
    "outcomes",
    "uk_packaging_report",
)
_DATES = ("valid_from", "valid_to")


def text(name: str) -> str:
    """Return the text of a file in `sql/`."""
    return resources.files("consumers.hub").joinpath("sql", f"{name}.sql").read_text("utf-8")


def create_views(connection: duckdb.DuckDBPyConnection, cut: Mapping[int, int] | None = None) -> None:
    """Make the views of a connection.

    Args:
        connection: Of its own for this purpose; the views last as long as it does.
        cut: By partition, the first offset that is left out, and how many redriven records are
            in it; None shows everything.

    Raises:
        ConfigurationError: The file has not the tables of the installed release.
    """
    if cut is not None:
        _restrict(connection, cut)
    try:
        for name in VIEWS:
            connection.execute(text(name))
    except duckdb.CatalogException as error:
        raise of_another_release() from error


def of_another_release() -> ConfigurationError:
    """Return the error of a file that lacks a table or a column."""
    return ConfigurationError(
        "the file was last written by another release of this program",
        hint="`weighbridge hub run --until-end` brings its tables up to date",
    )


def load_code_lists(connection: duckdb.DuckDBPyConnection) -> None:
    """Replace the code lists in the file by those of the installed release.

    Every column is text, but days are dates and ranks are numbers.
    """
    connection.execute("CREATE SCHEMA IF NOT EXISTS codelist")
    for name in codes.TABLES:
        rows = pl.read_csv(codes.table(name).read_bytes(), infer_schema=False, null_values=[""])
        typed = rows.with_columns(
            *(pl.col(column).str.to_date() for column in _DATES if column in rows.columns),
            *(pl.col(column).cast(pl.Int32) for column in ("rank",) if column in rows.columns),
        )
        connection.register("code_list", typed.to_arrow())
        connection.execute(f"CREATE OR REPLACE TABLE codelist.{name} AS FROM code_list")
        connection.unregister("code_list")


def _restrict(connection: duckdb.DuckDBPyConnection, cut: Mapping[int, int]) -> None:
    (row,) = connection.execute("SELECT current_database()").fetchall()
    (database,) = row
    connection.execute("CREATE TEMP TABLE cut (kafka_partition INTEGER, kafka_offset BIGINT)")
    connection.executemany("INSERT INTO cut VALUES (?, ?)", [list(item) for item in cut.items()] or [[-1, 0]])
    # A temporary view hides the table of the same name from the views that are made after it. Joins: a
    # subquery for each event would have DuckDB lay out all events first, each time that the view is read.
    connection.execute(
        f'CREATE TEMP VIEW event AS SELECT event.* FROM "{database}".main.event AS event '  # noqa: S608  # the name of our own file
        "JOIN cut ON cut.kafka_partition = event.kafka_partition AND cut.kafka_offset > event.kafka_offset "
        f'ANTI JOIN (SELECT kafka_partition, kafka_offset FROM "{database}".main.dead_letter '
        "WHERE redriven >= "
        f"(SELECT coalesce(max(kafka_offset), 0) FROM cut WHERE kafka_partition = {REDRIVEN})) AS late "
        "ON late.kafka_partition = event.kafka_partition AND late.kafka_offset = event.kafka_offset"
    )
