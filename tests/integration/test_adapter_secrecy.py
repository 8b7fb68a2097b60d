"""No value of a document leaves the adapter but those that its model classes as public or hub's."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest

from deploy.exchange.exchange import Exchange
from producers import adapter as adapters
from producers import validate
from schemas import identity
from schemas.confidentiality import Confidentiality, model_leaves
from schemas.telemetry import METRICS
from tests.support.agency import DOCUMENTS, ROOT, Agency, manifest, new_agency, write

# Longer than any code that may travel, and like nothing that stands in a schema or a hint.
CANARY = "Canary Qxzvw 555-010"
# Shorter texts stand somewhere by accident.
CHARACTERS_MIN = 5
TRAVELLING = {Confidentiality.PUBLIC, Confidentiality.HUB}


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield (path, value) of each leaf of a document."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, item in items:
            yield from leaves(item, (*path, name))
    else:
        yield path, value


def spoilt(document: Any) -> Iterator[Any]:
    """Yield the document again and again, each time with the canary in another leaf."""
    for path, _ in leaves(document):
        other = copy.deepcopy(document)
        place = other
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = CANARY
        yield other


def secrets(adapter: str, folder: Path) -> set[bytes]:
    """Return every text and long number of documents whose member the model does not let travel.

    The rule: a leaf may travel if its member has class public or hub in the adapter's model.
    """
    found: set[str] = {CANARY}
    allowed: set[str] = set()
    classes = [item for model in adapters.available()[adapter].native_models for item in model_leaves(model)]
    names = {path.rpartition(".")[2] for path, confidentiality in classes if confidentiality in TRAVELLING}
    for file in folder.glob("*.json"):
        for path, value in leaves(json.loads(file.read_text())):
            if isinstance(value, str | int) and len(str(value)) >= CHARACTERS_MIN:
                name = next(step for step in reversed(path) if isinstance(step, str))
                (allowed if name in names else found).add(str(value))
    # A text that also stands where it may travel, or in our own words, proves nothing.
    hints = [rule.hint for rule in (*adapters.available()[adapter].rules, *validate.RULES)]
    words = " ".join((*hints, *(metric.help for metric in METRICS)))
    return {text.encode() for text in found - allowed if text not in words}


def everything(agency: Agency, log: bytes) -> bytes:
    """Return all bytes that left the adapter: records, logs, metrics."""
    records = [*agency.events(), *agency.positions(), *agency.rejects()]
    exposition = generate_latest(agency.metrics.registry)
    return b"\0".join((*(record.all_bytes for record in records), exposition, log))


def documents(adapter: str) -> Iterator[Any]:
    """Yield spoilt documents of a system, and the fixtures as they are."""
    if adapter == "us-emanifest":
        yield from spoilt(manifest(1))
        yield from spoilt(json.loads((DOCUMENTS / "us_emanifest" / "partial_rejection.json").read_text()))
    else:
        log = json.loads((DOCUMENTS / "uk_packaging" / "exporter.json").read_text())
        for row in (0, 2):
            yield from spoilt(log | {"rows": [log["rows"][row]]})


@pytest.mark.parametrize("adapter", ["us-emanifest", "uk-packaging"])
def test_no_value_leaves_the_adapter(exchange: Exchange, tmp_path: Path, adapter: str) -> None:
    """Records, logs and metrics hold no name, address, number or ticket of any document, good or bad."""
    agency = new_agency(exchange, f"XX-SECRET{adapter[:2].upper()}", adapter)
    keys, folder = tmp_path / "keys", tmp_path / "in"
    identity.create(keys, range(2010, 2030))
    agency.keys = identity.load(keys)
    for number, document in enumerate(documents(adapter)):
        write(folder, f"{number:03d} {CANARY}.json", document)
    for file in (DOCUMENTS / adapter.replace("-", "_")).glob("*.json"):
        write(folder, f"own{file.stem[:3]}.json", file.read_bytes())
    command = agency.command(folder, keys, "--once", "--metrics-port", "0")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=120)
    agency.run(folder, source_id="again")
    left = everything(agency, done.stderr + done.stdout)
    hidden = secrets(adapter, DOCUMENTS / adapter.replace("-", "_"))

    assert done.returncode == 0
    assert len(hidden) > 10
    assert min(agency.sizes()) > 20
    assert [text for text in sorted(hidden) if text in left] == []
