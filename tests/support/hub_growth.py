"""What a hub does with events, from chunks that it reads to its file, and what the process holds meanwhile.

Run as a program with a file, DuckDB's limit, and two numbers of events: prints what is held at each.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it brings no types

from consumers.hub.batch import Batch, Chunk, Parts
from consumers.hub.coverage import Coverage
from consumers.hub.custody import Custody
from consumers.hub.judging import judged
from consumers.hub.store import Store
from consumers.hub.writers import Writers
from schemas import contract, framing, topics
from schemas.identity import DEMONSTRATION_KEYS
from schemas.signing import Chain, Signer
from tests.benchmarks.movements import records
from tests.support.hub import SCHEMA_ID, writers
from tests.support.signed import EVERYBODY

AGENCY, CONTENTS = "GB-EA", 100
# Each is a transaction of the agency and a batch of the hub.
BATCH = 200


@dataclass(frozen=True, slots=True)
class Held:
    """What the process holds once so many events are stored.

    Attributes:
        objects: Blocks that Python has in use, one or two for each of its small objects.
        kept_bytes: What DuckDB keeps.
        besides_bytes: What is resident besides.
    """

    events: int
    objects: int
    kept_bytes: int
    besides_bytes: int


def batches() -> Iterator[Batch]:
    """Yield batches without end, each settled by a signature."""
    made = records(SCHEMA_ID, CONTENTS)
    signing, chain = Signer(AGENCY, DEMONSTRATION_KEYS.signing), Chain()
    known = Writers({SCHEMA_ID: contract.latest("signature")}, lambda _: {}, "signature")
    coverage = Coverage(EVERYBODY, known, {}, Custody(), {})
    prefix = framing.prefix(SCHEMA_ID)
    while True:
        (start,) = coverage.next_offsets().values() or (0,)
        (signed,) = coverage.custody_offsets().values() or (0,)
        found = [(offset, *record[:2]) for offset, record in enumerate(islice(made, BATCH), start)]
        body = signing.signed(chain, topics.MOVEMENTS, 0, found)
        coverage.add(_chunk(start, [key for _, key, _ in found], [value for *_, value in found]))
        coverage.add_signatures(_chunk(signed, [b"key"], [prefix + body]))
        batch = Batch()
        coverage.settle(batch, BATCH)
        batch.next_offsets, batch.custody = coverage.next_offsets(), coverage.custody()
        yield batch


def _chunk(start: int, keys: Parts, values: Parts) -> Chunk:
    offsets = [*range(start, start + len(keys))]
    return Chunk(keys, values, [0] * len(keys), offsets, {0: start + len(keys)})


def main() -> None:
    """Store events and print what is held."""
    file, limit, *stops = sys.argv[1:]
    made, known = batches(), writers()
    with closing(Store(Path(file), limit)) as store:
        for stop in map(int, stops):
            while sum(store.next_offsets().values()) < stop:
                batch = next(made)
                accepted = judged(batch, known)
                assert not accepted.dead_letters
                store.append(batch, accepted)
            sys.stdout.write(f"{json.dumps(asdict(_held(store, stop)))}\n")


def _held(store: Store, events: int) -> Held:
    with closing(store.cursor()) as asking:
        ((kept,),) = asking.execute("SELECT sum(memory_usage_bytes)::BIGINT FROM duckdb_memory()").fetchall()
    gc.collect()
    return Held(events, sys.getallocatedblocks(), kept, psutil.Process().memory_info().rss - kept)
