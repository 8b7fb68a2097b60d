"""The dead letters of a hub's file, and the outbox of those that are not on their topic as they are now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import duckdb
import polars as pl

from consumers.deadletters.letters import DeadLetter, Place

_PLACE = ("kafka_partition", "kafka_offset")


class Letterbox:
    """The tables `dead_letter` and `outbox`, over the connection and in the transactions of the store."""

    def __init__(self, writer: duckdb.DuckDBPyConnection) -> None:
        self._writer = writer

    def all(self) -> list[DeadLetter]:
        """Return every record that was ever refused, redriven ones too."""
        return [*map(_letter, self._writer.execute("FROM dead_letter ORDER BY ALL").fetchall())]

    def refused(self, places: Iterable[Place]) -> dict[Place, DeadLetter]:
        """Return those of some records that are refused now."""
        self._writer.register("asked", placed([*places]).to_arrow())
        rows = self._writer.execute(
            "SELECT dead_letter.* FROM dead_letter JOIN asked USING (kafka_partition, kafka_offset) "
            "WHERE redriven IS NULL"
        ).fetchall()
        self._writer.unregister("asked")
        return {letter.place: letter for letter in map(_letter, rows)}

    def append(self, letters: Sequence[DeadLetter], told: frozenset[Place]) -> None:
        """Store new ones, to be told unless they are."""
        if not letters:
            return
        self._writer.register("new", _table(letters).with_columns(is_told=_is_told(letters, told)).to_arrow())
        self._writer.execute("INSERT INTO dead_letter BY NAME SELECT * EXCLUDE (is_told) FROM new")
        self._writer.execute(
            "INSERT INTO outbox SELECT kafka_partition, kafka_offset FROM new WHERE NOT is_told"
        )
        self._writer.unregister("new")

    def numbered(
        self, letters: Iterable[DeadLetter], numbers: Mapping[Place, int], first: int
    ) -> Iterator[DeadLetter]:
        """Yield letters as redriven: by the numbers they have, else by the next ones, from `first` on."""
        ((unused,),) = self._writer.execute(
            "SELECT coalesce(max(redriven) + 1, 0) FROM dead_letter"
        ).fetchall()
        new = count(max(first, unused))
        for letter in letters:
            number = numbers.get(letter.place)
            yield replace(letter, redriven=next(new) if number is None else number)

    def change(self, letters: Sequence[DeadLetter]) -> None:
        """Store what has become of some, to be told."""
        self._writer.register("changed", _table(letters).to_arrow())
        self._writer.execute(
            "UPDATE dead_letter SET reasons = changed.reasons, agency = changed.agency, "
            "redriven = changed.redriven FROM changed "
            "WHERE dead_letter.kafka_partition = changed.kafka_partition "
            "AND dead_letter.kafka_offset = changed.kafka_offset"
        )
        self._writer.execute(
            "INSERT INTO outbox SELECT kafka_partition, kafka_offset FROM changed "
            "ANTI JOIN outbox USING (kafka_partition, kafka_offset)"
        )
        self._writer.unregister("changed")

    def unsent(self, limit: int) -> list[DeadLetter]:
        """Return some that are not on their topic as they are now, by their places."""
        rows = self._writer.execute(
            "SELECT dead_letter.* FROM outbox JOIN dead_letter USING (kafka_partition, kafka_offset) "
            "ORDER BY ALL LIMIT ?",
            [limit],
        ).fetchall()
        return [*map(_letter, rows)]

    def sent(self, letters: Sequence[DeadLetter]) -> None:
        """Take some that are on their topic out of the outbox."""
        self._writer.register("done", placed([item.place for item in letters]).to_arrow())
        self._writer.execute("DELETE FROM outbox WHERE (kafka_partition, kafka_offset) IN (FROM done)")
        self._writer.unregister("done")


def placed(places: Sequence[tuple[int, int]]) -> pl.DataFrame:
    """Return partitions and offsets as columns."""
    return pl.DataFrame(places, schema={_PLACE[0]: pl.Int32, _PLACE[1]: pl.Int64}, orient="row")


def _table(letters: Sequence[DeadLetter]) -> pl.DataFrame:
    return placed([item.place for item in letters]).with_columns(
        pl.Series("reasons", [[*item.reasons] for item in letters], dtype=pl.List(pl.String)),
        pl.Series("agency", [item.agency for item in letters], dtype=pl.String),
        pl.Series("redriven", [item.redriven for item in letters], dtype=pl.Int64),
    )


def _is_told(letters: Sequence[DeadLetter], told: frozenset[Place]) -> pl.Series:
    return pl.Series([item.place in told for item in letters], dtype=pl.Boolean)


def _letter(row: tuple[Any, ...]) -> DeadLetter:
    partition, offset, reasons, agency, redriven = row
    return DeadLetter(partition, offset, tuple(reasons), agency, redriven)
