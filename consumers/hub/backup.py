"""A copy of a hub's file as it was at one moment, written while the hub goes on.

DuckDB copies what one transaction sees, so rows, offsets, cuts and decisions in the copy belong
together. It is written into a folder beside the file, the only other place that a hub's SQL
reaches, and whoever asked takes it from there.
"""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

import duckdb

from schemas.errors import FatalError


def folder_of(file: Path) -> Path:
    """Return where copies of a hub's file are written."""
    return file.absolute().with_name(f"{file.name}.backup")


def confine(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Keep everything outside of a hub's file and of its copies out of reach of SQL, for good."""
    # In this order: what is allowed can only be said before.
    connection.execute(f"SET allowed_directories = ['{_quoted(folder_of(file))}']")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def copied(connection: duckdb.DuckDBPyConnection) -> Path:
    """Write a copy and return where it is, for the caller to take away; one at a time.

    Raises:
        FatalError: The copy cannot be written; the file itself is as it was.
    """
    name, file = _database(connection)
    folder = folder_of(file)
    # What nobody took away would fill the disk.
    shutil.rmtree(folder, ignore_errors=True)
    path = folder / f"{secrets.token_hex(8)}.duckdb"
    try:
        folder.mkdir(mode=0o700)
        connection.execute(f"ATTACH '{_quoted(path)}' AS backup (READ_WRITE)")
        try:
            connection.execute(f'COPY FROM DATABASE "{name}" TO backup')
        finally:
            connection.execute("DETACH backup")
    except (duckdb.Error, OSError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        # The cause is cut off: its text may show a value of a row.
        raise FatalError(
            f"{folder} cannot be written: {type(error).__name__}",
            hint="is there as much free space as the file has? the file itself is as it was",
        ) from None
    return path


def _database(connection: duckdb.DuckDBPyConnection) -> tuple[str, Path]:
    """Return DuckDB's name of the file that a connection is open on, and where that is."""
    query = "SELECT database_name, path FROM duckdb_databases() WHERE database_name = current_database()"
    ((name, path),) = connection.execute(query).fetchall()
    return str(name), Path(path)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
