"""The behaviours an adapter is held to; each is one function that yields what it finds wrong.

What is yielded names samples, places and rules, never a value of a document.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import islice
from random import Random
from typing import Any

import fastavro
from pydantic import ValidationError

from producers import harmonise, validate
from producers.changes import Event
from producers.conformance import mutation
from producers.conformance.subject import Sample, Subject
from producers.convert import event_json
from producers.pipeline import Outcome
from producers.positions import Positions
from producers.statement import Intent, Reading
from schemas import contract, units
from schemas.confidentiality import Confidentiality, model_leaves, require_classes
from schemas.errors import ContractError
from schemas.findings import Finding, Rule, has_error
from schemas.movement import Basis, Movement

MARKED_COPIES_MAX = 300
SECONDS_MAX = 1.0
_FAILED = "adapter.failed"


def every_leaf_is_classified(subject: Subject) -> Iterator[str]:
    """Every leaf of the native models has exactly one confidentiality class."""
    for model in subject.adapter.native_models:
        try:
            require_classes(model_leaves(model), model.__name__)
        except ContractError as error:
            yield str(error)


def reading_is_deterministic(subject: Subject) -> Iterator[str]:
    """The same bytes and settings give the same readings, whichever instance reads them."""
    for sample in subject.samples:
        if subject.readings(sample) != subject.readings(sample):
            yield f"{sample.name}: read twice, it says two different things"


def rereading_publishes_nothing(subject: Subject) -> Iterator[str]:
    """A file that was published is read again and gives no event."""
    positions = Positions("conformance")
    subject.outcomes(subject.samples, positions)
    last = subject.samples[-1]
    for outcome in subject.outcomes([last], positions):
        if outcome.events:
            yield f"{last.name} {outcome.path}: read again, it publishes {len(outcome.events)} events"


def identities_are_stable(subject: Subject) -> Iterator[str]:
    """Two agencies' runs over the same samples give the same events to the last byte."""
    first, second = (_events(subject.outcomes(subject.samples)) for _ in range(2))
    if [event.body for event in first] != [event.body for event in second]:
        yield "two runs give different events: nothing may depend on time, chance or an earlier run"


def revisions_only_rise(subject: Subject) -> Iterator[str]:
    """Each further statement of a fact has a higher revision, or the same and a higher edition."""
    last: dict[bytes, tuple[int, int]] = {}
    for event in map(_decoded, _events(subject.outcomes(subject.samples))):
        version = (event["revision"], event["edition"])
        if version <= last.get(event["statement_key"], (-1, -1)):
            yield f"stage {event['stage']}, line {event['line_number']}: restated without a higher revision"
        last[event["statement_key"]] = version


def order_does_not_matter(subject: Subject) -> Iterator[str]:
    """Samples read in reverse leave standing what they leave when read in order.

    Documents that say themselves that they correct another one, and complete sets, need
    their order: such adapters pass.
    """
    readings = [reading for sample in subject.samples for reading in subject.readings(sample)]
    if subject.adapter.has_complete_sets or any(item.intent is not Intent.REPLACE for item in readings):
        return
    in_order = _standing(subject.outcomes(subject.samples))
    if in_order != _standing(subject.outcomes(subject.samples[::-1])):
        yield "read in reverse, the samples leave other facts standing: look at revision and silent stages"


def findings_are_explained(subject: Subject) -> Iterator[str]:
    """Every finding is a rule of a table, at a place, with a remedy; every refusal has one."""
    rules = _rules(subject)
    for rule in rules.values():
        if not (rule.hint.strip() and rule.source.strip()):
            yield f"rule {rule.id}: say what to do, and where the rule comes from"
    for sample in subject.samples:
        for reading in subject.readings(sample):
            yield from (f"{sample.name} {problem}" for problem in _unexplained(reading, rules))


