"""Which keys, recipients and parts an event has, and that nothing is sent that others should not see."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import fastavro
import pytest

from producers.changes import Event
from producers.harmonise import harmonise
from producers.protect import protect, withdrawn
from producers.sealing import proof
from producers.sealing.data_keys import DataKeys
from producers.sealing.sealable import Sealable
from producers.sealing.sealer import Sealer, Sending
from producers.statement import Company, Party, Place, Sealed, When
from schemas import contract, sealing, topics
from schemas.directory import Directory
from schemas.errors import ConfigurationError, ContractError
from schemas.headers import cloud_event
from schemas.keyring import Keyring
from schemas.sealed import PartyRole
from schemas.sealing import SealedPart, WrappedKey
from tests.support import events
from tests.support.sealed import exchange_of, keys_of
from tests.support.statements import statement

AGENCIES = {name: keys_of(name) for name in ("GB-EA", "FR-DGPR", "BE-OVAM", "ES-MITECO")}
DIRECTORY = exchange_of(AGENCIES)
KNOWN_ON = datetime(2026, 10, 5, 12, tzinfo=UTC)
TOLD = Sealed("native-number", (Party(PartyRole.GENERATOR, "TEST", "native-company", "Native Works"),))
VALUE = b"\0\0\0\0\1event"


def event_of(sealable: Sealable, number: int = 1) -> Event:
    """Return an event that has sealed values beside it."""
    return Event(b"key", number.to_bytes(16, "big"), KNOWN_ON, b"event", False, sealable)  # noqa: FBT003  # a field


def event(number: int = 1, **changes: Any) -> Event:
    """Return the event of a statement that tells recipients something."""
    harmonised, _ = harmonise(statement(sealed=TOLD, **changes), "$")
    return event_of(protect(harmonised, "document", AGENCIES["GB-EA"]).sealable, number)


def sealer() -> Sealer:
    """Return the sealer of an agency that has sealed nothing yet."""
    return Sealer("GB-EA", AGENCIES["GB-EA"], DIRECTORY)


def restored(sendings: Iterable[Sending], **changes: Any) -> Sealer:
    """Return the sealer of its next session, which reads the keys that were sent."""
    again = sealer()
    for sending in sendings:
        if sending.topic == topics.KEYS:
            again.restore(sending.key, fields(sending, "data_key") | changes)
    return again


def fields(sending: Sending, record: str) -> dict[str, Any]:
    """Return what was sent."""
    found: Any = fastavro.schemaless_reader(io.BytesIO(sending.body), contract.parsed(record), None)
    return dict(found)


def parts(sendings: Iterable[Sending]) -> list[SealedPart]:
    """Return the parts among what was sent."""
    return [SealedPart(**fields(item, "sealed_part")) for item in sendings if item.topic != topics.KEYS]


def opened(sendings: list[Sending], recipient: str) -> list[dict[str, Any]]:
    """Return what a recipient opens of what was sent."""
    keyring = Keyring(recipient, AGENCIES[recipient].openings, DIRECTORY)
    for sending in sendings:
        if sending.topic == topics.KEYS and sending.key.endswith(recipient.encode()):
            keyring.take(WrappedKey(**fields(sending, "data_key")))
    return [keyring.open(part) for part in parts(sendings) if part.recipient == recipient]


def test_each_authority_of_the_countries_gets_a_part_but_the_agency_itself() -> None:
    """Origin, destination and transit are told, nobody else; the value of the event comes with it."""
    sendings = list(sealer().sendings(event(transit_countries=("BE",)), VALUE))

    assert ["BE-OVAM", "FR-DGPR"] == [part.recipient for part in parts(sendings)]
    for recipient in ("BE-OVAM", "FR-DGPR"):
        (content,) = opened(sendings, recipient)
        assert (VALUE, "native-number") == (content["event"], content["document_number"])
        assert "XX:native-reference" == content["movement_reference"]


def test_an_event_without_sealed_values_or_a_cancelled_one_has_parts_all_the_same() -> None:
    """Whether there is anything to tell shows neither in their number nor in their size."""
    item, _ = harmonise(statement(), "$")
    bare = protect(item, "document", AGENCIES["GB-EA"])
    gone = withdrawn(bare.statement_key, bare.movement_key, bare.facts, AGENCIES["GB-EA"])
    sendings = [list(sealer().sendings(event_of(each), VALUE)) for each in (bare.sealable, gone.sealable)]

    assert [["FR-DGPR"], ["FR-DGPR"]] == [[part.recipient for part in parts(each)] for each in sendings]
    assert 1 == len({len(part.ciphertext) for each in sendings for part in parts(each)})
    assert [""] == [content["document_number"] for content in opened(sendings[1], "FR-DGPR")]


def test_a_movement_of_no_other_member_is_sealed_to_nobody_and_draws_no_key() -> None:
    """Inside the agency's own country there is nobody to tell."""
    assert [] == list(sealer().sendings(event(destination=Place("GB")), VALUE))


