"""A diagnosis by itself: where settings come from, what is never shown, how checks depend on each other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from deploy.doctor import catalogue, check, disk, effective, given, report
from deploy.doctor.check import Check, Finding, Status, fail, ok, warn
from deploy.doctor.installation import Installation
from schemas.access import Role
from schemas.errors import ConfigurationError
from tests.support import program
from tests.support.certificates import Authority
from tests.support.samples import ROOT

# Whatever breaks lines, headers, markup or TOML.
SECRET = 'canary"\n[red]\r\x1b]0;'  # noqa: S105  # a test's own
PARTS = ("canary", "[red]", "\x1b")
NOBODY = "127.0.0.1:1"


def installation(role: Role = Role.AGENCY, **flags: dict[str, Any]) -> Installation:
    """Return an installation that has what is in the environment, and some flags."""
    return Installation(role, given.read(flags))


def run(*checks: Check) -> dict[str, check.Result]:
    """Return the results of checks by their names."""
    return {result.name: result for result in check.results(checks, installation())}


def test_a_value_comes_from_the_first_place_that_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flags come before variables, these before the file, and each value says where it stood."""
    monkeypatch.chdir(tmp_path)
    Path("weighbridge.toml").write_text(
        "[kafka]\nbootstrap_servers = 'file:1'\nregistry_url = 'http://file'\nusername = 'file'\n"
        "[agency]\ncommit_events = 5\n"
    )
    monkeypatch.setenv("WEIGHBRIDGE_KAFKA__BOOTSTRAP_SERVERS", "variable:1")
    monkeypatch.setenv("WEIGHBRIDGE_KAFKA__REGISTRY_URL", "http://variable")
    monkeypatch.setenv("WEIGHBRIDGE_AGENCY", '{"commit_events": 7}')
    found = installation(kafka={"bootstrap_servers": "flag:1", "registry_url": None})

    assert found.given.origin(("kafka", "bootstrap_servers")) == "flag"
    assert found.given.origin(("kafka", "registry_url")) == "variable WEIGHBRIDGE_KAFKA__REGISTRY_URL"
    assert found.given.origin(("kafka", "username")) == "file weighbridge.toml"
    assert found.given.origin(("kafka", "sasl_mechanism")) == "default"
    assert found.given.origin(("agency", "commit_events")) == "variable WEIGHBRIDGE_AGENCY"
    assert found.settings.agency.commit_events == 7
    # A user without a password is refused, so nothing is in force there.
    assert set(found.refusals) == {"kafka"}
    assert not [setting for setting in effective.effective(found) if setting.name.startswith("kafka.")]


def test_no_secret_is_shown_wherever_it_stands(tmp_path: Path) -> None:
    """Passwords, keys, confidential rules, and what is refused: nothing of them is in any output."""
    secrets = {
        "WEIGHBRIDGE_KAFKA__PASSWORD": SECRET,
        "WEIGHBRIDGE_KAFKA__USERNAME": "us-epa",
        "WEIGHBRIDGE_KAFKA__SECURITY_PROTOCOL": "SASL_SSL",
        "WEIGHBRIDGE_KAFKA__KEY_PASSWORD": SECRET,
        "WEIGHBRIDGE_KAFKA__REGISTRY__PASSWORD": SECRET,
        "WEIGHBRIDGE_KAFKA__REGISTRY__USERNAME": "us-epa",
        "WEIGHBRIDGE_KAFKA__REGISTRY_URL": f"https://{NOBODY}",
        "WEIGHBRIDGE_KAFKA__BOOTSTRAP_SERVERS": f"user:{SECRET}@{NOBODY}",
        "WEIGHBRIDGE_KAFKA__CLIENT": json.dumps({"ssl.key.pem": SECRET}),
        "WEIGHBRIDGE_SOURCE__API_KEY": SECRET,
        "WEIGHBRIDGE_SOURCE__PASWORD": SECRET,
        "WEIGHBRIDGE_AGENCY__KEYS": f"pkcs11:token=T;object=K?pin-value={SECRET}",
    }
    (tmp_path / "broken.toml").write_text(f"[kafka]\npassword = '{SECRET}'\n")
    refused = {"WEIGHBRIDGE_AGENCY__METRICS_PORT": SECRET}
    unread = {"WEIGHBRIDGE_CONFIG": "broken.toml"}
    for more in ({}, refused, unread):
        for words in (("--json",), ()):
            done = program.run(
                *("doctor", "agency", *words), cwd=tmp_path, environment={**os.environ, **secrets, **more}
            )
            said = (done.stdout + done.stderr).decode()

            assert done.returncode == 1
            assert not [part for part in PARTS if part in said], said