def quantities_come_out_as_stated(subject: Subject) -> Iterator[str]:
    """A published quantity is the one stated, digit for digit, and its mass follows exactly."""
    for sample in subject.samples:
        for event in map(_decoded, _events(subject.outcomes([sample]))):
            where = f"{sample.name}, stage {event['stage']}, line {event['line_number']}"
            if event["quantity"] is None or event["change"] == "CANCELLED":
                continue
            is_converted = event["basis"] == Basis.CONVERTED
            if not is_converted and event["mass_g"] != units.grams(
                Decimal(event["quantity"]), event["unit"], None
            ):
                yield f"{where}: the mass does not follow from quantity and unit"
    yield from _changed_quantities(subject)


def no_free_text_travels(subject: Subject) -> Iterator[str]:
    """Whichever value of a document becomes a name, address or number of a person: no output shows it."""
    random = Random(0)  # noqa: S311  # a seeded choice
    for sample in subject.samples:
        copies = mutation.marked(sample.data, random, MARKED_COPIES_MAX)
        for outcome in (item for copy in copies for item in _survived(subject, sample, copy.data)):
            if _shows_mark(outcome):
                place = "" if _is_marked(outcome.path) else outcome.path
                yield f"{sample.name} {place}: a text travels in clear"


def nothing_of_class_never_is_sealed(subject: Subject) -> Iterator[str]:
    """What authorities alone may read comes from no field of class never, and holds no contacts of people.

    A field that no model has is of class never. The class is known where the native models name the
    members of a JSON document; in other formats addresses and telephone numbers alone are looked for.
    """
    leaves = [leaf for model in subject.adapter.native_models for leaf in model_leaves(model)]
    for sample in subject.samples:
        random = Random(0)  # noqa: S311  # a seeded choice
        copies = list(mutation.marked(sample.data, random, MARKED_COPIES_MAX))
        is_described = any(_classes(copy.place, leaves) for copy in copies)
        for copy in copies:
            may_show = not is_described or bool(_classes(copy.place, leaves) - {Confidentiality.NEVER})
            told = "\n".join(_sealed_texts(subject.readings(Sample(sample.name, copy.data, sample.number))))
            if _shows_contact(told) or (not may_show and _is_marked(told)):
                yield f"{sample.name} {copy.place or ''}: a text travels sealed"


