"""Options that commands of agencies and of hubs share, in the same words."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

BootstrapOption = Annotated[str | None, typer.Option("--bootstrap-servers", help="Kafka brokers.")]
RegistryOption = Annotated[str | None, typer.Option("--registry-url", help="Schema registry.")]
SinceOption = Annotated[
    datetime | None, typer.Option(help="Only what was refused since, in UTC, such as 2026-11-26T08:00:00.")
]
UntilOption = Annotated[datetime | None, typer.Option(help="Only what was refused before, in UTC.")]
ListLimitOption = Annotated[int, typer.Option("--limit", min=1, help="Name at most so many; JSON names all.")]
LimitOption = Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, oldest first.")]
RateOption = Annotated[int, typer.Option(min=1, max=10_000, help="At most so many in a second.")]
LinesOption = Annotated[bool, typer.Option("--json", help="JSON lines instead of a table.")]
