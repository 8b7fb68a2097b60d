"""A whole exchange at work on documents full of canaries, and everything that it lets out.

Every adapter publishes as a program; a hub stores, a release is published, documents are
converted and reported on, and things are made to fail. What comes out is kept by name.
"""

from __future__ import annotations

import io
import json
import os
import re
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from consumers.sealed import parts
from deploy import topics as deployed
from deploy.demo import samples
from deploy.exchange.exchange import Exchange
from producers import adapter as adapters
from producers import harmonise, validate
from producers.reading.file_rules import FILE_RULES_BY_ID
from producers.statement import Company, Reading
from schemas import directory, identity, topics
from schemas.keystore import ceremony
from schemas.runtime import clients
from schemas.runtime.registry import Registry
from schemas.settings import HubSettings, KafkaSettings, ReleaseSettings
from schemas.telemetry import METRICS
from tests.support import program, tables
from tests.support.agency import DOCUMENTS, ROOT, committed, kafka_of
from tests.support.canaries import spots
from tests.support.exposition import scraped, values
from tests.support.hub import new_producer
from tests.support.leaky_adapter import RAISED, STATED
from tests.support.lying_registry import lying_registry
from tests.support.needles import Needles
from tests.support.ports import free_port
from tests.support.program import Running
from tests.support.samples import samples_folder
from tests.support.sealed import member, write_directory

READER = "QX-READER"
LEAKY = "tests.support.leaky_adapter:Leaky"
HELPED = (
    *(
        (noun,)
        for noun in ("adapter", "rejects", "sealed", "hub", "release", "topics", "schemas", "keys", "codes")
    ),
    *(("adapter", verb) for verb in ("run", "convert", "check")),
    ("hub", "run"),
    *(("release", verb) for verb in ("run", "plan", "show", "skip", "bundle", "verify")),
)
HUB, HUB_KEYS = "canary", "hub-keys"
_KEY = re.compile(r"\b[0-9a-f]{64}\b")
REPORTS = ("html", "csv", "txt")
_REST_SECONDS = 3.0
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "fr-registry": {"register": "incoming_waste"},
    "uk-annex-vii": {"account": "ours"},
    "table": {"mapping": str(tables.EXAMPLE)},
}
# Whatever a system may write that stands for a country.
_COUNTRIES = [chr(first) + chr(second) for first in range(65, 91) for second in range(65, 91)]
_LENGTH_MIN = 6
_DIGITS_MIN = 9


def canary(number: int) -> str:
    """Return a text like no other, in which no code can hide: a name with blanks and a comma."""
    return f"Quxzvw {number:05d} Zoe, Ltd"


@dataclass(slots=True)
class World:
    """What there is to search, and what for.

    Attributes:
        outputs: By name, everything that left a process.
        needles: Canaries, and what documents say of companies and to authorities alone.
        sealed: By adapter, the texts that its documents say to authorities alone.
        opened: By adapter, all that its recipient opened.
        ended: By name, with which status a process ended.
    """

    folder: Path
    exchange: Exchange
    outputs: dict[str, bytes] = field(default_factory=dict)
    needles: Needles = field(default_factory=Needles)
    sealed: dict[str, set[str]] = field(default_factory=dict)
    opened: dict[str, str] = field(default_factory=dict)
    published: dict[str, int] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)
    canaries: int = 0

    @property
    def kafka(self) -> KafkaSettings:
        """How to reach the exchange."""
        return kafka_of(self.exchange)

    def run(self, name: str, *arguments: str, files: int | None = None, **variables: str) -> int:
        """Run the program, keep what it writes, and return how it ended.

        Args:
            name: Of its output.
            arguments: Of the command line.
            files: Bytes after which no file may grow, as on a full disk.
            variables: Of its environment.
        """
        done = program.run(
            *arguments, cwd=self.folder, environment=self._environment(variables), file_bytes=files
        )
        self.outputs[name] = done.stdout + b"\n" + done.stderr
        self.ended[name] = done.returncode
        return done.returncode

    def run_many(self, name: str, commands: Sequence[Sequence[str]]) -> None:
        """Run the program with one command line after another, and keep what all of them write."""
        written = []
        for command in commands:
            done = program.run(*command, cwd=self.folder, environment=self._environment({}))
            written += [done.stdout, done.stderr, f"ended {done.returncode}".encode()]
        self.outputs[name] = b"\n".join(written)

    def start(self, name: str, *arguments: str, **variables: str) -> Running:
        """Start the program; what it writes goes to files, as nobody reads a pipe meanwhile."""
        return program.start(
            *arguments, cwd=self.folder, environment=self._environment(variables),
            stdout=self._written(name, "out"), stderr=self._written(name, "err"),
        )  # fmt: skip

    def finish(self, name: str, process: Running) -> None:
        """Wait for the end of what was started, and keep what it wrote."""
        self.ended[name] = process.wait(timeout=120)
        self.outputs[name] = b"\n".join(self._written(name, kind).read_bytes() for kind in ("out", "err"))

    def _written(self, name: str, kind: str) -> Path:
        return self.folder / f"{name.replace(' ', '-')}.{kind}"

    def leaks(self) -> dict[str, set[str]]:
        """Return what stands in which output and must not."""
        found = {name: self.needles.found(data) for name, data in self.outputs.items()}
        return {name: leaked for name, leaked in found.items() if leaked}

    def _environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        given = {"PYTHONPATH": str(ROOT), "WEIGHBRIDGE_CONFIG": str(self.folder / "weighbridge.toml")}
        return {"PATH": os.environ["PATH"], "COLUMNS": "200", **given, **variables}