def test_a_broken_file_of_settings_is_told_by_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it breaks is told, and what depends on it is left out; what does not is looked at."""
    monkeypatch.chdir(tmp_path)
    Path("weighbridge.toml").write_text("[kafka]\nbootstrap_servers = here\n")
    checks = [item for item in catalogue.of_role(Role.AGENCY) if not item.name.startswith("packages")]
    found = {result.name: result for result in check.results(checks, installation())}

    assert found["settings.file"].findings[0].text == "weighbridge.toml is no TOML (at line 2, column 21)"
    assert found["settings.values"].status is Status.SKIPPED
    assert found["disk.temporary"].status in {Status.OK, Status.WARN}


def test_the_file_that_a_variable_names_has_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise nothing starts."""
    monkeypatch.setenv("WEIGHBRIDGE_CONFIG", "/absent/weighbridge.toml")

    assert [error.hint for error in given.read({}).problems] == ["mend or unset WEIGHBRIDGE_CONFIG"]


def test_a_misspelt_name_in_a_variable_of_a_whole_section_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program refuses it as it does in the file, so it is told with the variable that holds it."""
    monkeypatch.setenv("WEIGHBRIDGE_AGENCY", '{"commit_evnts": 7}')
    (looked,) = (item for item in catalogue.of_role(Role.AGENCY) if item.name == "settings.names")

    (told,) = looked.look(installation())

    assert told.status is Status.FAIL
    assert told.text.startswith("variable WEIGHBRIDGE_AGENCY: no setting is called agency.commit_evnts")
    assert told.remedy == "write agency.commit_events, or take it out"


def test_variables_of_others_are_no_mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Kubernetes sets for a service, or holds a key, is no misspelt setting; anything else is odd."""
    for name in (
        "HUB_SERVICE_HOST",
        "HUB_SERVICE_PORT_METRICS",
        "HUB_PORT_9465_TCP",
        "KEYS_AGENCY",
        "QUITE_ELSE",
    ):
        monkeypatch.setenv(f"WEIGHBRIDGE_{name}", "any")
    monkeypatch.setenv("WEIGHBRIDGE_KAFKA__CLIENT__STATISTICS", "any")
    found = installation(agency={"keys": "env:WEIGHBRIDGE_KEYS"})
    (looked,) = (item for item in catalogue.of_role(Role.AGENCY) if item.name == "settings.variables")

    assert [*looked.look(found)] == [warn("nothing reads the variable WEIGHBRIDGE_QUITE_ELSE", "unset it")]


def _wanting(_: Installation) -> Iterator[Finding]:
    yield ok("so far")
    raise ConfigurationError("not so", hint="do this")


def _crashing(_: Installation) -> Iterator[Finding]:
    raise KeyError(SECRET)
    yield ok("never")


def test_a_check_that_fails_ends_no_other_one() -> None:
    """What it found before is kept; what needs it is left out; an error that nobody expected has no text."""
    found = run(
        Check("wanting", _wanting),
        Check("crashing", _crashing),
        Check("behind", _crashing, ("wanting",)),
        Check("further", _crashing, ("behind",)),
        Check("apart", lambda _: [ok("well")]),
        Check("silent", lambda _: ()),
    )

    assert found["wanting"].findings == (ok("so far"), fail("not so", "do this"))
    assert found["crashing"].status is Status.FAIL
    assert "KeyError" in found["crashing"].findings[0].text
    assert "canary" not in found["crashing"].findings[0].text
    assert found["behind"].findings[0].text == "not looked at: first mend wanting"
    assert found["further"].status is Status.SKIPPED
    assert (found["apart"].status, found["silent"].status) == (Status.OK, Status.OK)


