"""Documents of any number for the benchmarks: the demonstration's own, with other numbers and companies.

They are plausible and seeded. Companies are drawn from as many as a national system knows,
so that no cache of pseudonyms looks better than it is.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

GENERATORS, FACILITIES, TRANSPORTERS, OVERSEAS_SITES = 20_000, 500, 2_000, 200
UPLOAD = {"organisation": "BENCH-ORG", "registration": "BENCH-REG", "uploadedAt": "2026-06-30T09:30:00.000Z"}
ADAPTERS = ("us-emanifest", "uk-packaging")


def write(adapter: str, file: Path, *, documents: int | None = None, size_bytes: int | None = None) -> int:
    """Write one file for an adapter and return how many documents it holds.

    Args:
        adapter: One of `ADAPTERS`.
        file: An array of manifests, or one upload with all its rows.
        documents: How many; without it as many as `size_bytes` takes.
        size_bytes: Size at which the file ends.
    """
    make: Callable[[int], dict[str, Any]] = manifest if adapter == "us-emanifest" else row
    head, tail = ("[", "]") if adapter == "us-emanifest" else (f'{json.dumps(UPLOAD)[:-1]}, "rows": [', "]}")
    number = 0
    with file.open("w", encoding="utf-8") as stream:
        written = stream.write(head)
        while number != documents and (size_bytes is None or written < size_bytes):
            separator = "\n" if number == 0 else ",\n"
            written += stream.write(separator + json.dumps(make(number)))
            number += 1
        stream.write(tail)
    return number


def cut(file: Path) -> None:
    """Take the end of a file away, as a broken transfer does: all but its last documents are whole."""
    with file.open("r+b") as stream:
        stream.truncate(file.stat().st_size - 200)


def manifest(number: int) -> dict[str, Any]:
    """Return a signed manifest; the same number gives the same."""
    dice = random.Random(number)  # noqa: S311  # a seeded load
    templates = _manifests()
    found = deepcopy(templates[number % len(templates)])
    found["manifestTrackingNumber"] = f"{number:09d}ELC"
    _at_another(found["generator"], dice.randrange(GENERATORS))
    _at_another(found["designatedFacility"], dice.randrange(FACILITIES))
    for transporter in found["transporters"]:
        _at_another(transporter, dice.randrange(TRANSPORTERS))
    for waste in found["wastes"]:
        waste["quantity"]["quantity"] = dice.randrange(1, 20_000)
    return found


def row(number: int) -> dict[str, Any]:
    """Return a row of an exporter's log; the same number gives the same."""
    dice = random.Random(number)  # noqa: S311  # a seeded load
    templates = _rows()
    found = deepcopy(templates[number % len(templates)])
    found["rowId"] = found["data"]["ROW_ID"] = 1_000 + number
    tonnes = dice.randrange(1_000, 25_000) / 1_000
    for name in found["data"]:
        if name.startswith("TONNAGE_"):
            found["data"][name] = tonnes
    if "OSR_ID" in found["data"]:
        found["data"]["OSR_ID"] = 100 + dice.randrange(OVERSEAS_SITES)
    return found


def _at_another(site: dict[str, Any], number: int) -> None:
    site["epaSiteId"] = f"{site['epaSiteId'][:3]}{number:09d}"


@cache
def _manifests() -> list[dict[str, Any]]:
    return [item for manifests in _texts("us-emanifest", "01_") for item in manifests]


@cache
def _rows() -> list[dict[str, Any]]:
    return [item for upload in _texts("uk-packaging", "exporter_1") for item in upload["rows"]]


def _texts(adapter: str, start: str) -> Iterator[Any]:
    folder = resources.files("deploy.demo") / "documents" / adapter
    for file in folder.iterdir():
        if file.name.startswith(start):
            yield json.loads(file.read_text("utf-8"))
