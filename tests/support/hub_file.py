"""One hub's file for all tests of what its views mean: making it and its views takes half a second."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from consumers.hub.store import Store
from consumers.hub.terms import all_terms
from tests.support import hub

# What is numbered stays: a writer knows the numbers it gave.
_NUMBERED = {terms.table for terms in all_terms()}


@pytest.fixture(scope="session")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Return the file of a run of tests, with a connection that keeps its views."""
    opened = Store(tmp_path_factory.mktemp("hub") / "hub.duckdb")
    with hub.views_kept(opened):
        yield opened
    opened.close()


@pytest.fixture
def store(shared_store: Store) -> Store:
    """Return a hub's file without events, dead letters and offsets."""
    connection = shared_store.cursor()
    tables = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' AND NOT temporary"
    ).fetchall()
    for (table,) in tables:
        if table not in _NUMBERED:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608  # a table of our own
    connection.close()
    return shared_store
