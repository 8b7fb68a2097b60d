"""From framed Avro values to columns; one bad record never hides its neighbours.

Values of one schema are decoded together. When that fails, or a record is found out of
step, the values are halved and tried again, the last few one by one. The columnar reader
stands behind `_columns`; the row decoder is its oracle in the tests.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import fastavro
import polars as pl

from consumers.hub.container import FRAME, INDEX, container
from consumers.hub.writers import Writers
from schemas import contract, framing
from schemas.reasons import Reason

# Below this a decoded container costs more than its records one by one.
_FEW = 32


@dataclass(slots=True)
class Decoded:
    """What became of a batch of values.

    Attributes:
        frame: One row per decoded value, the fields of the contract and `_index`, the
            value's place in the batch.
        bad: By place in the batch, why a value could not be decoded.
    """

    frame: pl.DataFrame
    bad: dict[int, Reason] = field(default_factory=dict)


def decode(values: Sequence[bytes | None], writers: Writers) -> Decoded:
    """Decode a batch of record values.

    Raises:
        RetriableError: A schema is not known yet and the registry does not answer.
    """
    bad: dict[int, Reason] = {}
    parts = [empty()]
    for schema_id, indexes in _by_schema(values, bad).items():
        schema = writers.find(schema_id)
        if isinstance(schema, Reason):
            bad |= dict.fromkeys(indexes, schema)
            continue
        framed = [value for index in indexes if (value := values[index]) is not None]
        parts += _decode(schema, framed, indexes, bad)
    return Decoded(pl.concat(parts[1:] or parts), bad)


@cache
def empty() -> pl.DataFrame:
    """Return no rows with the columns that decoding yields."""
    return _framed_empty().drop(FRAME)


@cache
def _framed_empty() -> pl.DataFrame:
    return pl.read_avro(io.BytesIO(container(contract.latest("movement"), [], [])))


def _by_schema(values: Sequence[bytes | None], bad: dict[int, Reason]) -> dict[int, list[int]]:
    found: dict[bytes | None, list[int]] = {}
    for index, value in enumerate(values):
        frame = value and value[: framing.HEADER_BYTES]
        if frame in found:
            found[frame].append(index)
        else:
            found[frame] = [index]
    by_schema: dict[int, list[int]] = {}
    for frame, indexes in found.items():
        schema_id = framing.schema_id(frame) if frame else None
        if schema_id is None:
            reason = Reason.TOMBSTONE if frame is None else Reason.UNFRAMED
            bad |= dict.fromkeys(indexes, reason)
        else:
            by_schema[schema_id] = indexes
    return by_schema


def _decode(
    schema: dict[str, Any], values: Sequence[bytes], indexes: Sequence[int], bad: dict[int, Reason]
) -> list[pl.DataFrame]:
    frame = _columns(schema, values, indexes)
    if frame is not None:
        return [frame]
    if len(values) <= _FEW:
        return [_rows(schema, values, indexes, bad)]
    half = len(values) // 2
    first = _decode(schema, values[:half], indexes[:half], bad)
    return first + _decode(schema, values[half:], indexes[half:], bad)


def _columns(schema: dict[str, Any], values: Sequence[bytes], indexes: Sequence[int]) -> pl.DataFrame | None:
    """Return the values as columns, or None if any of them is not what the schema says."""
    frame = _read(container(schema, values, indexes))
    if frame is None or frame.height != len(values):
        return None
    prefix = pl.Series([values[0][: framing.HEADER_BYTES]])
    in_step = (frame.get_column(INDEX) == pl.Series(indexes, dtype=pl.Int64)).all()
    return frame.drop(FRAME) if in_step and (frame.get_column(FRAME) == prefix).all() else None


def _read(data: bytes) -> pl.DataFrame | None:
    try:
        return _aligned(pl.read_avro(io.BytesIO(data)))
    except Exception:  # noqa: BLE001  # whatever the reader says, the rows are looked at one by one
        return None
    except BaseException as error:
        # Rust's panic is no Exception, and its class cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        return None


def _aligned(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the columns of the contract: what a writer adds is dropped, what it lacks gets its default."""
    wanted = _framed_empty().schema
    if frame.schema == wanted:
        return frame
    defaults = _defaults()
    return frame.select(
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(defaults[name], dtype).alias(name)
        for name, dtype in wanted.items()
    )


@cache
def _defaults() -> dict[str, Any]:
    return {
        item["name"]: item["default"] for item in contract.latest("movement")["fields"] if "default" in item
    }


def _rows(
    schema: dict[str, Any], values: Sequence[bytes], indexes: Sequence[int], bad: dict[int, Reason]
) -> pl.DataFrame:
    parts = [empty()]
    for value, index in zip(values, indexes, strict=True):
        try:
            # One by one here too: a number beyond its column must not take the others along.
            parts.append(pl.DataFrame([row(schema, value) | {INDEX: index}], schema=empty().schema))
        except Exception:  # noqa: BLE001  # a corrupt body may fail in any way; the reason is the same
            bad[index] = Reason.BODY_CORRUPT
    return pl.concat(parts)


def row(schema: dict[str, Any], value: bytes) -> dict[str, Any]:
    """Return one framed value as fields of the contract, strictly and slowly.

    Raises:
        ValueError: The body is longer than its schema says; a corrupt one may raise anything.
    """
    body = io.BytesIO(value)
    body.seek(framing.HEADER_BYTES)
    found: Any = fastavro.schemaless_reader(body, fastavro.parse_schema(schema), contract.parsed("movement"))
    if body.tell() != len(value):
        raise ValueError("bytes after the body")
    return dict(found)