def agency_of(adapter: str) -> str:
    """Return the agency that runs an adapter."""
    return f"QX-{adapter.replace('-', '').upper()[:10]}"


def rejects_of(adapter: str) -> str:
    """Return the topic of what an adapter refused."""
    return topics.rejects(agency_of(adapter))


def settings_of(adapter: str) -> list[str]:
    """Return the values of an adapter's settings as options."""
    return [
        item for name, value in SETTINGS.get(adapter, {}).items() for item in ("--set", f"{name}={value}")
    ]


def build(world: World) -> None:
    """Do everything that an exchange does, and keep what comes out."""
    names = list(adapters.available())
    _prepare(world, names)
    _write_documents(world, names)
    with ThreadPoolExecutor(2) as together:
        list(together.map(lambda name: _publish(world, name), names))
        list(together.map(lambda name: _convert(world, name), names))
        failing = together.submit(_fail_runs, world)
        _open_sealed(world, names)
        _run_hub(world)
        failing.result()
    _take_topics(world)
    _take_files(world)
    _fail_hub(world)
    world.run_many("help", [[*words, "--help"] for words in HELPED])


def _prepare(world: World, names: Sequence[str]) -> None:
    """Make keys, directory, settings, topics and schemas."""
    members = {}
    for number, agency in enumerate([*map(agency_of, names), READER]):
        keys, first = world.folder / f"keys-{agency}", world.folder / f"keys-{agency_of(names[0])}"
        identity.create(keys, range(2010, 2031), first / identity.EXCHANGE_FILE if number else None)
        members[agency] = member(identity.load(str(keys)), *(_COUNTRIES if agency == READER else ()))
    world.run("keys create --hub", "keys", "create", "--hub", "--out", HUB_KEYS)
    hubs = {HUB: ceremony.hub_member(world.folder / HUB_KEYS)}
    path = write_directory(world.folder / "directory.toml", directory.Directory(members, hubs))
    (world.folder / "weighbridge.toml").write_text(
        f'[kafka]\nbootstrap_servers = "{world.kafka.bootstrap_servers}"\n'
        f'registry_url = "{world.kafka.registry_url}"\n'
        '[kafka.client]\n"compression.type" = "none"\n'
        f'[agency]\ndirectory = "{path}"\nmetrics_port = 0\n[hub]\ndirectory = "{path}"\nmetrics_port = 0\n'
    )
    wanted = topics.all_topics(members, [HUB], 4)
    deployed.apply(world.kafka, wanted)
    for topic in wanted:
        Registry(world.kafka.registry_url).register(topic)
    for file in world.folder.glob("*keys*/*.json"):
        for number, key in enumerate(_KEY.findall(file.read_text())):
            world.needles.add_key(f"{number} of {file.parent.name}", bytes.fromhex(key))


