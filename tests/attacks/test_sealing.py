"""Attacks on sealed parts by whoever may write to the topics: broker, hub, another agency, another recipient.

Each attack is made twice: on what the product seals, where it has to fail, and on the same
cipher without associated data, where it has to succeed, so that no test is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from schemas import sealing
from schemas.errors import SealError
from schemas.keyring import Keyring
from schemas.sealing import DataKey, SealedPart
from tests.support import sealed
from tests.support.sealed import keys_of, part_of, wrapped

AGENCIES = {name: keys_of(name) for name in ("US-EPA", "GB-EA", "FR-DGPR")}
# Two companies in one quarter, the second with a further key version.
FIRST, SECOND, NEWER = (DataKey(bytes([number]) * 16, bytes([number]) * 64) for number in (1, 2, 3))
WRAPPED = [
    wrapped(key, "US-EPA", recipient, AGENCIES)
    for key in (FIRST, SECOND, NEWER)
    for recipient in ("GB-EA", "FR-DGPR")
]
# A part of each event for one recipient: two of one company, one of another.
PARTS = (
    part_of(FIRST, "US-EPA", "GB-EA", 1),
    part_of(FIRST, "US-EPA", "GB-EA", 2),
    part_of(SECOND, "US-EPA", "GB-EA", 3),
)
LATER = datetime(2027, 9, 1, tzinfo=UTC)


@pytest.fixture
def keyring() -> Keyring:
    """Return the recipient under attack, who holds every data key."""
    return sealed.keyring_of("GB-EA", AGENCIES, WRAPPED)


@pytest.fixture
def without_associated_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weaken sealing to the cipher alone, as products do that encrypt fields one by one."""
    monkeypatch.setattr(sealing, "associated_data", lambda _: [])


def altered_labels(part: SealedPart) -> Iterator[SealedPart]:
    """Yield the part with each value beside its ciphertext changed."""
    changes: dict[str, Any] = {
        "event_id": bytes(16),
        "part": "other",
        "policy": bytes(16),
        "release_at": LATER,
    }
    for name, value in changes.items():
        yield part._replace(**{name: value})
    yield part._replace(release_at=None)


def swapped(parts: tuple[SealedPart, ...]) -> Iterator[SealedPart]:
    """Yield each part with the ciphertext of each other one of the same key."""
    for one, other in permutations(parts, 2):
        if one.key_id == other.key_id:
            yield one._replace(ciphertext=other.ciphertext)


def opens(keyring: Keyring, part: SealedPart) -> bool:
    """Say whether a part opens; what does not says nothing of a value."""
    try:
        keyring.open(part)
    except SealError as error:
        refusal = error
    else:
        return True
    assert "native" not in f"{refusal} {refusal.hint}".lower()
    assert refusal.__cause__ is None
    assert refusal.__suppress_context__ or refusal.__context__ is None
    return False


def test_a_swapped_ciphertext_never_opens(keyring: Keyring) -> None:
    """Every pair of ciphertexts is exchanged, of one company and of two."""
    for one, other in permutations(PARTS, 2):
        assert not opens(keyring, one._replace(ciphertext=other.ciphertext))
    assert all(opens(keyring, part) for part in PARTS)


def test_a_part_opens_in_its_place_alone(keyring: Keyring) -> None:
    """Each value beside the ciphertext is changed: event, part, policy, end of confidentiality."""
    assert not [part for part in altered_labels(PARTS[0]) if opens(keyring, part)]


@pytest.mark.usefixtures("without_associated_data")
@pytest.mark.parametrize("attack", [lambda: swapped(weak_parts()), lambda: altered_labels(weak_parts()[0])])
def test_the_same_attacks_succeed_without_associated_data(
    keyring: Keyring, attack: Callable[[], Iterator[SealedPart]]
) -> None:
    """Against the cipher alone every swap and every change opens: the tests above are not empty."""
    attacked = list(attack())

    assert attacked
    assert all(opens(keyring, part) for part in attacked)


def weak_parts() -> tuple[SealedPart, ...]:
    """Return the parts anew, as whatever sealing stands now makes them."""
    return tuple(part_of(FIRST, "US-EPA", "GB-EA", number) for number in (1, 2))


def test_a_part_opens_for_its_recipient_alone(keyring: Keyring) -> None:
    """A part for another recipient of the same key opens neither as it is nor under our name."""
    other = part_of(FIRST, "US-EPA", "FR-DGPR", 1)

    assert not opens(keyring, other)
    assert not opens(keyring, other._replace(recipient="GB-EA"))