def test_a_check_that_never_ends_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that hangs, such as a resolver, keeps the rest from being looked at."""
    monkeypatch.setattr(check, "SECONDS_MAX", 0.1)
    forever = threading.Event()
    try:
        found = run(
            Check("stuck", lambda _: [ok(str(forever.wait()))]), Check("next", lambda _: [ok("well")])
        )
    finally:
        forever.set()

    assert "no answer within" in found["stuck"].findings[0].text
    assert found["next"].status is Status.OK


@pytest.mark.parametrize("role", [Role.AGENCY, Role.HUB])
def test_checks_need_what_comes_before_them(role: Role) -> None:
    """Names are there once, and nothing waits for what is looked at later or never."""
    checks = catalogue.of_role(role)
    names = [item.name for item in checks]

    assert len(names) == len(set(names))
    assert all(set(item.needs) <= set(names[:place]) for place, item in enumerate(checks))


def test_the_kind_of_a_file_system_is_that_of_its_nearest_mount(tmp_path: Path) -> None:
    """A mount in a mount counts, and a name that only begins alike does not."""
    mounts = (
        "21 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
        f"30 21 0:45 / {tmp_path} rw,relatime - nfs4 server:/export rw\n"
        f"31 21 0:46 / {tmp_path}/inner rw - tmpfs tmpfs rw\n"
    )

    assert disk.kind_of(tmp_path / "folder", mounts) == "nfs4"
    assert disk.kind_of(tmp_path / "inner" / "folder", mounts) == "tmpfs"
    assert disk.kind_of(Path(f"{tmp_path}-other"), mounts) == "ext4"
    assert disk.kind_of(tmp_path, "") is None


def test_a_certificate_that_ends_soon_is_a_warning(tmp_path: Path) -> None:
    """It works today, and is named with the day and what to do."""
    authority = Authority(tmp_path)
    soon = authority.pair("soon", valid_days=(-1, 10))
    access = {"certificate_file": soon.certificate, "key_file": soon.key, "ca_file": authority.file}
    found = installation(kafka={"security_protocol": "SSL", **access})
    (looked,) = (item for item in catalogue.of_role(Role.AGENCY) if item.name == "broker.credentials")

    told = {finding.text.partition(" ")[0]: finding for finding in looked.look(found)}

    assert told["certificate_file"].status is Status.WARN
    assert "9 days more" in told["certificate_file"].text
    assert "renew it" in told["certificate_file"].remedy


def test_an_intruder_that_comes_before_us_stops_the_program(tmp_path: Path) -> None:
    """Where another package would be taken for ours the program says whose, before anything of it runs."""
    (tmp_path / "consumers").mkdir()
    (tmp_path / "consumers" / "__init__.py").write_text("raise SystemExit('taken')")
    done = subprocess.run(
        [sys.executable, "-m", "deploy.cli"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}", "PYTHONSAFEPATH": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (2, "")
    assert f"the package consumers is taken from {tmp_path}" in done.stderr
    assert "Try:" in done.stderr


def test_the_report_for_programs_is_stable() -> None:
    """Its keys, and the risks that remain where all is well."""
    found = installation()
    told = report.as_json(found, effective.effective(found), run(Check("one", _wanting)).values())

    assert list(told) == ["role", "name", "status", "settings", "checks", "residual_risks"]
    assert (told["role"], told["status"]) == ("agency", "fail")
    assert told["checks"] == [
        {
            "name": "one",
            "status": "fail",
            "findings": [
                {"status": "ok", "text": "so far", "remedy": ""},
                {"status": "fail", "text": "not so", "remedy": "do this"},
            ],
        }
    ]
    assert {"name": "agency.metrics_port", "value": "9464", "origin": "default"} in told["settings"]
    assert {"id", "who", "what", "remedy"} == set(told["residual_risks"][0])


def test_files_that_another_package_overwrote_are_told(tmp_path: Path) -> None:
    """An installation knows its files: one that came over ours is named, though Python imports it gladly."""
    built = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(built, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    home = tmp_path / "home"
    zipfile.ZipFile(wheel).extractall(home)

    before = installed(home)
    (home / "consumers" / "__init__.py").write_text('"""Of somebody else."""\n')
    after = installed(home)

    assert before["packages.files"]["status"] == "ok"
    assert before["packages.files"]["findings"][0]["text"].endswith("files are as installed")
    assert after["packages.files"]["status"] == "fail"
    assert "consumers/__init__.py: not as installed" in after["packages.files"]["findings"][0]["text"]
    assert "environment of its own" in after["packages.files"]["findings"][0]["remedy"]


def installed(home: Path) -> dict[str, dict[str, Any]]:
    """Return what a program that is installed in a folder finds, by check."""
    done = subprocess.run(
        [sys.executable, "-c", "from deploy.cli import main; main()", "doctor", "agency", "--json"],
        cwd=home.parent, env={**os.environ, "PYTHONPATH": str(home), "PYTHONSAFEPATH": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return {item["name"]: item for item in json.loads(done.stdout)["checks"]}


@pytest.mark.parametrize("is_terminal", [True, False])
def test_people_see_what_was_found_and_what_to_do(is_terminal: bool) -> None:  # noqa: FBT001  # a parameter of the test
    """A table at a terminal, lines elsewhere; brackets are no markup, and the last line is the verdict."""
    out = StringIO()
    console = Console(file=out, force_terminal=is_terminal, width=100, markup=False, highlight=False)
    settings = [effective.Setting("agency.keys", "[red]keys", "flag")]

    report.show(console, settings, run(Check("one", _wanting), Check("two", lambda _: [ok("[b]")])).values())

    said = out.getvalue()
    assert all(text in said for text in ("agency.keys", "[red]keys", "so far", "not so", "do this", "[b]"))
    assert ("fail one: not so\n  try: do this\n" in said) is not is_terminal
    assert said.splitlines()[-1].startswith("1 ok, 1 fail. 11 risks remain")
