"""An exchange upgraded on the run: programs of two releases, whose schemas differ, side by side."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import fastavro
import pytest

from consumers.hub import service
from deploy import topics as deployed
from schemas import framing, topics
from schemas.errors import EXIT_FAILURE
from schemas.runtime.registry import Registry
from tests.support import next_release, program
from tests.support.agency import committed, manifest, write
from tests.support.runbook import blocks, shell
from tests.support.site import AGENCY, Site, done
from tests.support.waiting import eventually

pytestmark = pytest.mark.embedded

_ADAPTER = ("adapter", "run", "us-emanifest")
_MEMBER = ("--agency", AGENCY, "--keys", "us", "--directory", "directory.toml", "--once")


def written_anew(site: Site) -> list[Any]:
    """Return the new field of each movement that has it, by the schema that its record names."""
    registry, found = Registry(site.kafka), []
    for record in committed(site.kafka, topics.MOVEMENTS):
        value = record.value() or b""
        schema: Any = registry.schema_of(framing.schema_id(value) or 0)
        if schema["fields"][-1]["name"] == next_release.FIELD:
            body = io.BytesIO(value[framing.HEADER_BYTES :])
            fields: Any = fastavro.schemaless_reader(body, fastavro.parse_schema(schema), None)
            found.append(fields[next_release.FIELD])
    return found


@contextmanager
def old_hub(site: Site) -> Iterator[None]:
    """Run another hub in the old program meanwhile, and let it come to the end before it stops."""
    wanted = topics.hub_topics("south")
    deployed.apply(site.kafka, wanted)
    for topic in wanted:
        Registry(site.kafka).register(topic)
    log = site.desk / "south.log"
    with program.start(
        "hub", "run", "--name", "south", "--file", "south.duckdb",
        cwd=site.desk, environment={**os.environ, **site.environment}, stderr=log,
    ) as hub:  # fmt: skip
        yield
        events = len(committed(site.kafka, topics.MOVEMENTS))
        has_all = eventually(
            lambda: (
                "caught_up" in log.read_text()
                and service.ask(site.desk / "south.duckdb", "status")["events"] == events
            )
        )
        assert has_all, log.read_text()
        hub.terminate()


def test_an_exchange_is_upgraded_on_the_run(site: Site) -> None:
    """The new adapter writes the new field, the old hub counts it, and the new hub reads what is old."""
    new = next_release.install(site.desk / "new")
    done(site, "hub", "run", "--until-end")
    before = len(site.facts("north.duckdb"))
    write(site.desk / "inbox", "new.json", [manifest(number) for number in range(50, 55)])
    with old_hub(site), shell(site.desk, site.environment) as terminal:
        for block in blocks("upgrade.md"):
            if block.kind == "schema":
                early = subprocess.run(
                    [new, *_ADAPTER, "inbox", *_MEMBER], cwd=site.desk, check=False, capture_output=True,
                    env={**os.environ, **site.environment},
                )  # fmt: skip
                assert (EXIT_FAILURE, []) == (early.returncode, written_anew(site)), early.stderr
            if block.kind == "end":
                # An adapter that is not upgraded yet.
                write(site.desk / "second", "old.json", [manifest(number) for number in range(70, 75)])
                done(site, *_ADAPTER, "second", "--source-id", "second", *_MEMBER)
            said = terminal.follow(block)
            if block.kind == "schema":
                assert "register weighbridge.movements-value\nto be registered\n" in said
    found = written_anew(site)
    north, south = (site.facts(f"{name}.duckdb") for name in ("north", "south"))
    signed = len(committed(site.kafka, topics.MOVEMENTS))

    assert found
    assert set(found) <= {next_release.VALUE, None}
    assert next_release.VALUE in found
    assert before
    assert north == south
    assert f"{AGENCY}: {signed} records are signed, each once" in said
    assert not committed(site.kafka, topics.dead_letters("north")) + committed(
        site.kafka, topics.dead_letters("south")
    )
