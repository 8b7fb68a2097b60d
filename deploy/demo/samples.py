"""Real samples of national systems, made ready to be delivered; none is part of the project.

Most are bodies without their system's envelope. One is written around each, from the replies that
lie beside them or of our own making; a document's own text stays as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_TRACKING_NUMBER = re.compile(r"[0-9]{9}[A-Z]{3}")
# The request that reports a receipt, and the one that replaces it.
_POST, _PUT = "receive_Receive_", "update_"
# Another system's layouts, and a sheet without rows.
_NO_GREEN_LIST = re.compile(r"UKW?M_|.*template")

# Names, within the folder of the adapter, and texts.
Written = Iterator[tuple[str, str]]


def _manifests(samples: Path) -> Written:
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
        "manifestTrackingNumber": stated if _TRACKING_NUMBER.fullmatch(stated) else given,
        "updatedDate": answer.get("date", "2026-01-01T00:00:00.000+0000"),
    }
    return _enveloped(head, "body", text)


def _uploads(samples: Path) -> Written:
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


def _receipts(samples: Path) -> Written:
    """Yield each receipt as it was reported, then as it was replaced: in these samples, by the same."""
    folder = samples / "uk-dwt-receipt"
    for number, reported in enumerate(sorted(folder.glob(f"{_POST}*.json")), 1):
        replacements = folder.glob(f"{_PUT}*_{reported.name.removeprefix(_POST)}")
        for revision, request in enumerate((reported, *replacements), 1):
            head = {
                "wasteTrackingId": f"26SAMPL{number}",
                "revision": revision,
                "recordedAt": f"2026-01-2{revision}T09:00:00Z",
            }
            yield request.name, _enveloped(head, "body", request.read_text("utf-8"))


def _green_list(samples: Path) -> Written:
    """Yield each file in a folder of its own: the references of different accounts are different ones."""
    for path in sorted((samples / "uk-annexvii-glw").glob("*.csv")):
        if not _NO_GREEN_LIST.match(path.name):
            yield f"{path.stem}/{path.name}", path.read_bytes().decode("utf-8")


def _enveloped(head: dict[str, Any], member: str, text: str) -> str:
    """Return an envelope around a document whose numbers stay as they are written."""
    return f'{json.dumps(head)[:-1]}, "{member}": {text}}}'


WRITERS: dict[str, Callable[[Path], Written]] = {
    "us-emanifest": _manifests,
    "uk-packaging": _uploads,
    "uk-annex-vii": _green_list,
    "uk-receipt": _receipts,
}