def test_keys_are_of_a_company_and_a_quarter_and_published_once() -> None:
    """Another company or quarter has another key; a late correction keeps that of its day."""
    at_work = sealer()
    told = [
        event(1),
        event(2, when=When(date(2026, 1, 31))),
        event(3, when=When(date(2026, 4, 1))),
        event(4, contributor=Company("TEST", "other")),
        event(5, contributor=None),
        event(6),
    ]
    sendings = [list(at_work.sendings(each, VALUE)) for each in told]
    first, same, later, other, unknown, again = [parts(each)[0].key_id for each in sendings]

    assert first == same == again
    assert 4 == len({first, later, other, unknown})
    # For the agency itself and for the recipient.
    assert [2, 0, 2, 2, 2, 0] == [len(each) - 1 for each in sendings]


def test_the_next_session_seals_to_the_same_bytes() -> None:
    """Keys come back from their topic, whatever was at hand before."""
    first = list(sealer().sendings(event(), VALUE))
    again = list(restored(first).sendings(event(), VALUE))

    assert parts(first) == parts(again) == parts(again[:1])


def test_a_recipient_that_comes_later_gets_the_key_of_before() -> None:
    """Only what it lacks is wrapped."""
    first = list(sealer().sendings(event(), VALUE))
    again = list(restored(first).sendings(event(2, transit_countries=("BE",)), VALUE))

    assert [b"BE-OVAM"] == [item.key[16:] for item in again if item.topic == topics.KEYS]
    assert 1 == len(opened(again, "BE-OVAM"))


def test_a_shredded_key_is_drawn_anew() -> None:
    """After the tombstones nothing is left of it."""
    first = list(sealer().sendings(event(), VALUE))
    after = restored(first)
    for sending in first:
        if sending.topic == topics.KEYS:
            after.restore(sending.key, None)

    assert parts(first)[0].key_id != parts(after.sendings(event(), VALUE))[0].key_id


def test_a_key_that_somebody_plants_is_not_sealed_with() -> None:
    """A wrapped key in the agency's name that it did not sign is passed over."""
    first = list(sealer().sendings(event(), VALUE))
    own = AGENCIES["GB-EA"]
    forged = sealing.wrap(
        sealing.drawn(),
        agency="GB-EA",
        recipient="GB-EA",
        quarter="2026-Q1",
        seal_key=own.seal_key,
        signing=AGENCIES["FR-DGPR"].signing,
        note=own.document_key("company", "TEST", "native-company"),
    )

    assert parts(first)[0].key_id != parts(restored(first, wrapped=forged).sendings(event(), VALUE))[0].key_id


def test_two_sources_that_drew_at_the_same_time_agree_afterwards() -> None:
    """Of two keys of one company and quarter all later sessions take the older."""
    one, other = (list(sealer().sendings(event(), VALUE)) for _ in range(2))

    assert {parts(one)[0].key_id} == {
        parts(restored(each).sendings(event(), VALUE))[0].key_id for each in ([*one, *other], [*other, *one])
    }


