"""What a process leaves behind when it fails: kinds and places of errors, never their texts, and no dumps.

The text of an exception may hold what a document or record says, whichever library wrote it;
so may the memory of a process. Expected errors are ours (`schemas.errors`) and told in full.
"""

from __future__ import annotations

import ctypes
import logging
import os
import resource
import sys
import threading
import traceback
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

# From Linux's prctl.h: whether a process may be dumped, or looked into by others of its user.
_PR_SET_DUMPABLE = 4
_PARTS_MAX = 3
_FRAMES_MAX = 20


def told(error: BaseException | None) -> list[str]:
    """Return the kinds of an error and of what led to it, each with the places it came by."""
    lines: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        lines.append(type(error).__name__)
        lines += [f"  {place}" for place in places(traceback.extract_tb(error.__traceback__))]
        error = error.__cause__ or error.__context__
    return lines


def places(stack: traceback.StackSummary) -> list[str]:
    """Return the last places of a stack, the innermost at the end."""
    return [f"{_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in stack[-_FRAMES_MAX:]]


def guard() -> None:
    """Keep this process from leaving texts of unexpected errors, dumps, or files that others can read."""
    sys.excepthook = lambda _, error, __: tell(error)
    threading.excepthook = lambda args: tell(args.exc_value)
    sys.unraisablehook = lambda args: tell(args.exc_value)
    # Warnings of libraries quote what they warn of.
    logging.captureWarnings(capture=True)
    logging.getLogger().addHandler(logging.NullHandler())
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, AttributeError):
        # A limit of nothing does not hold for dumps that Linux pipes into a program.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def tell(error: BaseException | None) -> None:
    """Write to stderr what may be told of an error."""
    sys.stderr.write("\n".join(["Error: weighbridge failed", *told(error), ""]))


def without_text(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Replace the error of a log line by what may be told of it; a processor of structlog."""
    found = event.pop("exc_info", None)
    if found:
        error = found if isinstance(found, BaseException) else sys.exc_info()[1]
        event["exception"] = told(error)
    return event


def _short(filename: str) -> str:
    return "/".join(Path(filename).parts[-_PARTS_MAX:])
