"""The demonstration, as a newcomer runs it."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.demo.demo import AGENCIES
from tests.support.samples import samples_folder

pytestmark = pytest.mark.embedded

MATERIALS = {
    "PAPER",
    "PLASTIC",
    "GLASS",
    "METAL_MIXED",
    "FERROUS",
    "SOIL",
    "INDUSTRIAL_SLUDGE",
    "SORTING_RESIDUE",
    "HAZARDOUS_CHEMICAL",
}
COUNTRIES = {agency.partition("-")[0] for agency in AGENCIES}


def demo(folder: Path, samples: Path) -> subprocess.CompletedProcess[str]:
    """Run the program's demonstration."""
    program = Path(sys.executable).with_name("weighbridge")
    return subprocess.run(
        [program, "demo", "--out", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "WEIGHBRIDGE_SAMPLES": str(samples)},
        timeout=180,
    )


@pytest.mark.parametrize("has_samples", [False, True])
def test_demonstration_publishes_and_leaves_nothing_running(tmp_path: Path, *, has_samples: bool) -> None:
    """Documents become aggregates that can be read, what is confidential has no value, no server stays."""
    samples = samples_folder() if has_samples else tmp_path / "absent"
    if has_samples and not samples.exists():
        pytest.skip("real samples are absent: set WEIGHBRIDGE_SAMPLES to the folder that holds them")

    answer = demo(tmp_path / "demo", samples)

    assert answer.returncode == 0, answer.stderr
    assert ("real samples" in answer.stdout) == has_samples
    with (tmp_path / "demo" / "aggregates.csv").open() as file:
        rows = list(csv.DictReader(file))
    free = [row for row in rows if row["mass_g"] not in {"", "0"}]
    assert MATERIALS <= {row["material"] for row in free}
    assert COUNTRIES <= {row["region"].partition("-")[0] for row in free}
    assert all(agency in answer.stdout for agency in AGENCIES)
    assert "1 shipment is in the books of BE-OVAM and FR-DGPR" in answer.stdout
    assert all((row["mass_g"] == "") == (row["conf_status"] == "CONFIDENTIAL") for row in rows)
    assert not _processes_of(tmp_path)
    assert not (tmp_path / "demo" / "work").exists()


def _processes_of(folder: Path) -> list[str]:
    lines = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in lines.splitlines() if str(folder) in line]