def _write_documents(world: World, names: Sequence[str]) -> None:
    for name in names:
        folder = world.folder / name
        folder.mkdir()
        originals = list(_originals(name))
        for number, (file, data) in enumerate(originals):
            (folder / f"{canary(90_000 + number)} {Path(file).name}").write_bytes(data)
            world.needles.add(canary(90_000 + number))
        world.sealed[name] = set()
        for _, data in originals:
            _add_said(world, name, data)
        places_of = {spot.name: (spot, Path(file).suffix) for file, data in originals for spot in spots(data)}
        for spot, suffix in places_of.values():
            text = canary(world.canaries)
            world.canaries += 1
            world.needles.add(text)
            (folder / f"copy {world.canaries:05d}{suffix}").write_bytes(spot.make(text))


def _originals(name: str) -> Iterator[tuple[str, bytes]]:
    """Yield documents of our own, and the real ones where they are."""
    own = DOCUMENTS / name.replace("-", "_")
    if name == "table":
        yield "loads.csv", tables.FORMATS["csv"]()
    else:
        yield from ((file.name, file.read_bytes()) for file in sorted(own.rglob("*.*")))
    if samples_folder().is_dir() and name in samples.WRITERS:
        yield from ((file, text.encode()) for file, text in samples.WRITERS[name](samples_folder()))


def _add_said(world: World, name: str, data: bytes) -> None:
    """Search for what a document says of companies, and to authorities alone."""
    for reading in adapters.create(name, SETTINGS.get(name, {})).read(io.BytesIO(data)):
        for scheme, identifier in companies_of(reading):
            if _is_telling(identifier):
                world.needles.add_company(scheme, identifier)
        for text in filter(_is_telling, said_to_authorities(reading)):
            world.needles.add(text)
            world.sealed[name].add(text)


def companies_of(reading: Reading) -> Iterator[Company]:
    """Yield the companies that a document names."""
    for said in reading.statements:
        yield from filter(None, (said.contributor, said.contributor_group, said.counterparty))


def said_to_authorities(reading: Reading) -> Iterator[str]:
    """Yield the texts that a document says to authorities alone."""
    for said in reading.statements:
        if said.sealed is None:
            continue
        yield from (said.movement_reference, said.sealed.document_number)
        yield from (reference.value for reference in said.sealed.references)
        for party in said.sealed.parties:
            yield from filter(None, (party.identifier, party.name, party.address))


def _our_words() -> str:
    """Return the texts of our own that outputs show: hints, help, schemas and code lists."""
    ours = [
        path.read_text("utf-8") for path in (ROOT / "schemas").rglob("*") if path.suffix in {".csv", ".avsc"}
    ]
    rules = [rule for found in adapters.available().values() for rule in found.rules]
    rules += [*validate.RULES, *harmonise.RULES, *FILE_RULES_BY_ID.values()]
    return "\n".join((*ours, *(rule.hint for rule in rules), *(metric.help for metric in METRICS))).casefold()


_OUR_WORDS = _our_words()


def _is_telling(text: str) -> bool:
    """Say whether a text stands nowhere by accident."""
    least = _DIGITS_MIN if text.replace(".", "").isdigit() else _LENGTH_MIN
    return len(text) >= least and text.casefold() not in _OUR_WORDS


def _publish(world: World, name: str) -> None:
    """Run an adapter as a program until it has read everything, and look at its metrics meanwhile."""
    agency, port = agency_of(name), free_port()
    command = [
        "adapter",
        "run",
        name,
        name,
        "--agency",
        agency,
        "--keys",
        f"keys-{agency}",
        *settings_of(name),
    ]
    title = f"adapter run {name}"
    process = world.start(title, *command, "--metrics-port", str(port), "--once")
    world.outputs[f"metrics of {name}"] = _last_scrape(port, process)
    world.finish(title, process)


def _convert(world: World, name: str) -> None:
    """Convert the same documents with a report, and list what was refused; each kind of report in turn."""
    agency = agency_of(name)
    kind = REPORTS[sorted(adapters.available()).index(name) % len(REPORTS)]
    files = [str(path.relative_to(world.folder)) for path in sorted((world.folder / name).glob("copy *"))]
    options = ["--agency", agency, "--keys", f"keys-{agency}", *settings_of(name)]
    report = world.folder / f"{name}.{kind}"
    world.run(f"convert {name}", "adapter", "convert", name, *files, *options, "--report", str(report))
    world.outputs[f"report {report.name}"] = report.read_bytes()
    world.run(f"rejects list {name}", "rejects", "list", "--agency", agency)