@pytest.mark.parametrize("name", ["IT-MASE", "FR-DGPR"])
def test_an_agency_seals_only_as_the_directory_knows_it(name: str) -> None:
    """A name that is not there, or whose keys are others, is refused before anything is drawn."""
    with pytest.raises(ConfigurationError, match=name):
        DataKeys(name, AGENCIES["GB-EA"], DIRECTORY)


def test_a_directory_without_others_needs_no_topic_of_theirs() -> None:
    """Only the topic of keys is needed; of members without a key nothing either."""
    alone = Directory({"GB-EA": DIRECTORY.members["GB-EA"]})

    assert [topics.KEYS] == [topic.name for topic in Sealer("GB-EA", AGENCIES["GB-EA"], alone).topics()]
    assert 4 == len(sealer().topics())


def test_a_change_for_recipients_alone_is_a_change_and_nothing_sealed_changes_nothing() -> None:
    """The digest covers sealed values where there are any, and is that of the content where not."""
    keys = AGENCIES["GB-EA"]
    renamed = TOLD._replace(parties=(TOLD.parties[0]._replace(name="Renamed Works"),))
    bare, told, other = (
        protect(harmonise(statement(sealed=each), "$")[0], "document", keys) for each in (None, TOLD, renamed)
    )

    assert bare.content == told.content == other.content
    assert keys.content_digest(bare.content) == bare.digest
    assert 3 == len({bare.digest, told.digest, other.digest})
    assert "native" not in f"{told!r}".lower()


def clear_event() -> bytes:
    """Return a whole event as it travels."""
    return events.encoded(events.movement(1), 1)


HEADERS = cloud_event(bytes(16), "GB-EA", "Movement", date(2026, 3, 1))


def test_what_may_travel_is_let_through() -> None:
    """An event of this release under the registry's schema passes."""
    proof.require_clear(clear_event(), HEADERS, contract.latest("movement"))


@pytest.mark.parametrize("confidentiality", ["sealed", "never", None])
def test_nothing_is_sent_under_a_schema_that_classes_otherwise(confidentiality: str | None) -> None:
    """A field that became sealed or never, or lost its class, stops the adapter."""
    first, *others = contract.latest("movement")["fields"]
    changed = {**first, "sdc:confidentiality": confidentiality}
    if confidentiality is None:
        del changed["sdc:confidentiality"]

    with pytest.raises(ContractError):
        proof.require_clear(
            clear_event(), HEADERS, {**contract.latest("movement"), "fields": [changed, *others]}
        )


def test_nothing_is_sent_that_its_schema_does_not_fit_or_with_a_header_of_no_class() -> None:
    """Cut, longer, or with a further header: nothing of it is in the message."""
    movement = contract.latest("movement")
    for value, headers in (
        (clear_event()[:-1], HEADERS),
        (clear_event() + b"native", HEADERS),
        (clear_event(), [*HEADERS, ("company", "native")]),
    ):
        with pytest.raises(ContractError) as caught:
            proof.require_clear(value, headers, movement)
        assert "native" not in f"{caught.value} {caught.value.hint}"
        assert caught.value.__cause__ is None


def test_no_part_is_sent_that_does_not_open_to_its_event() -> None:
    """Another key, another event or another policy stops the adapter."""
    key, other = sealing.drawn(), sealing.drawn()
    content = contract.encoded_bytes(VALUE) + event().sealable.content
    part = sealing.seal(
        key, content, event_id=bytes(16), agency="GB-EA", recipient="FR-DGPR", release_at=None
    )
    body = sealing.encoded_part(part)
    proof.require_sealed(body, key, VALUE)

    attacked = sealing.encoded_part(part._replace(policy=bytes(16)))
    for sent, opens_with, value in ((body, other, VALUE), (body, key, b"other"), (attacked, key, VALUE)):
        with pytest.raises(ContractError):
            proof.require_sealed(sent, opens_with, value)
