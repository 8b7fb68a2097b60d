"""The program in a process of its own, and the most memory that it held."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from tempfile import NamedTemporaryFile
from typing import IO

from tests.support.samples import ROOT

# Linux counts the peak of a child from that of its parent, but for what the child says of itself. macOS
# does not, and counts in bytes.
_PROGRAM = """
import atexit, resource, sys
from pathlib import Path

def peak_bytes():
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peaks = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return int(peaks[0]) * 1024

told = Path(sys.argv.pop(1))
atexit.register(lambda: told.write_text(str(peak_bytes())))
from deploy.cli import main
main()
"""


def measured(arguments: Sequence[str], said: IO[bytes] | int = subprocess.DEVNULL) -> tuple[int, int]:
    """Run the program; return its exit status and its largest resident size in bytes.

    Args:
        arguments: Of `weighbridge`.
        said: Where its standard error goes; what it writes to standard output is dropped.
    """
    with NamedTemporaryFile() as told:
        command = [sys.executable, "-c", _PROGRAM, told.name, *arguments]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said, check=False)
        return done.returncode, int(told.read())