def _open_sealed(world: World, names: Sequence[str]) -> None:
    keys = identity.load(str(world.folder / f"keys-{READER}"))
    members = directory.load(world.folder / "directory.toml")
    world.opened = dict.fromkeys(names, "")
    world.published = dict.fromkeys(names, 0)
    by_agency = {agency_of(name): name for name in names}
    for part in parts.opened(world.kafka, READER, keys, members):
        name = by_agency[part.agency]
        world.published[name] += 1
        world.opened[name] += json.dumps(part.content, default=str, ensure_ascii=False)


def _run_hub(world: World) -> None:
    file = world.folder / "hub" / "hub.duckdb"
    file.parent.mkdir()
    port = free_port()
    running = world.start(
        "hub run",
        "hub", "run", "--name", HUB, "--file", str(file), "--metrics-port", str(port),
        WEIGHBRIDGE_HUB__BATCH_ROWS="500",
    )  # fmt: skip
    world.outputs["metrics of the hub"] = _settled(port, running)
    world.run("hub status", "hub", "status", "--file", str(file))
    _take_folder(world, "running hub's", file.parent)
    _kill_release(world, file)
    running.kill()
    world.finish("hub run", running)
    _take_folder(world, "killed hub's", file.parent)
    world.run("hub run to the end", "hub", "run", "--name", HUB, "--file", str(file), "--until-end")
    world.outputs["hub's file"] = file.read_bytes()
    for view in ("event", "movement", "behind", "dead_letter", "writer_schema"):
        query = ("--file", str(file), "--json", "--rows", "100000")
        world.run(f"hub sql {view}", "hub", "sql", f"FROM {view}", *query)
    _release(world, file)
    world.outputs["hub's file after a release"] = file.read_bytes()


def _kill_release(world: World, file: Path) -> None:
    """Kill a release once its decision is stored in the running hub, with all its files still there."""
    keys = str(world.folder / HUB_KEYS)
    settings = HubSettings(name=HUB, file=file, release=ReleaseSettings(keys=keys))
    given = {
        "settings": settings.model_dump(mode="json"),
        "kafka": world.kafka.model_dump(mode="json"),
        "now": datetime.now(UTC).isoformat(),
        "step": "decision stored",
        "times": 1,
    }
    title = "release that is killed"
    with program.start(json.dumps(given), entry="tests.support.release_child:main") as killed:
        world.outputs[title] = b"\n".join(killed.communicate(timeout=120))
        world.ended[title] = killed.wait()


def _release(world: World, file: Path) -> None:
    """Publish what is decided, show it, and have it audited from a bundle."""
    own = ("--file", str(file), "--keys", HUB_KEYS)
    world.run("release run", "release", "run", *own)
    world.run("release show", "release", "show")
    world.run("release plan", "release", "plan", *own, "--json")
    world.run("subscribe", "subscribe")
    world.run("release bundle", "release", "bundle", *own, "--out", "bundle.zip")
    world.run("release verify", "release", "verify", "--bundle", "bundle.zip")
    world.run("full disk, bundle", "release", "bundle", *own, "--out", "full.zip", files=10_000)
    with zipfile.ZipFile(world.folder / "bundle.zip") as bundle:
        for name in bundle.namelist():
            world.outputs[f"bundle's {name}"] = _unpacked(name, bundle.read(name))


def _take_folder(world: World, whose: str, folder: Path) -> None:
    """Keep the files of a hub's folder, with those of releases at work."""
    for path in folder.rglob("*"):
        if path.is_file():
            name = str(path.relative_to(folder))
            world.outputs[f"{whose} {name}"] = _unpacked(name, path.read_bytes())


def _unpacked(name: str, data: bytes) -> bytes:
    """Return what a file says: cells of a Parquet file, which is packed, as they are."""
    if not name.endswith(".parquet"):
        return data
    cells = (cell for row in pl.read_parquet(data).rows() for cell in row)
    return b"\0".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells)


def _take_topics(world: World) -> None:
    """Keep every record of every topic, those of Kafka's own topics too."""
    for topic in clients.admin(world.kafka).list_topics(timeout=10).topics:
        _take_topic(world, topic)


def _take_topic(world: World, topic: str) -> None:
    texts = []
    for record in committed(world.kafka, topic):
        headers = [part for header in record.headers() or () for part in header]
        found = (record.key(), record.value(), *headers)
        texts += [part if isinstance(part, bytes) else str(part or "").encode() for part in found]
    world.outputs[f"topic {topic}"] = b"\0".join(texts)


