"""The command `weighbridge demo`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the hub's file, the aggregates and the log.")] = Path(
        "weighbridge-demo"
    ),
) -> None:
    """Run the whole exchange on this machine: documents, broker, hub, release, aggregates.

    Uses the project's own documents, and real samples of national systems where
    WEIGHBRIDGE_SAMPLES names a folder of them. Leaves nothing running.
    """
    from rich.console import Console

    from deploy.demo import deliveries, summary
    from deploy.demo import demo as demonstration

    console = Console(highlight=False)
    samples = deliveries.samples_folder()
    console.print(f"Real samples: {samples.resolve()}" if samples else _absent())
    began = time.monotonic()

    def say(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:5.1f} s[/]  {text}")

    results = demonstration.run(out, samples, say)
    say("Done")
    summary.show(results, out, console)


def _absent() -> str:
    from deploy.demo.deliveries import SAMPLES_VARIABLE

    return f"Real samples: none found; {SAMPLES_VARIABLE} names their folder. Going on with own documents."
