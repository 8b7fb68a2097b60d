"""Commands of disclosure control: `weighbridge disclosure protect`, `audit` and `verify`."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schemas.errors import EXIT_FAILURE, ConfigurationError

if TYPE_CHECKING:
    from consumers.disclosure.audit.audit import Audit
    from consumers.disclosure.disclosure import Protected

disclosure = typer.Typer(
    name="disclosure",
    help="Decide which cells of tables may be published, attack a decision, or check its proof.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

SpecificationArgument = Annotated[
    Path, typer.Argument(metavar="SPEC.toml", help="Data, rules, dimensions and tables.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_PERCENT = 100


@disclosure.callback()
def group() -> None:
    """Decide which cells of tables may be published, attack a decision, or check its proof."""


@disclosure.command(
    epilog="Examples:\n\n`weighbridge disclosure protect turnover.toml --out turnover`\n\n"
    "`weighbridge disclosure protect turnover.toml --out turnover --json`"
)
def protect(
    specification: SpecificationArgument,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write to; made if need be.")],
    as_json: JsonOption = False,
) -> None:
    """Decide which cells may be published, and write the decision and its proof.

    DIR/published.csv may leave. DIR/cells.csv and DIR/certificate.json are confidential: they
    tell values, why each is withheld, and how closely it is protected.
    """
    from consumers.disclosure import disclosure, outputs
    from consumers.disclosure import specification as specifications
    from schemas.runtime import bar

    started = time.monotonic()
    problem = specifications.read(specification)
    with bar.steps() as on_progress:
        protected = disclosure.protect(problem, on_progress)
        outputs.write(protected, out)
    _tell_protected(protected, time.monotonic() - started, as_json)


@disclosure.command(
    epilog="Examples:\n\n`weighbridge disclosure audit turnover.toml turnover/cells.csv`\n\n"
    "`weighbridge disclosure audit turnover.toml foreign.csv --out findings.csv`\n\n"
    "`weighbridge disclosure audit turnover.toml foreign.csv --intervals > intervals.csv`"
)
def audit(
    specification: SpecificationArgument,
    cells: Annotated[
        Path, typer.Argument(metavar="CELLS.csv", help="A pattern: cells.csv, or that of another program.")
    ],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="CSV to write; default: stdout.")] = None,
    intervals: Annotated[
        bool, typer.Option("--intervals", help="Tell the interval of every suppressed cell.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Attack a pattern; write each disclosed cell with the interval an attacker gets.

    Exit status 1 where anything is disclosed. The output is confidential: it has true values.
    """
    from consumers.disclosure import findings, patterns
    from consumers.disclosure import specification as specifications
    from consumers.disclosure.audit import audit as audits
    from schemas import files
    from schemas.runtime import bar

    started = time.monotonic()
    problem = specifications.read(specification)
    pattern = patterns.read(cells, problem)
    with bar.steps() as on_progress:
        found = audits.audit(problem, pattern.suppressed, has_intervals=intervals, on_progress=on_progress)
    told = (*found.at_risk, *(item for item in found.intervals if item not in found.at_risk))
    rows = findings.table(told, problem)
    summary = _audit_summary(found, pattern.absent, time.monotonic() - started)
    if out is not None:
        files.replace({out: (rows.write_csv().encode(), files.CONFIDENTIAL)})
    if as_json:
        typer.echo(json.dumps({**summary, "findings": rows.to_dicts()}))
    else:
        if out is None:
            typer.echo(rows.write_csv(), nl=False)
        typer.echo(
            "{cells} cells: {sensitive} sensitive, {suppressed} suppressed ({not_in_file} not in the file); "
            "attackers {attackers}; {at_risk} at risk; {seconds} s".format_map(summary),
            err=True,
        )
    raise typer.Exit(EXIT_FAILURE if found.at_risk else 0)


@disclosure.command(
    epilog="Examples:\n\n`weighbridge disclosure verify turnover.toml turnover`\n\n"
    "`weighbridge disclosure verify turnover.toml turnover --json`"
)
def verify(
    specification: SpecificationArgument,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `protect` wrote.")],
    as_json: JsonOption = False,
) -> None:
    """Check the certificate of a decision by arithmetic alone; exit status 1 where it fails."""
    from consumers.disclosure import specification as specifications
    from consumers.disclosure.verifier import verifier

    if not folder.is_dir():
        raise ConfigurationError(f"{folder} is no folder", hint="name the one that `protect` wrote")
    found = verifier.verify(specifications.read(specification), folder)
    if as_json:
        typer.echo(json.dumps({"findings": found}))
    else:
        for finding in found:
            typer.echo(finding)
        typer.echo(f"findings {len(found)}" if found else "proven: nothing is disclosed", err=True)
    raise typer.Exit(EXIT_FAILURE if found else 0)


def _tell_protected(protected: Protected, seconds: float, as_json: bool) -> None:
    summary = _protect_summary(protected, seconds)
    if as_json:
        typer.echo(json.dumps(summary))
    else:
        typer.echo(
            "{cells} cells: {primary} primary, {secondary} secondary ({secondary_value_percent} % of value); "
            "{at_risk} at risk; {seconds} s".format_map(summary)
        )
        typer.echo(f"Protected from: {', '.join(summary['attackers'])}")
    if not protected.is_complete:
        typer.echo("Not everything could be protected as asked, so all was withheld.", err=True)


def _protect_summary(protected: Protected, seconds: float) -> dict[str, Any]:
    from consumers.disclosure.disclosure import PRIMARY, SECONDARY

    room, status = protected.cells.system.room, protected.status
    share = room[status == SECONDARY].sum() / max(room.sum(), 1)
    return {
        "cells": len(status),
        "primary": int((status == PRIMARY).sum()),
        "secondary": int((status == SECONDARY).sum()),
        "secondary_value_percent": round(_PERCENT * float(share), 2),
        "at_risk": int((protected.proofs.witness_of < 0).sum()),
        "is_complete": bool(protected.is_complete),
        "attackers": list(protected.problem.protection.attackers),
        "seconds": round(seconds, 2),
    }


def _audit_summary(found: Audit, absent: int, seconds: float) -> dict[str, Any]:
    return {
        "cells": found.cells,
        "suppressed": found.suppressed,
        "not_in_file": absent,
        "sensitive": found.sensitive,
        "attackers": found.attackers,
        "at_risk": len({finding.place for finding in found.at_risk}),
        "seconds": round(seconds, 2),
    }