def _take_files(world: World) -> None:
    """Keep the files of broker and registry, uncompressed as this exchange writes them."""
    for path in sorted(world.exchange.folder.rglob("*")):
        # Indexes are numbers, made long before there are any.
        if path.is_file() and path.suffix not in {".index", ".timeindex", ".jar", ".so"}:
            world.outputs[f"file {path.relative_to(world.exchange.folder)}"] = path.read_bytes()


def _fail_runs(world: World) -> None:
    """Make adapters fail in every way that there is, with a document full of canaries in hand."""
    name = "us-emanifest"
    agency = agency_of(name)
    run = ("adapter", "run", name, name, "--agency", agency, "--keys", f"keys-{agency}", "--once")
    nowhere = f"127.0.0.1:{free_port()}"
    world.run("broker away", *run, "--bootstrap-servers", nowhere)
    world.run("registry away", *run, "--registry-url", f"http://{nowhere}")
    with lying_registry({"type": "record", "name": "Movement", "fields": [{"name": "x"}]}) as url:
        world.run("corrupt schema", *run, "--registry-url", url)
    copies = [str(path.relative_to(world.folder)) for path in sorted((world.folder / name).glob("copy *"))]
    convert = ("adapter", "convert", name, *copies, "--agency", agency, "--keys", f"keys-{agency}")
    world.run("full disk, findings", *convert, "--findings", "/dev/full")
    world.run("full disk, report", *convert, "--report", "a.html", files=100)
    world.run("other keys", *run[:-2], f"keys-{READER}", "--once")
    _fail_adapters(world)


def _fail_adapters(world: World) -> None:
    """Run adapters that fail with a document's text on their lips."""
    document = world.folder / "document"
    document.write_text(canary(95_000))
    world.needles.add(canary(95_000))
    convert = ("adapter", "convert", LEAKY, "document", "--set")
    world.run_many("leaky adapters", [[*convert, f"how={how}"] for how in (*RAISED, *STATED)])
    inbox = world.folder / "leaky"
    inbox.mkdir()
    document.rename(inbox / "document")
    topic = topics.agency_topics("QX-LEAKY")
    deployed.apply(world.kafka, topic)
    for made in topic:
        Registry(world.kafka.registry_url).register(made)
    for how in ("system", "exit", "chained", "stage", "instant"):
        world.run(
            f"leaky adapter at work, {how}", "adapter", "run", LEAKY, "leaky", "--once", "--source-id", how,
            "--agency", "QX-LEAKY", "--keys", f"keys-{READER}", "--set", f"how={how}",
        )  # fmt: skip


def _fail_hub(world: World) -> None:
    """Give a hub no room, and records that hold canaries and are none: it refuses them, and says nothing."""
    small = ("--file", "full.duckdb", "--until-end")
    world.run("full disk, hub", "hub", "run", "--name", HUB, *small, files=300_000)
    texts = [canary(96_000 + number) for number in range(40)]
    producer = new_producer(world.kafka)
    for number, text in enumerate(texts):
        world.needles.add(text)
        value = (b"", b"\0\0\0\0\1", b"\0\xff\xff\xff\xff")[number % 3] + text.encode() * (1 + number)
        producer.produce(topics.MOVEMENTS, key=text.encode(), value=value, headers={text: text})
    assert producer.flush(30) == 0
    file = world.folder / "hub" / "hub.duckdb"
    world.run("hub run over rubbish", "hub", "run", "--name", HUB, "--file", str(file), "--until-end")
    world.outputs["hub's file with rubbish"] = file.read_bytes()
    world.run("hub status after rubbish", "hub", "status", "--file", str(file))
    _take_topic(world, topics.dead_letters(HUB))


def _last_scrape(port: int, process: Running) -> bytes:
    """Return the last exposition before a process ended."""
    last = ""
    while process.poll() is None:
        last = scraped(port) or last
        time.sleep(0.1)
    return last.encode()


def _settled(port: int, process: Running) -> bytes:
    """Return the exposition of a hub once it has stored something and its counters rest."""
    deadline, before, since = time.monotonic() + 120, "", time.monotonic()
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.3)
        now = scraped(port)
        if _stored(now) != _stored(before) or not _stored(now):
            before, since = now, time.monotonic()
        elif time.monotonic() - since > _REST_SECONDS:
            break
    return before.encode()


def _stored(exposition: str) -> float:
    return sum(values(exposition, "weighbridge_rows_stored_total").values())
