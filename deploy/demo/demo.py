"""The demonstration step by step, each the same code that an agency or a hub runs."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from consumers.hub.hub import Hub
from consumers.hub.hub import Totals as HubTotals
from consumers.hub.offline import answered
from consumers.release.run import Run as ReleaseRun
from consumers.subscribe import writing
from consumers.subscribe.observations import observations
from deploy import topics as admin
from deploy.demo import deliveries
from deploy.demo.deliveries import Delivery, Heading
from deploy.exchange.exchange import running_exchange
from producers import adapter as adapters
from producers.run import Run, Totals
from producers.sources.folder import Folder
from schemas import identity, topics
from schemas.directory import Directory, Member
from schemas.keystore import ceremony
from schemas.runtime import logs
from schemas.runtime.decoding import Decoder
from schemas.runtime.health import Health
from schemas.runtime.metrics import Metrics
from schemas.runtime.registry import Registry
from schemas.settings import AgencySettings, HubSettings, KafkaSettings, ReleaseSettings, TableSettings

HUB = "demo"
AGENCIES = tuple(dict.fromkeys(deliveries.AGENCIES.values()))
_YEARS = range(2010, 2031)
# What was sent beside what has arrived, of the lines that are in the books of two agencies.
_PAIRS = """
SELECT export_agency, import_agency, gap_permille FROM pairs
WHERE compared = 'DISPATCHED/RECEIVED' AND gap_permille IS NOT NULL
"""
_PAIRS_MAX = 1_000

Say = Callable[[str], None]


@dataclass(slots=True)
class Results:
    """What the demonstration did, for its summary.

    Attributes:
        rejected: How many documents were rejected, by agency, adapter and first rule.
        pairs: Exporter's agency, importer's agency and gap (thousandths of the mean mass) of each
            line that both report.
    """

    published: dict[Heading, list[Totals]] = field(default_factory=dict)
    rejected: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    hub: HubTotals = field(default_factory=HubTotals)
    pairs: list[tuple[str, str, int]] = field(default_factory=list)
    observations: list[dict[str, Any]] = field(default_factory=list)


def run(folder: Path, samples: Path | None, say: Say) -> Results:
    """Run everything and leave the hub's file, the aggregates and the log in a folder.

    Args:
        folder: Emptied first; made if absent.
        samples: Real samples, None where there are none.
        say: Told what happens next.

    Raises:
        WeighbridgeError: A part failed; broker and registry are stopped all the same.
    """
    # The hub's file holds every company's volumes.
    os.umask(0o077)
    work = folder / "work"
    _empty(folder)
    work.mkdir(parents=True)
    try:
        with _logged(folder / "log.jsonl"):
            return _run(folder, work, samples, say)
    finally:
        shutil.rmtree(work)


def _run(folder: Path, work: Path, samples: Path | None, say: Say) -> Results:
    results = Results()
    say("Starting Apache Kafka and the registry (first downloads 200 MB once)")
    with running_exchange(work / "exchange") as exchange:
        kafka = KafkaSettings(
            bootstrap_servers=exchange.bootstrap_servers, registry_url=exchange.registry_url
        )
        say("Creating topics, registering schemas, drawing keys")
        _prepare(kafka, work)
        found = [*deliveries.own(work), *(deliveries.real(samples, work) if samples else ())]
        for delivery in found:
            agency, title, adapter = delivery.heading
            if delivery.heading not in results.published:
                say(f"{agency} publishes its {title} through {adapter}")
            totals = _published(delivery, kafka, work / agency)
            results.published.setdefault(delivery.heading, []).append(totals)
        say("The hub reads the movements topic to its end")
        settings = _hub_settings(folder, work)
        results.hub = _stored(settings, kafka, _directory(work))
        results.pairs = _pairs(settings)
        say("The hub releases what the disclosure rules allow")
        ReleaseRun(settings=settings, kafka=kafka, now=datetime.now(UTC)).run()
        say("A subscriber reads the published aggregates")
        results.observations = list(observations(kafka))
        results.rejected = _rejected(kafka, found)
        with (folder / "aggregates.csv").open("w", encoding="utf-8", newline="") as file:
            writing.write_csv(results.observations, file)
        say("Stopping the servers")
    return results


def _prepare(kafka: KafkaSettings, work: Path) -> None:
    wanted = topics.all_topics(AGENCIES, [HUB])
    admin.apply(kafka, wanted)
    registry = Registry(kafka.registry_url)
    for topic in wanted:
        registry.register(topic)
    first, *others = AGENCIES
    identity.create(work / first, _YEARS)
    for agency in others:
        identity.create(work / agency, _YEARS, work / first / identity.EXCHANGE_FILE)
    ceremony.begin_hub(work / HUB)


def _hub_settings(folder: Path, work: Path) -> HubSettings:
    release = ReleaseSettings(
        keys=str(work / HUB),
        countries=tuple(sorted({agency.partition("-")[0] for agency in AGENCIES})),
        tables=(TableSettings(name="movements", material="material"),),
    )
    return HubSettings(name=HUB, file=folder / "hub.duckdb", metrics_port=0, release=release)


def _published(delivery: Delivery, kafka: KafkaSettings, keys: Path) -> Totals:
    run = Run(
        adapter=adapters.create(delivery.heading.adapter, delivery.values),
        values=delivery.values,
        # Nobody writes there any more.
        source=Folder(delivery.folder, settle_seconds=0),
        agency=AgencySettings(id=delivery.heading.agency, keys=str(keys), metrics_port=0),
        kafka=kafka,
        keys=identity.load(keys),
        directory=_directory(keys.parent),
        source_id=delivery.source_id,
        metrics=Metrics(),
        health=Health(None),
    )
    try:
        run.open()
        run.once()
    finally:
        run.close()
    return run.totals


def _directory(work: Path) -> Directory:
    """Return the exchange of the demonstration: each agency sees the movements of its country."""
    found = {agency: identity.load(work / agency) for agency in AGENCIES}
    return Directory(
        {
            agency: Member.model_validate(
                {
                    "signing_keys": [keys.verify_key.hex()],
                    "opening_key": keys.seal_key.hex(),
                    "countries": [agency[:2]],
                }
            )
            for agency, keys in found.items()
        }
    )


def _stored(settings: HubSettings, kafka: KafkaSettings, directory: Directory) -> HubTotals:
    hub = Hub(settings=settings, kafka=kafka, directory=directory, metrics=Metrics(), health=Health(None))
    try:
        hub.open()
        return hub.run(until_end=True)
    finally:
        hub.close()


def _pairs(settings: HubSettings) -> list[tuple[str, str, int]]:
    answer = answered(settings.file, settings.memory_limit, "sql", query=_PAIRS, rows_max=_PAIRS_MAX)
    return [tuple(row) for row in answer["rows"]]


def _rejected(kafka: KafkaSettings, found: Iterable[Delivery]) -> Counter[tuple[str, str, str]]:
    """Return how many documents were rejected, by agency, adapter and first rule."""
    adapter = {delivery.source_id: delivery.heading.adapter for delivery in found}
    decoder = Decoder("reject", Registry(kafka.registry_url))
    counted: Counter[tuple[str, str, str]] = Counter()
    for agency in AGENCIES:
        for reject in decoder.records(kafka, topics.rejects(agency)):
            errors = [finding for finding in reject["findings"] if finding["severity"] == "ERROR"]
            counted[agency, adapter[reject["source_id"]], errors[0]["rule"]] += 1
    return counted


@contextmanager
def _logged(path: Path) -> Iterator[None]:
    with path.open("w", encoding="utf-8") as file:
        logs.configure(file, demo="true")
        yield


def _empty(folder: Path) -> None:
    """Remove what an earlier demonstration left, and nothing else."""
    for name in ("hub.duckdb", "hub.duckdb.wal", "aggregates.csv", "log.jsonl"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "work", ignore_errors=True)
