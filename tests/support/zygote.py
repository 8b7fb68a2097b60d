"""A process that has imported the program once, and forks itself for each command line it is sent.

What runs in a fork is what a shell would start, from its arguments to its exit, without the second
that imports take. Started by `tests.support.program`, with a socket as its standard input.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from producers import adapter as adapters

# Nothing that starts threads when it is imported, as polars does: a fork would lack them.
PRELOADED = (
    *("consumers.sealed.parts", "consumers.subscribe.observations", "deploy.cli"),
    *("producers.assembly", "producers.convert", "producers.rejects.records", "producers.report.report"),
    "tests.support.agency",
)
_TASKS = Path("/proc/self/task")
REQUEST_BYTES_MAX = 1 << 16
_STREAMS = 3


def entry(name: str) -> Callable[[], None]:
    """Return a function by its name, such as `deploy.cli:main`."""
    module, _, function = name.partition(":")
    found: Callable[[], None] = getattr(importlib.import_module(module), function)
    return found


def served(channel: socket.socket) -> dict[str, Any]:
    """Fork for each request, and return it in the process that is to do it; never here."""
    while True:
        request, descriptors, _, _ = socket.recv_fds(channel, REQUEST_BYTES_MAX, _STREAMS + 1)
        if not request:
            os._exit(0)
        *streams, status = descriptors
        if os.fork() == 0:
            channel.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _wait_for_fork(streams, status)
            return dict(json.loads(request))
        for descriptor in descriptors:
            os.close(descriptor)


def _wait_for_fork(streams: list[int], status: int) -> None:
    """Return in a fork with its streams; what forked it tells who that is, and later how it ended."""
    child = os.fork()
    if child == 0:
        os.close(status)
        for number, descriptor in enumerate(streams):
            os.dup2(descriptor, number)
            os.close(descriptor)
        return
    for descriptor in (*streams, 0, 1, 2):
        os.close(descriptor)
    os.write(status, b"%d\n" % child)
    _, ended = os.waitpid(child, 0)
    os.write(status, b"%d\n" % os.waitstatus_to_exitcode(ended))
    os._exit(0)


def become(request: dict[str, Any]) -> Callable[[], None]:
    """Take on folder, environment, limit and arguments of a request, and return what it wants to run."""
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    if request["file_bytes"] is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["file_bytes"],) * 2)
    sys.argv = [request["title"], *request["arguments"]]
    return entry(request["entry"])


if __name__ == "__main__":
    for name in PRELOADED:
        importlib.import_module(name)
    adapters.available()
    assert not _TASKS.is_dir() or len(list(_TASKS.iterdir())) == 1
    # What is there now is shared by all forks as long as nobody counts its references anew.
    gc.freeze()
    # Nobody waits for what waits for a fork.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    become(served(socket.socket(fileno=os.dup(0))))()
