"""The stdin source: one resource, however slowly it comes."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from io import FileIO

import pytest

from producers.sources import stdin
from producers.sources.stdin import Stdin


def test_a_slow_pipe_is_one_resource_and_the_loop_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes in pieces is read to its end, and the source says when it waits."""
    monkeypatch.setattr(stdin, "_PATIENCE_SECONDS", 0.05)
    reading, writing = os.pipe()

    def write() -> None:
        for piece in (b"[", b"{}", b"]"):
            os.write(writing, piece)
            time.sleep(0.15)
        os.close(writing)

    writer = threading.Thread(target=write)
    writer.start()
    with FileIO(reading) as pipe:
        source = Stdin(pipe)
        turns, found = 0, []
        for resource in source.touched():
            if resource is None:
                turns += 1
            else:
                with resource.open() as stream:
                    found.append((resource.name, resource.size_bytes, resource.sha256(), stream.read()))
        again = list(source.touched())
    writer.join()

    assert [("stdin", 4, hashlib.sha256(b"[{}]").digest(), b"[{}]")] == found
    assert turns >= 3
    assert again == []
