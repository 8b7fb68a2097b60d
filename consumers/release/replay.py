"""Every release of a hub decided again from its bundle, and held against what is published.

For each release, in order: the decision is made anew from the contributions and from what the
decisions before it took; it has to be the one that the bundle holds and the one that stands on
the topics, bit for bit. Then the verifier of disclosure control, which shares nothing with what
decides, reads the certificate of each last block. Whether the contributions are those of the
movements topic shows a second hub's file, filled from it: its bundle is the same file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from consumers.disclosure.verifier import verifier
from consumers.release import blocks, bundle, calendar, decision, final, neighbours, parts, periods, tables
from consumers.release.calendar import Epoch
from consumers.release.configuration import configuration_digest
from consumers.release.deciding import Decide
from consumers.release.decision import Attribution, Decision
from consumers.release.ledger import Entry
from consumers.release.release import certificates_digest, digest_of, observation_body
from consumers.release.tables import Tables
from consumers.release.verify import Finding, Published
from schemas.settings import KafkaSettings, ReleaseSettings


@dataclass(slots=True, kw_only=True)
class Replay:
    """A bundle that is opened, and the topics.

    Attributes:
        folder: What the bundle holds.
        decide: What decides.
    """

    folder: Path
    published: Published
    kafka: KafkaSettings
    decide: Decide = decision.decide

    def findings(self) -> Iterator[Finding]:
        """Yield whatever differs, or is not proven."""
        given = json.loads((self.folder / bundle.SETTINGS).read_text("utf-8"))
        settings = ReleaseSettings.model_validate(given["release"])
        shown = replace(tables.configured(given["hub"], settings, b""), p_permille=given["p_permille"])
        before = Attribution()
        for number, entry in enumerate(self.published.entries):
            if entry.hub != given["hub"] or not entry.is_released:
                continue
            if not (self.folder / entry.epoch).is_dir():
                yield Finding("bundle", entry.place, "the bundle does not have it, nor what follows")
                return
            if entry.record["configuration_digest"] != configuration_digest(settings):
                yield Finding("bundle", entry.place, "other tables, code lists or queries than the bundle's")
            held = parts.read(self.folder / entry.epoch / bundle.DECISION)
            contributions = pl.read_parquet(self.folder / entry.epoch / bundle.CONTRIBUTIONS)
            again = self._again(entry, contributions, before, shown, self.published.entries[:number])
            for text in (*_differences(held, again), *_unpublished(entry, again)):
                yield Finding("decision", entry.place, text)
            due = set(again.attribution.final) - set(before.final)
            rows = _rows(contributions, before, calendar.parsed(entry.epoch), shown)
            for text in _unproven(rows, due, before.hidden, again, shown):
                yield Finding("certificate", entry.place, text)
            before = again.attribution

    def _again(
        self,
        entry: Entry,
        contributions: pl.DataFrame,
        before: Attribution,
        shown: Tables,
        ledger: Sequence[Entry],
    ) -> Decision:
        epoch = calendar.parsed(entry.epoch)
        others = neighbours.published(self.kafka, entry.epoch, ledger) if len(entry.order) > 1 else None
        return self.decide(contributions, before, epoch, shown, others)


def _unpublished(entry: Entry, again: Decision) -> Iterator[str]:
    """Yield how what is decided differs from what is published."""
    names = {"hub": entry.hub, "epoch": entry.epoch, "release_id": entry.release_id}
    bodies = (observation_body(names | row) for row in again.observations.iter_rows(named=True))
    if digest_of(bodies) != entry.record["observations_digest"]:
        yield "what is decided from the bundle is not what is published"
    if certificates_digest(again.certificates) != entry.record["certificate_digest"]:
        yield "its certificates are not those that were signed"


def _unproven(
    rows: pl.DataFrame, due: set[str], hidden: pl.DataFrame, again: Decision, shown: Tables
) -> Iterator[str]:
    """Yield what the verifier finds in the certificates of last blocks, and what has none."""
    proofs, (ending, others) = _by_problem(again), final.parted(rows, due)
    for name, problem in final.problems(ending, final.common(ending, others, hidden, shown), others, shown):
        with TemporaryDirectory(prefix="weighbridge-") as folder:
            for file, content in proofs.get(name, {}).items():
                (Path(folder) / file).write_bytes(content)
            yield from (f"{name}: {text}" for text in verifier.verify(problem, Path(folder)))


def _rows(contributions: pl.DataFrame, before: Attribution, epoch: Epoch, shown: Tables) -> pl.DataFrame:
    """Return what the blocks of an epoch are made of."""
    pending = blocks.pending(contributions, before.taken, before.below, before.names)
    return blocks.placed(pending, shown, periods.of_epoch(epoch, shown.settings).shown)


def _by_problem(decided: Decision) -> dict[str, dict[str, bytes]]:
    found: dict[str, dict[str, bytes]] = {}
    for name, content in decided.certificates.items():
        problem, _, file = name.rpartition("/")
        found.setdefault(problem, {})[file] = content
    return found


def _differences(held: Decision, again: Decision) -> Iterator[str]:
    """Yield which parts of the bundle's decision are not those that are decided again."""
    frames = {"observations": (held.observations, again.observations), "block": (held.block, again.block)}
    frames |= {
        item.name: (getattr(held.attribution, item.name), getattr(again.attribution, item.name))
        for item in fields(Attribution)
        if item.name != "final"
    }
    for name, (one, other) in frames.items():
        if not one.equals(other):
            yield f"the bundle's {name} are not what is decided again"
    if held.attribution.final != again.attribution.final:
        yield "the bundle's last blocks are not those of the epoch"
    if dict(held.certificates) != dict(again.certificates):
        yield "the bundle's certificates are not those that are made again"
