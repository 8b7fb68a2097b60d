"""A machine whose services systemd runs: a real one, as PID 1, with what is in the work tree installed.

It has this machine's network and a copy of its files; whatever is done there is gone afterwards.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.samples import ROOT

_NAMESPACES = ("unshare", "--mount", "--pid", "--uts", "--ipc")
_BOOT_SECONDS = 60.0
_SETTLED = {"running", "degraded"}
# The program as `pip` would install it, but for where its modules lie.
_PROGRAM = """#!/bin/sh
export LD_LIBRARY_PATH=/opt/weighbridge/python/lib
export PYTHONPATH=/opt/weighbridge/project:/opt/weighbridge/packages
exec /opt/weighbridge/python/bin/{python} -c 'from deploy.cli import main; main()' "$@"
"""
# Its last processes take a moment to end.
_FORGET = """mount -t cgroup2 cgroup2 /mnt
for attempt in $(seq 100); do
  find "/mnt/$0" -depth -type d -exec rmdir {} + 2>/dev/null && break
  sleep 0.1
done"""


@dataclass(frozen=True, slots=True)
class Booted:
    """The machine.

    Attributes:
        pid: Of its systemd.
    """

    pid: int

    @property
    def root(self) -> Path:
        """Its files, as they are seen from here."""
        return Path(f"/proc/{self.pid}/root")

    def run(self, *command: object, is_checked: bool = True) -> str:
        """Run a command there as root, and return what it writes."""
        entered = ["nsenter", "--all", "--target", str(self.pid), "--", *map(str, command)]
        done = subprocess.run(entered, capture_output=True, text=True, check=False, cwd="/")
        assert not is_checked or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def shows(self, unit: str, *names: str) -> list[str]:
        """Return properties of a unit."""
        shown = self.run("systemctl", "show", unit, "--property", ",".join(names)).splitlines()
        values = dict(line.split("=", 1) for line in shown)
        return [values[name] for name in names]

    def log(self, unit: str) -> str:
        """Return what a unit has written."""
        return self.run("journalctl", "--output", "cat", "--unit", unit)

    def has_settled(self) -> bool:
        """Say whether systemd has started what it starts."""
        return self.run("systemctl", "is-system-running", is_checked=False).strip() in _SETTLED


@contextmanager
def booted(folder: Path) -> Iterator[Booted]:
    """Boot the machine; a test that cannot says why, and is left out."""
    if os.geteuid() != 0 or shutil.which("unshare") is None or not Path("/lib/systemd/systemd").exists():
        pytest.skip("to boot systemd takes root, and the package `systemd` of the distribution")
    folder.mkdir()
    name = f"weighbridge-{os.getpid()}"
    places = (name, folder, ROOT, sys.base_prefix, sysconfig.get_path("purelib"))
    command = [*_NAMESPACES, "--fork", "--kill-child", Path(__file__).with_name("boot.sh"), *places]
    try:
        with subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE, text=True) as holder:
            try:
                machine = _settled(holder)
                _install(machine.root)
                yield machine
            finally:
                holder.kill()
    finally:
        subprocess.run(["unshare", "--mount", "sh", "-c", _FORGET, name], check=False)


def _settled(holder: subprocess.Popen[str]) -> Booted:
    children = Path(f"/proc/{holder.pid}/task/{holder.pid}/children")
    deadline = time.monotonic() + _BOOT_SECONDS
    while holder.poll() is None:
        pids = children.read_text().split()
        if pids and (machine := Booted(int(pids[0]))).has_settled():
            return machine
        assert time.monotonic() < deadline, "systemd does not come up"
        time.sleep(0.2)
    assert holder.stderr is not None
    pytest.skip(f"systemd cannot be booted here: {holder.stderr.read().strip()}")


def _install(root: Path) -> None:
    program = root / "opt" / "weighbridge" / "bin" / "weighbridge"
    program.write_text(_PROGRAM.format(python=Path(sys.executable).resolve().name))
    program.chmod(0o755)
