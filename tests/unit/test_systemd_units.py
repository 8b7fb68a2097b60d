"""The units as systemd itself reads them: without a warning, and with little left that they may do."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from schemas.errors import EXIT_FENCED
from schemas.runtime.health import STUCK_SECONDS
from schemas.runtime.watchdog import STOP_SECONDS
from tests.support.samples import ROOT

FOLDER = ROOT / "deploy" / "systemd"
SERVICES = sorted(path.name for path in FOLDER.glob("*.service"))
# From 0 for what may do nothing to 10. Talking to the network alone is 0.8 of it.
EXPOSURE_MAX = 1.3


def analysed(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Ask the tool that comes with systemd; where that is absent, the test says so."""
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is absent: it is in the package `systemd` of the distribution")
    return subprocess.run([tool, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def seconds(unit: str, name: str) -> float:
    """Return a time of a unit."""
    found = re.search(rf"^{name}=(\d+)(min)?$", (FOLDER / unit).read_text("utf-8"), re.MULTILINE)
    assert found is not None
    return int(found[1]) * (60 if found[2] else 1)


def test_systemd_finds_nothing_to_complain_of(tmp_path: Path) -> None:
    """Every line of every unit is one that systemd knows, and the timer's instants are such."""
    units = tmp_path / "units"
    shutil.copytree(FOLDER, units)
    # It looks whether the program is there.
    for service in units.glob("*.service"):
        service.write_text(service.read_text().replace("/opt/weighbridge/bin/weighbridge", "/bin/true"))
    names = sorted(path.name for path in units.iterdir() if path.suffix in {".service", ".timer"})
    done = analysed("verify", *(f"./{name}" for name in names), cwd=units)

    assert len(names) == 4
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_may_do_little(unit: str) -> None:
    """What is left is the network, files of the program and its own; one allowance more would fail this."""
    threshold = f"--threshold={round(EXPOSURE_MAX * 10)}"
    done = analysed("security", "--offline=true", threshold, f"./{unit}", cwd=FOLDER)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("unit", ["weighbridge-adapter@.service", "weighbridge-hub.service"])
def test_a_service_is_given_the_time_it_may_need(unit: str) -> None:
    """What did not end by itself is ended, and nothing else: at a stop, and in a loop that stands."""
    python_is_held = 2 * STUCK_SECONDS

    assert seconds(unit, "TimeoutStopSec") > STOP_SECONDS
    assert seconds(unit, "WatchdogSec") > python_is_held
    assert seconds(unit, "TimeoutStartSec") > python_is_held
    assert f"\nRestartPreventExitStatus={EXIT_FENCED}\n" in (FOLDER / unit).read_text("utf-8")
