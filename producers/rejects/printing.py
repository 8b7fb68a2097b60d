"""Refused documents as people and programs read them; files have names for whoever has them and the keys."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import typer

from producers.rejects.records import Rejected
from schemas import refused
from schemas.plain import instant

Names = Mapping[bytes, str]


def as_json(item: Rejected, names: Names) -> dict[str, Any]:
    """Return what a program reads of a refused document; `names` are those of files by their keys."""
    return {
        "number": item.number,
        "source_id": item.source_id,
        "file": names.get(item.file_key),
        "file_key": item.file_key.hex(),
        "path": item.path,
        "rejected_at": instant(item.rejected_at),
        "size_bytes": item.size_bytes,
        "findings": [asdict(finding) for finding in item.findings],
    }


def show_one(item: Rejected, names: Names, *, is_json: bool) -> None:
    """Print everything that is wrong with a document, and what to do."""
    if is_json:
        typer.echo(json.dumps(as_json(item, names)))
        return
    typer.echo(f"{item.number}  {_place(item, names)}  refused {instant(item.rejected_at)}")
    for finding in item.findings:
        typer.echo(f"  {finding.severity.value:7} {finding.path} [{finding.rule}]\n          {finding.hint}")


def show_table(chosen: Sequence[Rejected], names: Names, rows_max: int) -> None:
    """Print how many there are by reason and source, then which, newest last."""
    refused.show(
        "document",
        "source",
        Counter((item.rule, item.source_id) for item in chosen),
        ("number", "refused", "source", "reasons", "place"),
        (_row(item, names) for item in chosen[-rows_max:]),
        rows_max,
    )


def _row(item: Rejected, names: Names) -> tuple[str, ...]:
    reasons = ", ".join(dict.fromkeys(finding.rule for finding in item.findings))
    return str(item.number), instant(item.rejected_at), item.source_id, reasons, _place(item, names)


def _place(item: Rejected, names: Names) -> str:
    return f"{names.get(item.file_key, item.file_key.hex())} {item.path}"
