"""Which transactions of a database are still running: what they write shows late.

A transaction takes its timestamps and numbers early and shows them at its commit, so that a
row may appear behind others that were read already.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, text

from schemas.errors import ConfigurationError

# Between taking its start and showing it a transaction may be put aside by the machine.
_MARGIN = timedelta(seconds=1)
_MAY_SEE = text("SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'), pg_is_in_recovery()")
# Vacuum writes no rows. A transaction of another database writes none here.
_OLDEST = text(
    "SELECT coalesce(min(xact_start), clock_timestamp()) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type <> 'autovacuum worker'"
)
_PREPARED = text("SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()")
_NOW = text("SELECT clock_timestamp()")


class Running(Protocol):
    """What a database tells of its transactions; all instants are of one clock."""

    def settled_before(self, connection: Connection) -> datetime | None:
        """Return an instant such that what is read after asking shows all transactions that began before it.

        None where there is no such instant for now.
        """

    def now(self, connection: Connection) -> datetime:
        """Return the instant."""


class Watched:
    """PostgreSQL, where every running transaction can be seen."""

    def __init__(self, connection: Connection) -> None:
        """Check that they can.

        Raises:
            ConfigurationError: The user may not see others' transactions, or none are here.
        """
        may_see, is_standby = connection.execute(_MAY_SEE).one()
        if is_standby:
            raise ConfigurationError(
                "a standby does not know which transactions are running",
                hint="name the primary, or set watch_transactions = false and a look_back that is longer "
                "than any transaction and any delay of the standby",
            )
        if not may_see:
            raise ConfigurationError(
                "the database user may not see which transactions are running",
                hint="GRANT pg_read_all_stats to it, or set watch_transactions = false and a look_back that "
                "is longer than any transaction",
            )

    def settled_before(self, connection: Connection) -> datetime | None:
        """See `Running`; a prepared transaction does not say when it began, so none is known beside it."""
        # In this order: one that is prepared meanwhile is seen before or after.
        oldest: datetime = connection.execute(_OLDEST).scalar_one()
        return None if connection.execute(_PREPARED).scalar_one() else oldest - _MARGIN

    def now(self, connection: Connection) -> datetime:
        """Return the instant of the database's clock."""
        found: datetime = connection.execute(_NOW).scalar_one()
        return found


class Unwatched:
    """Any database; that its transactions are short enough is for the look-back to see to."""

    def settled_before(self, connection: Connection) -> datetime | None:  # noqa: ARG002  # nothing to ask
        """Take every transaction for over."""
        return datetime.now(UTC)

    def now(self, connection: Connection) -> datetime:  # noqa: ARG002  # nothing to ask
        """Return the instant of our own clock."""
        return datetime.now(UTC)
