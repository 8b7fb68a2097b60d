"""A database as a source reads it: connections, tables, and errors without values.

Any database that SQLAlchemy knows. The library's own errors show statements and values, so
that none of them passes through here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import AfterValidator, SecretStr
from sqlalchemy import URL, Connection, Engine, MetaData, Table, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    NoSuchTableError,
    OperationalError,
    SQLAlchemyError,
)

from schemas.errors import Awaited, ConfigurationError, FatalError, RetriableError

_CONNECT_SECONDS = 10
# Classes of SQLSTATE that waiting does not mend: wrong password, no such database, no such
# table or column, no permission. Source: ISO/IEC 9075-2, and PostgreSQL's appendix A.
_LASTING_STATES = ("28", "3D", "42")


def _checked(url: str) -> str:
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError):
        message = "no database address such as postgresql+psycopg://reader@db.example/waste"
        raise ValueError(message) from None
    if parsed.password is not None:
        message = "holds a password: give that as WEIGHBRIDGE_SOURCE__PASSWORD"
        raise ValueError(message)
    return url


DatabaseUrl = Annotated[str, AfterValidator(_checked)]


@dataclass(slots=True)
class Database:
    """One database, asked by one thread.

    Attributes:
        url: Address without the password.
    """

    url: str
    password: SecretStr | None = None
    _engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the engine; nothing is connected yet.

        Raises:
            ConfigurationError: The driver is not installed.
        """
        url: URL = make_url(self.url)
        if self.password is not None:
            url = url.set(password=self.password.get_secret_value())
        options = {"connect_timeout": _CONNECT_SECONDS} if self.is_postgresql(url) else {}
        try:
            # Every statement stands for itself: no snapshot is held while its rows are published.
            self._engine = create_engine(
                url, isolation_level="AUTOCOMMIT", hide_parameters=True, connect_args=options
            )
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                f"the database driver {error.name} is not installed", hint="install it beside weighbridge"
            ) from None

    @staticmethod
    def is_postgresql(url: URL) -> bool:
        """Say whether an address is that of PostgreSQL."""
        return url.get_backend_name() == "postgresql"

    @property
    def has_transactions_view(self) -> bool:
        """Say whether it can be asked which transactions are running."""
        return self.is_postgresql(self._engine.url)

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """Connect for some statements.

        Raises:
            RetriableError: The database does not answer, or an attempt may help.
            ConfigurationError: It refuses the user, the table or a column.
            FatalError: Anything else.
        """
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise _classified(error) from None

    def table(self, connection: Connection, name: str, columns: tuple[str, ...]) -> Table:
        """Return a table or view as the database describes it.

        Raises:
            ConfigurationError: It is absent or lacks a column.
        """
        schema, _, bare = name.rpartition(".")
        try:
            table = Table(bare, MetaData(), schema=schema or None, autoload_with=connection)
        except NoSuchTableError:
            raise ConfigurationError(
                f"the database has no table or view {name}", hint="look at `table`, and at the user's rights"
            ) from None
        absent = [column for column in columns if column not in table.columns]
        if absent:
            raise ConfigurationError(
                f"{name} has no column {', '.join(absent)}", hint="look at the columns that the file names"
            )
        return table

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


def _classified(error: SQLAlchemyError) -> ConfigurationError | RetriableError | FatalError:
    state = str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")
    said = f"the database: {type(error).__name__}{f', SQLSTATE {state}' if state else ''}"
    if state.startswith(_LASTING_STATES):
        return ConfigurationError(said, hint="look at the user, its password and its rights")
    if isinstance(error, OperationalError | InterfaceError) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    ):
        return RetriableError(
            said, hint="is it up, are address, user and password right?", awaited=Awaited.SOURCE
        )
    return FatalError(said, hint="run the query that the source makes by hand")
