"""The units under a real systemd, installed by the commands of their page, on a real exchange."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from consumers.subscribe.observations import observations
from deploy.exchange.exchange import Exchange
from schemas.errors import EXIT_FENCED
from tests.support import releasing
from tests.support.agency import kafka_of, manifest, new_agency, write
from tests.support.booted import Booted, booted
from tests.support.hub import new_ledger
from tests.support.samples import ROOT
from tests.support.waiting import eventually

# The machine is a copy of this one, with its network: it reaches what listens on 127.0.0.1 here.
pytestmark = pytest.mark.embedded

PAGE = (ROOT / "deploy" / "systemd" / "README.md").read_text("utf-8")
# Other tests release as hubs of other names.
AGENCY, HUB, EVENTS_EACH = "US-EPA", "machine", 6
ADAPTER = "weighbridge-adapter@us-epa.service"
TWIN = "weighbridge-adapter@twin.service"
SERVICE, RELEASE = "weighbridge-hub.service", "weighbridge-release.service"
PROJECT = "/opt/weighbridge/project"
INBOX = Path("srv", "weighbridge", "us-epa")
STATE = "/var/lib/weighbridge-hub/hub.duckdb"


def comes(condition: Callable[[], bool]) -> bool:
    """Say whether something comes to hold on the machine, however busy this one is."""
    return eventually(condition, 180)


def steps() -> list[str]:
    """Return the commands that the page says, those for an adapter first."""
    return re.findall(r"^```sh\n(.*?)```", PAGE.replace("north", HUB), re.DOTALL | re.MULTILINE)


def tell(machine: Booted, place: str, exchange: Exchange, **values: str) -> None:
    """Edit settings as an operator does."""
    file = machine.root / "etc" / "weighbridge" / place / "weighbridge.toml"
    values |= {"bootstrap_servers": exchange.bootstrap_servers, "registry_url": exchange.registry_url}
    text = file.read_text()
    for name, value in values.items():
        text, count = re.subn(rf"(?m)^(# )?{name} = .*$", f'{name} = "{value}"', text, count=1)
        assert count == 1, name
    file.write_text(re.sub(r"(?m)^metrics_port = \d+", "metrics_port = 0", text))


def stored(machine: Booted) -> int:
    """Return how many events the hub has stored, by its own word."""
    told = machine.run("/opt/weighbridge/bin/weighbridge", "hub", "status", "--json", "--file", STATE)
    return int(json.loads(told)["events"])


def deliver(machine: Booted, number: int) -> None:
    """Put a document where the agency's system would, for the group that may read it."""
    file = write(machine.root / INBOX, f"{number}.json", manifest(number))
    file.chmod(0o640)
    shutil.chown(file, group=file.parent.stat().st_gid)


@pytest.fixture
def machine(exchange: Exchange, tmp_path: Path) -> Iterator[Booted]:
    """Return a machine on which an adapter and a hub are installed, and not started."""
    new_ledger(exchange, hub=HUB)
    new_agency(exchange, AGENCY)
    releasing.make_topics(kafka_of(exchange))
    with booted(tmp_path / "machine") as found:
        found.run("sh", "-ec", f"ln -s {PROJECT}/deploy ~root/deploy")
        for commands in steps():
            found.run("sh", "-ec", f"PATH=/opt/weighbridge/bin:$PATH; cd ~root; {commands}")
        tell(found, "adapter/us-epa", exchange, id=AGENCY)
        tell(found, "hub", exchange, name=HUB)
        yield found


@pytest.mark.long
def test_the_units_run_under_systemd(machine: Booted, exchange: Exchange) -> None:
    """A document goes through all three; a hang is ended, a twin takes over, and a stop ends well."""
    deliver(machine, 1)
    # One that fails is started again; what keeps failing is told by what it wrote.
    machine.run("systemctl", "start", ADAPTER, SERVICE, is_checked=False)
    assert comes(lambda: stored(machine) == EVENTS_EACH), machine.log(ADAPTER) + machine.log(SERVICE)
    assert comes(lambda: machine.shows(SERVICE, "StatusText") == ["works"])
    assert comes(lambda: machine.shows(ADAPTER, "StatusText") == ["works"]), machine.log(ADAPTER)

    machine.run("systemctl", "start", RELEASE, is_checked=False)
    assert machine.shows(RELEASE, "Result") == ["success"], machine.log(RELEASE)
    assert len(list(observations(kafka_of(exchange), HUB))) > 0

    _hang(machine, SERVICE)
    deliver(machine, 2)
    assert comes(lambda: stored(machine) == 2 * EVENTS_EACH), machine.log(SERVICE)

    shutil.copytree(
        machine.root / "etc/weighbridge/adapter/us-epa", machine.root / "etc/weighbridge/adapter/twin"
    )
    machine.run("systemctl", "start", TWIN)
    deliver(machine, 3)
    ended = ["failed", str(EXIT_FENCED)]
    assert comes(lambda: machine.shows(ADAPTER, "ActiveState", "ExecMainStatus") == ended)
    assert comes(lambda: stored(machine) == 3 * EVENTS_EACH)

    machine.run("systemctl", "stop", TWIN, SERVICE)
    for unit in (TWIN, SERVICE):
        assert machine.shows(unit, "Result", "ExecMainStatus") == ["success", "0"], machine.log(unit)


def _hang(machine: Booted, unit: str) -> None:
    """Have a service stand still, and wait until systemd has noticed and started it again."""
    dropped = machine.root / "run" / "systemd" / "system" / f"{unit}.d" / "soon.conf"
    dropped.parent.mkdir(parents=True)
    dropped.write_text("[Service]\nWatchdogSec=20\nRestartSec=1\n")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", unit)
    machine.run("systemctl", "kill", "--signal", "STOP", unit)
    assert comes(lambda: machine.shows(unit, "NRestarts") == ["1"]), machine.log(unit)
    assert "Watchdog timeout" in machine.log(unit)
