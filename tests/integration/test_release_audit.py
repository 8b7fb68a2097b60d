"""What an auditor runs: everything that is published, with a hub's bundle everything that was decided."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from consumers.release import bundle, verify
from consumers.release.bundle import opened
from consumers.release.replay import Replay
from deploy.exchange.exchange import Exchange
from schemas import directory
from tests.support import releasing
from tests.support.releasing import NOW, OCTOBER, Releasing, known, loads
from tests.support.samples import ROOT

MONTH = timedelta(days=31)


@pytest.fixture(scope="module")
def audited(exchange: Exchange, tmp_path_factory: pytest.TempPathFactory) -> tuple[Releasing, Path]:
    """Return a hub that released two epochs, last blocks among them, and its bundle."""
    hub = releasing.new_hub(exchange, tmp_path_factory.mktemp("audited"))
    winter = {"occurred_on": "2026-02-03"}
    hub.store(
        loads("150107", 40, 40, 40),
        loads("150102", 90, 5, 5),
        *(loads(code, 30, 25, 20, 15, **winter) for code in ("150107", "150102", "150101", "170201")),
        loads("150103", 80, 2, 1, **winter),
    )
    hub.run()
    hub.store(loads("150107", 50, 50, 50), loads("150101", 9, 9, 9, 9, **winter))
    hub.run(NOW + MONTH)
    path = hub.file.with_name("bundle.zip")
    assert bundle.write(hub.settings, hub.kafka, path) == 2
    return hub, path


def program(*arguments: str) -> list[dict[str, Any]]:
    """Return what a command of `weighbridge release` tells programs."""
    command = [sys.executable, "-c", "from deploy.cli import main; main()", "release", *arguments, "--json"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.stdout, answer.stderr
    return list(json.loads(answer.stdout))


def findings(hub: Releasing, path: Path) -> set[tuple[str, str]]:
    """Return which checks of a bundle find something, and where."""
    published = verify.read(hub.kafka)
    published.entries = [entry for entry in published.entries if entry.hub == hub.name]
    with opened(path) as folder:
        found = Replay(folder=folder, published=published, kafka=hub.kafka).findings()
        return {(finding.rule, finding.place.partition(" ")[0]) for finding in found}


def changed(path: Path, target: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """Return a bundle of which each file is what `change` makes of it; None leaves it out."""
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(target, "w") as after:
        for name in before.namelist():
            content = change(name, before.read(name))
            if content is not None:
                after.writestr(name, content)
    return target


def test_an_honest_hub_is_found_sound(audited: tuple[Releasing, Path], tmp_path: Path) -> None:
    """The command finds nothing: each decision is had again bit for bit, each certificate is verified."""
    hub, path = audited
    members = tmp_path / "directory.toml"
    members.write_text(directory.text(known(hub)))
    addresses = ["--bootstrap-servers", hub.kafka.bootstrap_servers, "--registry-url", hub.kafka.registry_url]

    found = program("verify", "--directory", str(members), "--bundle", str(path), *addresses)
    shown = program("show", "--hub", hub.name, *addresses)

    assert [finding for finding in found if hub.name in finding["place"]] == []
    assert [row["epoch"] for row in shown] == [OCTOBER, "2026-11"]
    with zipfile.ZipFile(path) as file:
        certificates = json.loads(file.read(f"{OCTOBER}/decision/certificates.json"))
    assert any(name.endswith("/certificate.json") for name in certificates)
    assert path.stat().st_mode & 0o077 == 0


def test_a_bundle_is_the_same_file_from_another_file_of_the_hub(
    audited: tuple[Releasing, Path], tmp_path: Path
) -> None:
    """Filled anew from the movements topic, a hub's file has learned the same, to the last byte."""
    hub, path = audited
    again = Releasing(
        name=hub.name, file=tmp_path / "again.duckdb", keys=hub.keys, topic=hub.topic, release=hub.release
    )
    again.catch_up()
    again.run(NOW + MONTH)
    bundle.write(again.settings, again.kafka, tmp_path / "again.zip")

    assert path.read_bytes() == (tmp_path / "again.zip").read_bytes()


def test_other_contributions_are_found(audited: tuple[Releasing, Path], tmp_path: Path) -> None:
    """A gram more of somebody leads to another decision than the published one, or to none of its proofs."""
    hub, path = audited

    def grow(name: str, content: bytes) -> bytes:
        if name != f"{OCTOBER}/contributions.parquet":
            return content
        frame = pl.read_parquet(content)
        mass = pl.when(pl.int_range(pl.len()) == 0).then(pl.col("mass_g") + 1).otherwise("mass_g")
        frame.with_columns(mass.alias("mass_g")).write_parquet(tmp_path / "grown.parquet")
        return (tmp_path / "grown.parquet").read_bytes()

    assert ("decision", OCTOBER) in findings(hub, changed(path, tmp_path / "other.zip", grow))


def test_other_rules_are_found(audited: tuple[Releasing, Path], tmp_path: Path) -> None:
    """Weaker rules than those that were applied do not lead to what is published."""
    hub, path = audited

    def weaken(name: str, content: bytes) -> bytes:
        return content.replace(b'"min_groups": 3', b'"min_groups": 4') if name == "settings.json" else content

    assert ("decision", OCTOBER) in findings(hub, changed(path, tmp_path / "other.zip", weaken))


def test_another_certificate_is_found(audited: tuple[Releasing, Path], tmp_path: Path) -> None:
    """A certificate that is not the one that was made and signed does not pass for it."""
    hub, path = audited

    def alter(name: str, content: bytes) -> bytes:
        if name != f"{OCTOBER}/decision/certificates.json":
            return content
        certificates = json.loads(content)
        first = next(name for name in certificates if name.endswith("/certificate.json"))
        certificates[first] = "{}"
        return json.dumps(certificates, sort_keys=True).encode()

    assert findings(hub, changed(path, tmp_path / "other.zip", alter)) == {("decision", OCTOBER)}


def test_a_bundle_without_a_release_is_found(audited: tuple[Releasing, Path], tmp_path: Path) -> None:
    """What the bundle leaves out is told, as nothing behind it can be decided again."""
    hub, path = audited
    cut = changed(
        path, tmp_path / "cut.zip", lambda name, content: None if name.startswith(OCTOBER) else content
    )

    assert findings(hub, cut) == {("bundle", OCTOBER)}
