"""The SQL and outbox sources on SQLite, and files that describe sources; without a broker."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from producers.sources.choice import described, read
from producers.sources.emanifest import Emanifest
from producers.sources.outbox import Outbox
from producers.sources.source import RefusedError, Source
from producers.sources.sql import Sql
from schemas.errors import ConfigurationError, RetriableError
from schemas.settings import SourceSettings
from tests.support import tables
from tests.support.agency import ROOT, write

EXAMPLES = ROOT / "deploy" / "sources"
SECRETS = SourceSettings(api_id=SecretStr("id"), api_key=SecretStr("key"), password=SecretStr("canary"))
BASE: dict[str, Any] = {"kind": "sql", "table": "loads", "key_columns": ["id"], "position_column": "number"}


def execute(folder: Path, *statements: str) -> None:
    """Run statements on the database of a folder."""
    with closing(sqlite3.connect(folder / "d.sqlite")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def source(folder: Path, **values: Any) -> Source:
    """Return the source that such values describe."""
    given = {"url": f"sqlite:///{folder}/d.sqlite"} | values
    text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in given.items())
    return described(write(folder, "s.toml", text.encode()), SourceSettings())


def look(made: Source) -> dict[str, Any]:
    """Return what one look hands out: documents, or the rule that refuses them; then commit."""
    found: dict[str, Any] = {}
    for resource in made.touched():
        if resource is None:
            made.committed()
            continue
        try:
            found[resource.name] = resource.open().read().decode()
        except RefusedError as error:
            found[resource.name] = error.rule
    made.committed()
    made.close()
    return found


def test_rows_are_read_in_pages_in_their_order(tmp_path: Path) -> None:
    """Many rows of one number are all read, once each, whatever the pages are cut at."""
    execute(tmp_path, "CREATE TABLE loads (id int, line int, number int, document text)")
    execute(
        tmp_path,
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2999) "
        "INSERT INTO loads SELECT i / 3, i % 3, i / 700, 'd' || i FROM n ORDER BY i * 7919 % 3000",
    )
    made = source(tmp_path, **BASE | {"key_columns": ["id", "line"], "document_column": "document"})
    made.start(None)

    assert [f"{i // 3}/{i % 3}" for i in range(3000)] == list(found := look(made))
    assert [f"d{i}" for i in range(3000)] == list(found.values())


def test_the_next_look_starts_before_the_position(tmp_path: Path) -> None:
    """A look that has ended settles the one before, here at once; the look-back reads some again."""
    execute(tmp_path, "CREATE TABLE loads (id int, number int, document text)")
    execute(tmp_path, "INSERT INTO loads SELECT key, key, 'd' FROM json_each('[0,1,2,3,4,5,6,7,8,9]')")
    first = source(tmp_path, **BASE, document_column="document", look_back=2)
    first.start(None)
    names = [list(look(first)), list(look(first))]
    second = source(tmp_path, **BASE, document_column="document", look_back=2)
    second.start(first.position())
    names.append(list(look(second)))

    everything = [str(n) for n in range(10)]
    assert [everything, everything, ["7", "8", "9"]] == names
    assert json.loads(second.position() or "")[0] == "9"


def test_a_position_never_moves_back(tmp_path: Path) -> None:
    """Rows that are deleted take nothing of the position with them."""
    execute(tmp_path, "CREATE TABLE loads (id int, number int)")
    execute(tmp_path, "INSERT INTO loads VALUES (1, 5), (2, 6)")
    made = source(tmp_path, **BASE, look_back=10)
    made.start('["6", null, null]')
    execute(tmp_path, "DELETE FROM loads WHERE number = 6")
    look(made)
    look(made)

    assert made.position() == '["6", null, null]'


def test_a_row_from_the_future_hides_nothing(tmp_path: Path) -> None:
    """The position stays at the clock, however far ahead a row is dated."""
    execute(tmp_path, "CREATE TABLE loads (id int, number timestamp)")
    execute(tmp_path, "INSERT INTO loads VALUES (1, '2099-01-01 00:00:00.000000')")
    made = source(tmp_path, **BASE)
    made.start(None)
    look(made)
    look(made)

    assert json.loads(made.position() or "")[0] < "2099"


def test_rows_without_place_or_document_are_told_or_left(tmp_path: Path) -> None:
    """A row whose document is missing is a reject; one without a number is not there yet."""
    execute(tmp_path, "CREATE TABLE loads (id int, number int, document text)")
    execute(tmp_path, "INSERT INTO loads VALUES (1, 1, NULL), (2, NULL, 'd'), (3, 3, 'd')")
    made = source(tmp_path, **BASE, document_column="document")
    made.start(None)

    assert {"1": "source.empty", "3": "d"} == look(made)


def test_rows_of_a_query_are_read_by_the_table_adapter(tmp_path: Path) -> None:
    """Rows with real numbers and dates say, one by one, what the same table says as a CSV file."""
    tables.stored(f"sqlite:///{tmp_path}/d.sqlite")
    made = source(
        tmp_path,
        kind="sql",
        table="loads",
        key_columns=["Permit no", "Ticket"],
        position_column="Changed",
    )
    made.start(None)
    adapter = tables.of_a_query(tmp_path)
    found = [reading for text in look(made).values() for reading in tables.read(adapter, text.encode())]

    assert len(found) == 12
    assert tables.stated_in_csv() == tables.by_document(found)


def test_another_table_has_another_position(tmp_path: Path) -> None:
    """What a position counts in is told apart by table and columns."""
    scopes = {
        source(tmp_path, **BASE | change).scope
        for change in (
            {},
            {"table": "other"},
            {"position_column": "at"},
            {"document_column": "d"},
            {"look_back": 1},
        )
    }

    assert len(scopes) == 4


def test_an_outbox_is_emptied_in_order(tmp_path: Path) -> None:
    """Rows come by instant and id, and only what was read is taken out."""
    execute(
        tmp_path,
        "CREATE TABLE outbox (id int, aggregatetype text, aggregateid text, type text, "
        "payload blob, at timestamp)",
        "INSERT INTO outbox VALUES (1, 'm', '', '', '1', '2026-01-02 00:00:00.000000')",
        "INSERT INTO outbox VALUES (2, 'm', '', '', x'32', '2026-01-01 00:00:00.000000')",
        "INSERT INTO outbox VALUES (3, 'm', '', '', NULL, '2026-01-03 00:00:00.000000')",
    )
    made = source(tmp_path, kind="outbox", written_column="at")
    resources = made.touched()
    names = [resource.name for resource in (next(resources) for _ in range(3)) if resource is not None]
    done = [resource.name for resource in made.committed()]
    resources.close()

    assert (["2", "1"], ["2"]) == (names, done)
    assert {"1": "1", "3": "source.empty"} == look(made)
    assert look(made) == {}
    assert made.position() is None


@pytest.mark.parametrize(
    ("statement", "change", "message"),
    [
        ("SELECT 1", {}, "no table or view loads"),
        ("CREATE TABLE loads (id int)", {}, "loads has no column number"),
        ("CREATE TABLE loads (id int, number text)", {}, "neither an instant nor a number"),
    ],
)
def test_what_a_table_lacks_is_named(
    tmp_path: Path, statement: str, change: dict[str, Any], message: str
) -> None:
    """A table that does not fit its description stops the source before it reads."""
    execute(tmp_path, statement)
    made = source(tmp_path, **BASE | change)
    with pytest.raises(ConfigurationError, match=message):
        look(made)
    made.close()


def test_a_database_that_is_away_is_retriable_and_shows_no_password(tmp_path: Path) -> None:
    """Without an answer the run starts anew; neither password nor statement is shown."""
    place = write(
        tmp_path,
        "s.toml",
        b'kind = "outbox"\nurl = "postgresql+psycopg://u@127.0.0.1:9/d"\ntable = "outbox"\n',
    )
    made = described(place, SECRETS)
    with pytest.raises(RetriableError, match="the database: OperationalError") as caught:
        look(made)
    made.close()

    assert "canary" not in repr(caught.value) + repr(made)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("name", "kind"), [("emanifest.toml", Emanifest), ("sql.toml", Sql), ("outbox.toml", Outbox)]
)
def test_the_example_of_each_kind_can_be_used(name: str, kind: type[Source]) -> None:
    """The commented examples describe sources as they are."""
    made = described(EXAMPLES / name, SECRETS)

    assert isinstance(made, kind)
    made.close()
    assert {"emanifest.toml", "sql.toml", "outbox.toml", "outbox.sql"} == {
        path.name for path in EXAMPLES.iterdir()
    }


def test_the_examples_show_the_defaults() -> None:
    """What an example gives for an option that may be left out is what leaving it out means."""
    for file in EXAMPLES.glob("*.toml"):
        shown = read(file)
        fields = type(shown).model_fields
        optional = {name: field.default for name, field in fields.items() if not field.is_required()}
        differing = {name for name, default in optional.items() if getattr(shown, name) != default}
        assert differing <= {"state_code", "written_column"}, file.name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "kind: "),
        ('kind = "ftp"', "kind: .*'emanifest', 'sql', 'outbox'"),
        ("kind = ", "is no TOML"),
        ('kind = "outbox"', "url: Field required"),
        ('kind = "outbox"\nurl = "nonsense"', "url: .*no database address"),
        ('kind = "outbox"\nurl = "nosuch://db/x"', "url: .*no database address"),
        (
            'kind = "outbox"\nurl = "postgresql+psycopg://u:canary@db/x"',
            "url: .*WEIGHBRIDGE_SOURCE__PASSWORD",
        ),
        ('kind = "outbox"\nurl = "sqlite://"\ncolour = "red"', "colour: Extra inputs"),
        (
            'kind = "sql"\nurl = "sqlite://"\ntable = "t"\nkey_columns = []\nposition_column = "n"',
            "key_columns: ",
        ),
        (
            'kind = "emanifest"\nurl = "http://epa.example"\nstate_code = "VA"\nsince = 2026-01-01T00:00:00Z',
            "url: ",
        ),
        (
            'kind = "emanifest"\nurl = "https://epa.example/v1"\nsince = 2026-01-01T00:00:00Z',
            "state_code or site_id",
        ),
        (
            'kind = "emanifest"\nurl = "https://epa.example/v1"\nstate_code = "VA"\nsince = 2026-01-01',
            "since: ",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    """Each mistake names its key and where an example is, and shows no value."""
    file = write(tmp_path, "s.toml", text.encode())
    with pytest.raises(ConfigurationError, match=message) as caught:
        described(file, SECRETS)

    assert "canary" not in str(caught.value)
    assert "deploy/sources/" in caught.value.hint


def test_missing_credentials_name_their_variable() -> None:
    """A service without credentials stops before any request."""
    with pytest.raises(ConfigurationError, match="WEIGHBRIDGE_SOURCE__API_ID"):
        described(EXAMPLES / "emanifest.toml", SourceSettings())