def test_only_its_name_keeps_a_part_from_another_recipient_without_associated_data(
    keyring: Keyring, without_associated_data: None
) -> None:
    """Against the cipher alone a part that is renamed opens."""
    del without_associated_data
    assert opens(keyring, part_of(FIRST, "US-EPA", "FR-DGPR", 1)._replace(recipient="GB-EA"))


def test_a_part_opens_for_its_agency_alone(keyring: Keyring) -> None:
    """What one agency sealed does not pass for another's."""
    assert not opens(keyring, PARTS[0]._replace(agency="FR-DGPR"))


@pytest.mark.parametrize("key_id", [SECOND.key_id, NEWER.key_id, bytes(16)])
def test_a_part_opens_under_its_key_version_alone(keyring: Keyring, key_id: bytes) -> None:
    """A part replayed under another or a newer key, or one that nobody has, stays shut."""
    assert not opens(keyring, PARTS[0]._replace(key_id=key_id))


def test_equal_secrets_under_two_names_are_two_versions() -> None:
    """The name of a key is bound too: with the same secret under a new name old parts stay shut."""
    renamed = DataKey(NEWER.key_id, FIRST.secret)
    keyring = sealed.keyring_of("GB-EA", AGENCIES, [wrapped(renamed, "US-EPA", "GB-EA", AGENCIES)])

    assert not opens(keyring, PARTS[0]._replace(key_id=NEWER.key_id))


def test_equal_secrets_under_two_names_are_one_without_associated_data(without_associated_data: None) -> None:
    """Against the cipher alone an old part replays under the new name."""
    del without_associated_data
    renamed = DataKey(NEWER.key_id, FIRST.secret)
    keyring = sealed.keyring_of("GB-EA", AGENCIES, [wrapped(renamed, "US-EPA", "GB-EA", AGENCIES)])

    assert opens(keyring, weak_parts()[0]._replace(key_id=NEWER.key_id))


def test_a_truncated_or_altered_ciphertext_never_opens(keyring: Keyring) -> None:
    """Each shorter ciphertext, a longer one, and one with any bit turned stay shut."""
    text = PARTS[0].ciphertext
    lengths = [text[:length] for length in range(len(text))]
    longer = [text + b"\0", b"\0" + text, text + text]
    turned = [text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :] for at in range(len(text))]

    for attacked in (*lengths, *longer, *turned):
        assert not opens(keyring, PARTS[0]._replace(ciphertext=attacked))


def test_plaintext_is_not_taken_for_a_part(keyring: Keyring) -> None:
    """Content in clear where a sealed part belongs is refused."""
    assert not opens(keyring, PARTS[0]._replace(ciphertext=sealing.padded(sealed.content())))


def takes(keyring: Keyring, **changes: Any) -> bool:
    """Say whether a recipient takes a data key, changed in transit."""
    try:
        keyring.take(wrapped(FIRST, "US-EPA", "GB-EA", AGENCIES)._replace(**changes))
    except SealError:
        return False
    return True


def test_a_wrapped_key_unwraps_in_its_place_alone() -> None:
    """Each value beside a wrapped key is changed, and what it holds is moved and cut."""
    keyring = sealed.keyring_of("GB-EA", AGENCIES, ())
    text = wrapped(FIRST, "US-EPA", "GB-EA", AGENCIES).wrapped
    others = [wrapped(SECOND, "US-EPA", "GB-EA", AGENCIES), wrapped(FIRST, "US-EPA", "FR-DGPR", AGENCIES)]
    attacks: list[dict[str, Any]] = [
        {"key_id": SECOND.key_id},
        {"agency": "FR-DGPR"},
        {"recipient": "FR-DGPR"},
        {"quarter": "2026-Q4"},
        *({"wrapped": item.wrapped} for item in others),
        *({"wrapped": text[:length]} for length in range(0, len(text), 7)),
    ]

    assert takes(keyring)
    assert not [attack for attack in attacks if takes(keyring, **attack)]


def test_another_agency_cannot_plant_a_key() -> None:
    """A key that an agency draws in another's name is not signed by that one, and is refused."""
    keyring = sealed.keyring_of("GB-EA", AGENCIES, ())
    forged = sealing.wrap(
        SECOND,
        agency="US-EPA",
        recipient="GB-EA",
        quarter=sealed.QUARTER,
        seal_key=AGENCIES["GB-EA"].seal_key,
        signing=AGENCIES["FR-DGPR"].signing,
    )

    assert not takes(keyring, key_id=SECOND.key_id, wrapped=forged)


def test_a_planted_key_is_taken_where_nobody_checks_who_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the check of signatures the same key is taken."""
    monkeypatch.setattr(sealing, "is_signed", lambda *_: True)

    with pytest.raises(AssertionError):
        test_another_agency_cannot_plant_a_key()
