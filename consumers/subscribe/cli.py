"""The command `weighbridge subscribe`."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from schemas.errors import ConfigurationError
from schemas.options import BootstrapOption, RegistryOption


class Format(StrEnum):
    """How observations are written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


def subscribe(
    file_format: Annotated[Format, typer.Option("--format", help="How to write.")] = Format.CSV,
    out: Annotated[Path | None, typer.Option(help="File to write; default: stdout.")] = None,
    hub: Annotated[str | None, typer.Option(help="Only the observations of this hub.")] = None,
    epoch: Annotated[str | None, typer.Option(help="Only those of this epoch, such as 2026-10.")] = None,
    bootstrap_servers: BootstrapOption = None,
    registry_url: RegistryOption = None,
) -> None:
    """Write every observation that is published now.

    Examples: `weighbridge subscribe > aggregates.csv`,
    `weighbridge subscribe --format parquet --out aggregates.parquet`
    """
    from consumers.subscribe import writing
    from consumers.subscribe.observations import observations
    from schemas import settings
    from schemas.runtime import logs

    found = settings.load(kafka={"bootstrap_servers": bootstrap_servers, "registry_url": registry_url})
    logs.configure()
    # Read first: a file of before is only replaced by a whole new one.
    published = list(observations(found.kafka, hub, epoch))
    if file_format is Format.PARQUET:
        if out is None:
            raise ConfigurationError("Parquet is no text", hint="name a file with --out")
        writing.write_parquet(published, out)
        return
    write = writing.write_csv if file_format is Format.CSV else writing.write_json_lines
    with out.open("w", encoding="utf-8", newline="") if out else nullcontext(sys.stdout) as file:
        write(published, file)
