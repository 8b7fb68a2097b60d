"""A file of contributions, one row each: read as it is, and every doubt refused.

Errors name file, column and row, and never what stands there.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl

from consumers.disclosure import decimals
from consumers.disclosure.decimals import Decimals
from schemas.errors import ConfigurationError

_ROWS_AT_ONCE = 50_000
_TEXTS = (pl.String, pl.Categorical, pl.Enum, pl.Boolean, pl.Date)
_YES, _NO = ("1", "true", "yes"), ("0", "false", "no")


@dataclass(frozen=True, slots=True, eq=False)
class Microdata:
    """The rows of a file.

    Attributes:
        path: The file.
        rows: The columns that were asked for: texts from CSV, and from Parquet what they are.
    """

    path: Path
    rows: pl.DataFrame

    @classmethod
    def read(cls, path: Path, columns: Iterable[str]) -> Microdata:
        """Return some columns of a CSV (UTF-8, commas, one header line) or a Parquet file.

        Raises:
            ConfigurationError: It cannot be read, or has not each of the columns once.
        """
        columns = list(dict.fromkeys(columns))
        try:
            rows = _READERS[path.suffix](path, columns)
        except KeyError:
            raise ConfigurationError(
                f"{path}: neither .csv nor .parquet", hint="name the file by what is in it"
            ) from None
        except OSError as error:
            raise ConfigurationError(
                f"{path}: cannot be read", hint="correct [data] file; it is relative to the specification"
            ) from error
        except (csv.Error, UnicodeDecodeError, pl.exceptions.PolarsError):
            # Without its cause, whose text may tell what stands in the file.
            raise ConfigurationError(
                f"{path}: is no table that can be read",
                hint="give CSV in UTF-8 with commas, quotes closed and doubled inside; or Parquet",
            ) from None
        if not rows.height:
            raise ConfigurationError(f"{path}: has no rows", hint="give one row for each contribution")
        return cls(path, rows)

    def codes(self, column: str) -> pl.Series:
        """Return the codes of a dimension's column: texts, none of them missing."""
        texts = self.texts(column)
        self.refuse(
            column, texts.is_null(), "no code", hint="give a code in every row, if only one for the rest"
        )
        return texts

    def texts(self, column: str) -> pl.Series:
        """Return a column as texts; null where nothing stands but blanks."""
        series = self.rows[column]
        if not (series.dtype.is_integer() or series.dtype.is_decimal() or series.dtype in _TEXTS):
            raise self._error(column, "holds no texts", hint="store it as text or as whole numbers")
        texts = series.cast(pl.String)
        return pl.select(pl.when(texts.str.strip_chars() != "").then(texts)).to_series().alias(column)

    def flags(self, column: str) -> pl.Series:
        """Return a column of yes and no; an empty field is a no."""
        texts = self.texts(column).str.strip_chars().str.to_lowercase().fill_null(_NO[0])
        self.refuse(
            column,
            ~texts.is_in(list(_YES + _NO)),
            "neither yes nor no",
            hint=f"use {', '.join(_YES)} for yes; {', '.join(_NO)} or nothing for no",
        )
        return texts.is_in(list(_YES))

    def decimals(self, column: str) -> Decimals:
        """Return a column of numbers, none of them missing, infinite, or too large."""
        series = self.rows[column]
        self.refuse(
            column, series.is_null(), "no number", hint="give a number in every row, or leave the row out"
        )
        if series.dtype.is_float():
            found = decimals.of_floats(np.nan_to_num(series.to_numpy().astype(np.float64), nan=np.inf))
        else:
            found = decimals.of_texts(self.texts(column).fill_null(""))
        self.refuse(
            column,
            found.units.is_null(),
            "not a number, or too long a one",
            hint=f"write it like 1234.5, with {decimals.PLACES_MAX} digits at most",
        )
        return found

    def refuse(self, column: str, is_wrong: pl.Series, what: str, *, hint: str) -> None:
        """Raise what is wrong with the first of some rows, if there is one."""
        if is_wrong.any():
            raise self._error(f"{column}, row {is_wrong.arg_true()[0] + 1}", what, hint=hint)

    def _error(self, place: str, what: str, *, hint: str) -> ConfigurationError:
        return ConfigurationError(f"{self.path}, {place}: {what}", hint=hint)


def _from_parquet(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    _positions(path, pl.read_parquet_schema(path), columns)
    return pl.read_parquet(path, columns=list(columns), glob=False)


def _from_csv(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    # Not by polars: it lets rows pass that are too long or too short, or end inside quotes.
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, strict=True)
        header = next(lines, [])
        positions = _positions(path, header, columns)
        rows = _rows(path, lines, len(header))
        batches = [pl.DataFrame(schema=dict.fromkeys(columns, pl.String))]
        while batch := list(islice(rows, _ROWS_AT_ONCE)):
            fields = zip(*batch, strict=True)
            chosen = {number: values for number, values in enumerate(fields) if number in positions}
            batches.append(
                pl.DataFrame(
                    [pl.Series(name, chosen[at]) for name, at in zip(columns, positions, strict=True)]
                )
            )
    return pl.concat(batches)


def _rows(path: Path, lines: Iterable[list[str]], width: int) -> Iterator[list[str]]:
    for number, row in enumerate(filter(None, lines), start=1):
        if len(row) != width:
            raise ConfigurationError(
                f"{path}, row {number}: has not as many fields as the header line",
                hint="put fields with commas in quotes",
            )
        yield row


def _positions(path: Path, header: Iterable[str], columns: Iterable[str]) -> list[int]:
    names = list(header)
    for column in columns:
        if names.count(column) != 1:
            raise ConfigurationError(
                f"{path}: has no column {column}, or several",
                hint="correct the specification, or the file's header line",
            )
    return [names.index(column) for column in columns]


_READERS = {".csv": _from_csv, ".parquet": _from_parquet}
