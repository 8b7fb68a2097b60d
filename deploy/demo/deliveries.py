"""What the demonstration publishes: its own documents, and real samples where they are found.

Some documents do not say by themselves whose they are or what their columns mean. Their folders
are laid out so that it can be told from them: one folder for each account, a mapping beside a table.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from deploy.demo import samples as real_samples

SAMPLES_VARIABLE = "WEIGHBRIDGE_SAMPLES"
SAMPLES_DEFAULT = Path("../shared/samples")
ANNEX_VII, TABLE = "uk-annex-vii", "table"
# Whose system each adapter reads here. Any agency may have a table.
AGENCIES = {
    "us-emanifest": "US-EPA",
    "uk-packaging": "GB-EA",
    ANNEX_VII: "GB-EA",
    "uk-receipt": "GB-EA",
    "fr-registry": "FR-DGPR",
    "eu-movement": "BE-OVAM",
    "it-rentri": "IT-MASE",
    TABLE: "DE-ZKS",
}
_NANOSECONDS = 1_000_000_000


class Heading(NamedTuple):
    """Under what deliveries are told together: whose they are, for people, and the adapter."""

    agency: str
    title: str
    adapter: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One folder of documents of one agency.

    Attributes:
        source_id: Name of the source, part of the transactional id.
        values: Settings of the adapter.
    """

    heading: Heading
    source_id: str
    folder: Path
    values: Mapping[str, str]


def samples_folder() -> Path | None:
    """Return the folder of real samples, None where there is none."""
    folder = Path(os.environ.get(SAMPLES_VARIABLE, SAMPLES_DEFAULT))
    return folder if folder.is_dir() else None


def own(folder: Path) -> Iterator[Delivery]:
    """Copy the project's own documents to a folder and yield the deliveries."""
    for adapter in AGENCIES:
        target = folder / "own" / adapter
        with resources.as_file(resources.files("deploy.demo") / "documents" / adapter) as source:
            shutil.copytree(source, target)
        yield from _deliveries("own documents", adapter, target)


def real(samples: Path, folder: Path) -> Iterator[Delivery]:
    """Write real samples, where needed in envelopes, to a folder and yield the deliveries."""
    for adapter, documents in real_samples.WRITERS.items():
        target = folder / "real" / adapter
        target.mkdir(parents=True)
        for name, text in documents(samples):
            file = target / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="")
        yield from _deliveries("real samples", adapter, target)


def _deliveries(title: str, adapter: str, folder: Path) -> Iterator[Delivery]:
    _deliver_in_order(folder)
    heading = Heading(AGENCIES[adapter], title, adapter)
    for number, (part, values) in enumerate(_parts(adapter, folder), 1):
        yield Delivery(heading, f"{folder.parent.name}-{adapter}-{number}", part, values)


def _parts(adapter: str, folder: Path) -> Iterator[tuple[Path, Mapping[str, str]]]:
    """Yield the folders that need settings of their own, with these."""
    if adapter == ANNEX_VII:
        for account in sorted(folder.iterdir()):
            yield account, {"account": account.name}
    elif adapter == TABLE:
        yield folder / "consignments", {"mapping": str(folder / "mapping.toml")}
    else:
        yield folder, {}


def _deliver_in_order(folder: Path) -> None:
    """Date the files one after another by name: that is the order in which they are delivered."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    now = time.time_ns()
    for age, file in enumerate(reversed(files), 1):
        written = now - age * _NANOSECONDS
        os.utime(file, ns=(written, written))
