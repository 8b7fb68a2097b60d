"""A decision as files and back: how it is kept, handed between processes, and given to an auditor."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import polars as pl

from consumers.release.decision import Attribution, Decision

_OBSERVATIONS, _BLOCK = "observations.parquet", "block.parquet"
_FINAL, _CERTIFICATES = "final.json", "certificates.json"
_FRAMES = tuple(item.name for item in fields(Attribution) if item.name != "final")


def write(decision: Decision, folder: Path) -> None:
    """Write a decision to files of a folder: the same decision gives the same bytes."""
    frames = {_OBSERVATIONS: decision.observations, _BLOCK: decision.block}
    frames |= {f"{name}.parquet": getattr(decision.attribution, name) for name in _FRAMES}
    for name, frame in frames.items():
        # In one piece: how a frame is cut, by how many cores, would show in the bytes.
        frame.rechunk().write_parquet(folder / name)
    (folder / _FINAL).write_text(json.dumps(decision.attribution.final), "utf-8")
    certificates = {name: text.decode() for name, text in decision.certificates.items()}
    (folder / _CERTIFICATES).write_text(json.dumps(certificates, sort_keys=True), "utf-8")


def read(folder: Path) -> Decision:
    """Return the decision that a folder holds."""
    certificates = json.loads((folder / _CERTIFICATES).read_text("utf-8"))
    return Decision(
        observations=pl.read_parquet(folder / _OBSERVATIONS),
        attribution=attribution(folder),
        block=pl.read_parquet(folder / _BLOCK),
        certificates={name: text.encode() for name, text in certificates.items()},
    )


def attribution(folder: Path | None) -> Attribution:
    """Return what the decision of a folder hands to the next one, and what the first one gets without."""
    if folder is None:
        return Attribution()
    frames: dict[str, Any] = {name: pl.read_parquet(folder / f"{name}.parquet") for name in _FRAMES}
    return Attribution(**frames, final=tuple(json.loads((folder / _FINAL).read_text("utf-8"))))
