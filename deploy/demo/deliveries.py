"""What the demonstration publishes: its own documents, and real samples where they are found.

The real samples are bodies without their system's envelope. The demonstration writes one
around each, from the replies that lie beside them or of its own making; a document's own
text stays as it is.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

SAMPLES_VARIABLE = "WEIGHBRIDGE_SAMPLES"
SAMPLES_DEFAULT = Path("../shared/samples")
US_ADAPTER, UK_ADAPTER = "us-emanifest", "uk-packaging"
_NUMBER = re.compile(r"[0-9]{9}[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One folder of documents of one agency.

    Attributes:
        title: Whose documents they are, for people.
        source_id: Name of the source, part of the transactional id.
    """

    title: str
    source_id: str
    adapter: str
    agency: str
    folder: Path


def samples_folder() -> Path | None:
    """Return the folder of real samples, None where there is none."""
    folder = Path(os.environ.get(SAMPLES_VARIABLE, SAMPLES_DEFAULT))
    return folder if folder.is_dir() else None


def own(folder: Path) -> Iterator[Delivery]:
    """Copy the project's own documents to a folder and yield the deliveries."""
    for adapter, agency in ((US_ADAPTER, "US-EPA"), (UK_ADAPTER, "GB-EA")):
        target = folder / "own" / adapter
        with resources.as_file(resources.files("deploy.demo") / "documents" / adapter) as source:
            shutil.copytree(source, target)
        yield Delivery("own documents", f"own-{adapter}", adapter, agency, target)


def real(samples: Path, folder: Path) -> Iterator[Delivery]:
    """Write real samples, each in an envelope, to a folder and yield the deliveries."""
    for adapter, agency, written in (
        (US_ADAPTER, "US-EPA", _manifests(samples)),
        (UK_ADAPTER, "GB-EA", _uploads(samples)),
    ):
        target = folder / "real" / adapter
        target.mkdir(parents=True)
        for name, text in written:
            (target / name).write_text(text, encoding="utf-8")
        yield Delivery("real samples", f"real-{adapter}", adapter, agency, target)


def _manifests(samples: Path) -> Iterator[tuple[str, str]]:
    bodies = [
        path
        for path in sorted((samples / "us-emanifest").glob("*example*.json"))
        if not re.search("return|response", path.name)
    ]
    for number, path in enumerate(bodies, 1):
        reply = path.with_name(f"{path.stem}-response.json")
        yield path.name, _manifest(path, reply, number)
    for path in sorted((samples / "us-haztrak").glob("[0-9]*.json")):
        yield path.name, path.read_text("utf-8")


def _manifest(path: Path, reply: Path, number: int) -> str:
    text = path.read_text("utf-8")
    stated = str(json.loads(text).get("manifestTrackingNumber", ""))
    answer = json.loads(reply.read_text("utf-8")) if reply.exists() else {}
    given = answer.get("manifestTrackingNumber") or f"{number:09d}ELC"
    head = {
        "manifestTrackingNumber": stated if _NUMBER.fullmatch(stated) else given,
        "updatedDate": answer.get("date", "2026-01-01T00:00:00.000+0000"),
    }
    return _enveloped(head, "body", text)


def _uploads(samples: Path) -> Iterator[tuple[str, str]]:
    folder = samples / "uk-epr-exporter"
    reports = folder / "expected_reports.json"
    entries = json.loads(reports.read_text("utf-8")) if reports.exists() else []
    sources = {entry["inputFile"]: entry["expected"]["source"] for entry in entries}
    for number, (name, source) in enumerate(sources.items(), 1):
        head = {
            "organisation": f"sample-organisation-{number}",
            "registration": f"sample-registration-{number}",
            "summaryLogId": source["summaryLogId"],
            "uploadedAt": source["lastUploadedAt"],
        }
        yield name, _enveloped(head, "rows", (folder / name).read_text("utf-8"))


def _enveloped(head: dict[str, Any], member: str, text: str) -> str:
    """Return an envelope around a document whose numbers stay as they are written."""
    return f'{json.dumps(head)[:-1]}, "{member}": {text}}}'