def hostile_copies(
    subject: Subject, count: int, seed: int, progress: Callable[[int], None] = lambda _: None
) -> Iterator[str]:
    """Spoiled copies of the samples are read right or rejected with a reason, within a second each.

    Args:
        subject: What is tested.
        count: How many copies, shared out among the samples.
        seed: Same seed, same copies.
        progress: Told the number of each copy.
    """
    rules = _rules(subject)
    others = [sample.data for sample in subject.samples]
    number = 0
    for place, sample in enumerate(subject.samples):
        random = Random(f"{seed}.{place}")  # noqa: S311  # a seeded load
        for data in islice(mutation.mutants(sample.data, others, random), -(-count // len(subject.samples))):
            number += 1
            progress(number)
            where = f"{sample.name}, copy {number} of seed {seed}"
            yield from (f"{where}: {problem}" for problem in _mishandled(subject, sample, data, rules))


def _mishandled(subject: Subject, sample: Sample, data: bytes, rules: Mapping[str, Rule]) -> Iterator[str]:
    started = time.process_time()
    outcomes = _survived(subject, sample, data)
    took = time.process_time() - started
    if took > SECONDS_MAX:
        yield f"took {took:.1f} s"
    for outcome in outcomes:
        for finding in outcome.findings:
            if finding.rule == _FAILED:
                yield "the adapter raised an exception"
            elif finding.rule not in rules:
                yield f"finding of a rule that is in no table: {finding.rule}"
        yield from _wrong(outcome.events)


def _survived(subject: Subject, sample: Sample, data: bytes) -> list[Outcome]:
    return subject.outcomes([Sample(sample.name, data, sample.number)])


def _wrong(events: tuple[Event, ...]) -> Iterator[str]:
    for event in events:
        try:
            Movement.model_validate(_decoded(event))
        except ValidationError as error:
            fields = {str(item["loc"][0]) for item in error.errors(include_input=False, include_url=False)}
            yield f"an event breaks the contract in {', '.join(sorted(fields))}"


def _unexplained(reading: Reading, rules: Mapping[str, Rule]) -> Iterator[str]:
    if reading.identity is None and not has_error(reading.findings):
        yield f"{reading.path}: without identity and without an error that says so"
    for finding in reading.findings:
        if not _is_of(finding, rules):
            yield f"{reading.path}: finding {finding.rule} is not a rule of the adapter's table"
        if not finding.path:
            yield f"{reading.path}: finding {finding.rule} names no place"


def _is_of(finding: Finding, rules: Mapping[str, Rule]) -> bool:
    rule = rules.get(finding.rule)
    return rule is not None and rule.hint == finding.hint and rule.severity is finding.severity


def _rules(subject: Subject) -> dict[str, Rule]:
    return {rule.id: rule for rule in (*subject.adapter.rules, *validate.RULES, *harmonise.RULES)}


def _changed_quantities(subject: Subject) -> Iterator[str]:
    for sample in subject.samples:
        stated = {
            format(statement.quantity.value, "f").removeprefix("-")
            for reading in subject.readings(sample)
            for statement in reading.statements
            if statement.quantity is not None
        }
        published = {event["quantity"] for event in map(_decoded, _events(subject.outcomes([sample])))}
        if not published - {None} <= stated:
            yield f"{sample.name}: a published quantity is none that was stated"


def _classes(
    place: str | None, leaves: list[tuple[str, Confidentiality | None]]
) -> set[Confidentiality | None]:
    """Return the class of a place by the leaves that end it: documents may stand in envelopes."""
    return {leaf for path, leaf in leaves if place is not None and f".{place}".endswith(f".{path}")}


def _sealed_texts(readings: list[Reading]) -> Iterator[str]:
    for sealed in {item.sealed for reading in readings for item in reading.statements} - {None}:
        assert sealed is not None
        yield sealed.document_number
        yield from (text or "" for party in sealed.parties for text in party)
        yield from (reference.value for reference in sealed.references)


def _shows_contact(told: str) -> bool:
    squeezed = "".join(filter(lambda sign: sign.isalnum() or sign == ".", told.lower()))
    return any(contact in squeezed for contact in mutation.MARKED_CONTACTS)


def _shows_mark(outcome: Outcome) -> bool:
    texts = (*(f"{item.path} {item.hint}" for item in outcome.findings), outcome.path)
    return any(_is_marked(text) for text in texts) or any(_is_marked(event.body) for event in outcome.events)


def _is_marked(output: str | bytes) -> bool:
    data = output.encode() if isinstance(output, str) else output
    return mutation.MARK.lower().encode() in data.lower()


def _events(outcomes: list[Outcome]) -> list[Event]:
    return [event for outcome in outcomes for event in outcome.events]


def _decoded(event: Event) -> dict[str, Any]:
    record: Any = fastavro.schemaless_reader(io.BytesIO(event.body), contract.parsed("movement"), None)
    return dict(record)


def _standing(outcomes: list[Outcome]) -> set[tuple[Any, ...]]:
    """Return what a hub would count: of each fact the last version, unless it withdraws it."""
    last: dict[bytes, dict[str, Any]] = {}
    for event in map(event_json, _events(outcomes)):
        known = last.setdefault(event["statement_key"], event)
        if (event["revision"], event["edition"]) > (known["revision"], known["edition"]):
            last[event["statement_key"]] = event
    kept = ("statement_key", "stage", "step", "quantity", "unit", "occurred_on", "low_code")
    return {tuple(event[name] for name in kept) for event in last.values() if event["change"] != "CANCELLED"}
