"""The United States' e-Manifest: what its service is told of a movement, and what stands of it.

A manifest has one quantity for each line: before receipt it is the generator's estimate. Of a load
that is refused in part other manifests say how much.
"""

from __future__ import annotations

import json
from datetime import date
from random import Random

from producers.simulation.claims import CONVERTED, ESTIMATED, UNKNOWN, UNMAPPED, WEIGHED, Claim
from producers.simulation.manifests import (
    FAULTS,
    METHODS,
    Line,
    Manifest,
    handed_over,
    instant,
    manifest_of,
    sender,
    spoiled,
    updated_at,
    version_of,
)
from producers.simulation.movement import Fate, Movement
from producers.simulation.places import Site
from producers.simulation.reports import JSON_ARRAY, Document, Report, Wave, by_course, course

FORM = JSON_ARRAY


class UsEmanifest:
    """The system of the Environmental Protection Agency."""

    name = "us-emanifest"
    agency = "US-EPA"

    def report(self, movement: Movement, dice: Random) -> Report:
        """Return the versions of one manifest, and what stands of them."""
        manifest = manifest_of(movement, dice)
        way = course(dice)
        return _REPORTS[way](manifest, dice)


def _plain(manifest: Manifest, _: Random, wave: Wave = Wave.FIRST) -> Report:
    body = version_of(manifest, "Signed", 0)
    return Report((Document(wave, body),), _arrived(manifest))


def _in_stages(manifest: Manifest, _: Random) -> Report:
    announced = Document(Wave.FIRST, version_of(manifest, "Scheduled", -3, is_estimate=True))
    under_way = Document(Wave.FIRST, version_of(manifest, "InTransit", -1, is_estimate=True))
    signed = Document(Wave.CORRECTIONS, version_of(manifest, "Signed", 0))
    return Report((announced, under_way, signed), (*_announced(manifest), *_arrived(manifest)))


def _corrected(manifest: Manifest, _: Random) -> Report:
    signed = Document(Wave.FIRST, version_of(manifest, "Signed", 0, is_estimate=True))
    draft = Document(Wave.CORRECTIONS, version_of(manifest, "UnderCorrection", 1))
    corrected = Document(Wave.CORRECTIONS, version_of(manifest, "Corrected", 2))
    return Report((signed, draft, corrected), _arrived(manifest, 2))


def _overtaken(manifest: Manifest, _: Random) -> Report:
    """The last version comes first; of those before it only the announcement adds something."""
    corrected = Document(Wave.FIRST, version_of(manifest, "Corrected", 2))
    signed = Document(Wave.CORRECTIONS, version_of(manifest, "Signed", 0, is_estimate=True))
    announced = Document(Wave.LATE, version_of(manifest, "Scheduled", -3, is_estimate=True))
    return Report((corrected, signed, announced), (*_announced(manifest), *_arrived(manifest, 2)))


def _without_receipt(manifest: Manifest, _: Random) -> Report:
    under_way = Document(Wave.FIRST, version_of(manifest, "InTransit", -1, is_estimate=True))
    return Report((under_way,), _dispatched(manifest, -1, is_estimate=True))


def _cancelled(manifest: Manifest, _: Random) -> Report:
    announced = Document(Wave.FIRST, version_of(manifest, "Scheduled", -3, is_estimate=True))
    gone = {
        "manifestTrackingNumber": manifest.number,
        "updatedDate": instant(updated_at(manifest, -2)),
        "body": {"code": "E_ManifestTrackingNumberNotFound ", "message": "not found"},
    }
    return Report((announced, Document(Wave.CORRECTIONS, json.dumps(gone))))


def _faulty(manifest: Manifest, dice: Random) -> Report:
    fault = dice.choice(FAULTS)
    return Report((Document(Wave.FIRST, spoiled(version_of(manifest, "Signed", 0), fault), fault),))


def _repaired(manifest: Manifest, dice: Random) -> Report:
    repaired = Document(Wave.CORRECTIONS, version_of(manifest, "Signed", 0))
    return Report((*_faulty(manifest, dice).documents, repaired), _arrived(manifest))


_REPORTS = by_course(
    _plain, _in_stages, _corrected, _overtaken, _without_receipt, _cancelled, _faulty, _repaired
)


def _announced(manifest: Manifest) -> tuple[Claim, ...]:
    day = sender(manifest).day(manifest.movement.dispatched_at)
    return _claims(manifest, "ANNOUNCED", day, -3, is_estimate=True)


def _dispatched(manifest: Manifest, version: int, *, is_estimate: bool = False) -> tuple[Claim, ...]:
    day = sender(manifest).day(manifest.movement.dispatched_at)
    sent = _claims(manifest, "DISPATCHED", day, version, is_estimate=is_estimate)
    if len(manifest.carriers) == 1:
        return sent
    second = manifest.carriers[1].day(handed_over(manifest))
    return (*sent, *_claims(manifest, "TRANSFERRED", second, version, step=2, is_estimate=is_estimate))


def _arrived(manifest: Manifest, version: int = 0) -> tuple[Claim, ...]:
    """Return what a signed manifest says."""
    day = manifest.movement.destination.day(manifest.movement.arrived_at)
    arrived: tuple[Claim, ...] = ()
    if manifest.movement.fate is Fate.ARRIVED or manifest.is_partial:
        arrived += _claims(manifest, "RECEIVED", day, version)
    if manifest.movement.fate is Fate.REFUSED:
        arrived += _claims(manifest, "REFUSED", day, version)
    return (*_dispatched(manifest, version), *arrived)


def _claims(
    manifest: Manifest, stage: str, on: date, version: int, *, step: int = 0, is_estimate: bool = False
) -> tuple[Claim, ...]:
    return tuple(
        _claim(manifest, number, stage, on, version, step=step, is_estimate=is_estimate)
        for number in range(len(manifest.lines))
    )


def _claim(
    manifest: Manifest, number: int, stage: str, on: date, version: int, *, step: int, is_estimate: bool
) -> Claim:
    line, movement = manifest.lines[number], manifest.movement
    is_at_end = stage in {"RECEIVED", "REFUSED"}
    mass_g = line.mass_g(line.estimate if is_estimate else line.value)
    if is_at_end and manifest.is_partial:
        # What was refused stands on other manifests, so neither part is known here.
        mass_g = None
    shown = movement.destination if manifest.is_import or is_at_end else movement.origin
    return Claim(
        UsEmanifest.agency,
        UsEmanifest.name,
        f"US:{manifest.number}",
        number + 1,
        stage,
        step,
        "IMPORT" if manifest.is_import else "DOMESTIC",
        shown.part.shown,
        movement.origin.country,
        manifest.is_import,
        line.waste.material,
        None,
        METHODS[line.method] if stage == "RECEIVED" else UNMAPPED,
        on,
        mass_g,
        _basis(line, mass_g, is_at_end=is_at_end),
        updated_at(manifest, version),
        _holder(manifest, stage).id,
    )


def _holder(manifest: Manifest, stage: str) -> Site:
    """Return who has the waste at a stage."""
    if stage == "TRANSFERRED":
        return manifest.carriers[1]
    return manifest.movement.destination if stage in {"RECEIVED", "REFUSED"} else sender(manifest)


def _basis(line: Line, mass_g: int | None, *, is_at_end: bool) -> str:
    if mass_g is None:
        return UNKNOWN
    if line.is_volume:
        return CONVERTED
    return WEIGHED if is_at_end else ESTIMATED
