"""Runbooks that can be followed: each block of each page is run on a real exchange, in its order."""

from __future__ import annotations

import json
import os
import pty
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from consumers.hub import service
from schemas import topics
from tests.support import program
from tests.support.agency import manifest, write
from tests.support.runbook import blocks, shell
from tests.support.site import DOCUMENTS, Site, done
from tests.support.waiting import eventually

pytestmark = pytest.mark.embedded

RELEASED = topics.AGGREGATES, topics.RELEASES
_SECONDS = 90.0


@contextmanager
def running_hub(site: Site) -> Iterator[None]:
    """Run the hub of a desk meanwhile, once it has what is there."""
    environment = {**os.environ, **site.environment}
    log = site.desk / "hub.log"
    with program.start("hub", "run", cwd=site.desk, environment=environment, stderr=log) as hub:
        assert eventually(lambda: "caught_up" in log.read_text()), log.read_text()
        yield
        hub.terminate()


def test_a_hub_is_backed_up_while_it_runs_and_restored(site: Site) -> None:
    """An older backup has all figures again, and nothing that was released since is published again."""
    backup, check, *restore = blocks("hub-backup.md")
    with shell(site.desk, site.environment) as terminal:
        with running_hub(site):
            terminal.follow(backup)
            told = terminal.follow(check)
            held = service.ask(site.desk / "north.duckdb", "status")
        site_goes_on(site)
        facts, released = site.facts("north.duckdb"), site.records(*RELEASED)
        *_, outcome = [terminal.follow(block) for block in restore]

    assert f"events               {held['events']}\n" in told
    assert site.facts("north.duckdb") == facts
    assert site.facts("lost/north.duckdb") == facts
    assert len(released[topics.RELEASES]) == 1
    assert site.records(*RELEASED) == released
    assert "1 releases, 0 findings" in outcome


def site_goes_on(site: Site) -> None:
    """Publish more, let the hub store it, and release what is due."""
    write(site.desk / "inbox", "later.json", [manifest(number) for number in range(20)])
    site.publish()
    done(site, "hub", "run", "--until-end")
    assert "2" in done(site, "release", "run")


def test_a_hub_is_rebuilt_from_the_ledger(site: Site) -> None:
    """The figures are those of the former file, progress shows, and what was released stays as it was."""
    site_goes_on(site)
    facts, released = site.facts("north.duckdb"), site.records(*RELEASED)
    rebuild, *others = blocks("hub-rebuild.md")
    with shell(site.desk, site.environment) as terminal:
        assert terminal.follow(rebuild).endswith("}\n1\n")
        *_, outcome = [terminal.follow(block) for block in others]
    log = [json.loads(line) for line in (site.desk / "rebuild.log").read_text().splitlines()]
    (end,) = (line for line in log if line["event"] == "caught_up")

    assert facts
    assert site.facts("north.duckdb") == facts
    assert end["records"] > len(facts)
    assert site.records(*RELEASED) == released
    assert "1 releases, 0 findings" in outcome


def test_a_terminal_shows_how_far_a_rebuild_is(site: Site) -> None:
    """A bar comes to its end, and the lines of the log stand above it, whole."""
    ours, its = pty.openpty()
    with os.fdopen(ours, "rb") as screen:
        tty = Path(os.ttyname(its))
        answer = program.start(
            "hub", "run", "--until-end", cwd=site.desk, stderr=tty,
            environment={**os.environ, **site.environment, "TERM": "xterm", "COLUMNS": "200"},
        )  # fmt: skip
        with answer:
            assert answer.wait(_SECONDS) == 0
        os.set_blocking(ours, False)
        shown = (screen.read() or b"").decode()
    os.close(its)

    assert "Reading the ledger" in shown
    assert "100%" in shown
    assert '"event": "caught_up"' in shown


def test_an_agency_is_added(site: Site) -> None:
    """The newcomer's documents count at the hub, and every record of the ledger is signed."""
    shutil.copytree(DOCUMENTS / "uk-receipt", site.desk / "gb-inbox")
    with shell(site.desk, site.environment) as terminal:
        *_, ledger = [terminal.follow(block) for block in blocks("agency-add.md")]
    newcomer = site.agency("GB-EA", "uk-receipt", "gb")
    published = len(newcomer.events())

    assert published > 0
    assert len(newcomer.events()) == len((site.desk / "would-be.jsonl").read_text().splitlines())
    assert f"GB-EA: {published} records are signed, each once" in ledger
    assert {"GB-EA", "US-EPA"} <= {agency for agency, *_ in site.facts("north.duckdb")}


_ORDER = 'order = ["north", "south"]\nhubs = { NAME = ["COUNTRY"] }\n'


def test_a_hub_is_added(site: Site) -> None:
    """It releases the epoch that the other has released, and anybody finds both sound."""
    done(site, "hub", "run", "--until-end")
    done(site, "release", "run")
    north = (site.desk / "weighbridge.toml").read_text()
    south = north.replace("north", "south").replace("US", "GB")
    (site.desk / "south.toml").write_text(south)
    with shell(site.desk, site.environment) as terminal:
        for block in blocks("hub-add.md"):
            if block.kind == "release":
                for text, file, name, country in (
                    (north, "weighbridge", "south", "GB"),
                    (south, "south", "north", "US"),
                ):
                    order = _ORDER.replace("NAME", name).replace("COUNTRY", country)
                    (site.desk / f"{file}.toml").write_text(text + order)
            outcome = terminal.follow(block)

    assert "2 releases, 0 findings" in outcome
    assert ["north", "south"] == [line.split()[1] for line in outcome.splitlines()[:2]]
