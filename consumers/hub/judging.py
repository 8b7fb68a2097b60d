"""What becomes of records, new ones and those that are read again: events, or dead letters with reasons."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from consumers.deadletters.letters import DeadLetter
from consumers.hub.batch import Batch
from consumers.hub.check import check, foreign
from consumers.hub.decode import decode
from consumers.hub.reread import Reread
from consumers.hub.signatures import Signatures
from consumers.hub.store import Accepted
from consumers.hub.writers import Writers
from schemas.directory import Directory
from schemas.reasons import Reason
from schemas.runtime.registry import Registry
from schemas.settings import KafkaSettings


def judged(batch: Batch, writers: Writers, on_step: Callable[[str], None] = lambda _: None) -> Accepted:
    """Return what today's checks make of a batch; every record is an event or a dead letter.

    Raises:
        RetriableError: A schema is not known yet and the registry does not answer.
    """
    decoded = decode(batch.values, writers)
    on_step("decoded")
    events, forged = foreign(decoded.events, batch.signers)
    events, broken = check(events, batch.keys)
    # Nothing else is said of what nobody has signed: whatever it holds, nobody answers for it.
    unanswered = dict.fromkeys([*forged, *batch.unsigned()], (Reason.FORGED,))
    reasons = {place: (reason,) for place, reason in decoded.bad.items()} | broken | unanswered
    letters = [
        DeadLetter(
            batch.partitions[place],
            batch.offsets[place],
            reasons[place],
            None if place in unanswered else batch.signers[place],
        )
        for place in sorted(reasons)
    ]
    return Accepted(events, letters, writers.new)


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges records of the ledger again, wherever they stand, as a hub of a name would today."""

    kafka: KafkaSettings
    hub: str
    directory: Directory

    def reread(self, letters: Collection[DeadLetter]) -> Batch:
        """Return records that were refused as they stand in the ledger now.

        Raises:
            RetriableError: Broker or registry do not answer.
            ConfigurationError: The ledger may not be read.
        """
        signatures = Signatures(self.directory, self.writers("signature"))
        doubted = [letter.place for letter in letters if Reason.FORGED in letter.reasons]
        return Reread(self.kafka, self.hub, signatures).batch([one.place for one in letters], doubted)

    def writers(self, record: str = "movement") -> Writers:
        """Return the schemas that the registry has now."""
        return Writers({}, Registry(self.kafka).schema_of, record)
