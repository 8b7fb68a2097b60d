"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

AgencyOption = Annotated[
    list[str] | None, typer.Option("--agency", help="Also the topics of this agency; repeat for more.")
]
HubOption = Annotated[
    list[str] | None, typer.Option("--hub", help="Also the topics of this hub; repeat for more.")
]
