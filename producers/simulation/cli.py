"""The command `weighbridge simulate`."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from producers.simulation.movement import Period

_FORMATS = ["%Y-%m-%d"]
_FIRST, _LAST = "2025-01-01", "2025-12-31"


def simulate(
    out: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    movements: Annotated[int, typer.Option(min=1, help="How many physical movements.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    first: Annotated[
        datetime, typer.Option("--from", formats=_FORMATS, help="First day of dispatch.")
    ] = _FIRST,  # type: ignore[assignment]  # typer reads a text
    last: Annotated[datetime, typer.Option("--to", formats=_FORMATS, help="Last day of dispatch.")] = _LAST,  # type: ignore[assignment]  # as above
    source: Annotated[
        list[str] | None,
        typer.Option(help="Only this source, such as us-emanifest; may be repeated. Default: all."),
    ] = None,
) -> None:
    """Write documents of invented movements in the formats of all adapters, and what a hub must make of them.

    Documents come in waves: first reports, corrections, late reports, and some again. Some are faulty
    on purpose. `truth.json` says what each agency refuses and what a hub answers when all is delivered.
    """
    from producers.simulation import systems
    from producers.simulation.movement import Period
    from producers.simulation.simulation import Simulation
    from schemas.runtime import bar

    period = Period(first.date(), last.date())
    chosen = tuple(name for name in systems.NAMES if source is None or name in source)
    _check(out, period, source or (), systems.NAMES)
    out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with bar.shown("Writing movements") as show:
        told = Simulation(movements, seed, period, chosen).write(out, show)
    seconds = time.monotonic() - started
    documents = sum(source["documents"] for source in told["sources"])
    speed = {"seconds": round(seconds, 1), "documents_per_second": round(documents / seconds)}
    typer.echo(json.dumps(told | speed))


def _check(out: Path, period: Period, named: Collection[str], known: Sequence[str]) -> None:
    from producers.simulation.schedule import DAYS_AFTER

    unknown = sorted(set(named) - set(known))
    if unknown:
        raise ConfigurationError(f"no source {', '.join(unknown)}", hint=f"choose of {', '.join(known)}")
    if period.first > period.last:
        raise ConfigurationError("--from is after --to", hint="exchange them")
    latest = datetime.now(UTC).date() - timedelta(days=DAYS_AFTER)
    if period.last > latest:
        raise ConfigurationError(
            "the last documents would be dated in the future", hint=f"choose --to {latest} or earlier"
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigurationError(f"{out} is not empty", hint="name a new folder: nothing is overwritten")
