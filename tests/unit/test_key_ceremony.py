"""Drawing, sharing, taking and rotating keys: each step is safe, and what is wrong with keys is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from deploy import key_checks
from deploy.cli import app
from deploy.key_checks import Fault
from producers.sealing.data_keys import DataKeys
from schemas import identity
from schemas.directory import Directory, Member
from schemas.errors import ConfigurationError, SealError
from schemas.findings import Severity
from schemas.keystore import ceremony
from schemas.keystore.documents import AgencyDocument, ExchangeDocument, HubDocument
from schemas.keystore.handover import Handover
from schemas.keystore.store import at
from schemas.movement import Side

YEARS = range(2025, 2028)
TODAY = date(2026, 6, 1)


@dataclass
class Exchange:
    """Three agencies: the first has all keys, the others their own ones."""

    folder: Path

    def __post_init__(self) -> None:
        """Draw their keys."""
        identity.create(self.folder / "US-EPA", YEARS)
        for name in ("GB-EA", "FR-DGPR"):
            ceremony.begin(self.folder / name)

    def at(self, name: str) -> Path:
        """Return where the keys of an agency lie."""
        return self.folder / name

    def directory(self) -> Directory:
        """Return the directory as it would be if every entry were handed round now."""
        names = ("US-EPA", "GB-EA", "FR-DGPR")
        return Directory({name: ceremony.member(self.at(name), [name[:2]], [Side.ORIGIN]) for name in names})

    def shared(self, recipient: str = "GB-EA") -> Handover:
        """Return the shared keys, for one of the others."""
        return ceremony.share(self.at("US-EPA"), "US-EPA", recipient, self.directory())


@pytest.fixture
def exchange(tmp_path: Path) -> Exchange:
    """Return a fresh exchange."""
    return Exchange(tmp_path)


def faults(
    exchange: Exchange, name: str, members: Directory | None = None, today: date = TODAY
) -> list[Fault]:
    """Return what is wrong with an agency's keys."""
    return list(key_checks.of_keys(exchange.at(name), today, name, members))


def test_shared_keys_are_taken_by_the_one_they_are_for(exchange: Exchange) -> None:
    """The agencies then have the same shared keys and different own ones; nothing shared is in clear."""
    given_ = exchange.shared()
    added = ceremony.take(exchange.at("GB-EA"), given_, "GB-EA", exchange.directory())
    us, gb = identity.load(exchange.at("US-EPA")), identity.load(exchange.at("GB-EA"))

    assert list(YEARS) == added
    assert (us.movement, us.pseudonym) == (gb.movement, gb.pseudonym)
    assert us.agency != gb.agency
    assert not [key for key in (us.movement, *us.pseudonym.values()) if key in given_.sealed]


def test_shared_keys_open_for_nobody_else(exchange: Exchange) -> None:
    """Another agency cannot take them, under its own name or that of the recipient."""
    given_ = exchange.shared("GB-EA")

    for name in ("FR-DGPR", "GB-EA"):
        with pytest.raises(SealError, match="do not open"):
            ceremony.take(exchange.at("FR-DGPR"), given_, name, exchange.directory())


def test_shared_keys_of_somebody_else_are_refused(exchange: Exchange) -> None:
    """Who is in the directory under another name, or not at all, cannot make an agency take his keys."""
    identity.create(exchange.folder / "thief", YEARS)
    forged = ceremony.share(exchange.folder / "thief", "US-EPA", "GB-EA", exchange.directory())

    with pytest.raises(SealError, match="not signed by US-EPA"):
        ceremony.take(exchange.at("GB-EA"), forged, "GB-EA", exchange.directory())
    with pytest.raises(ConfigurationError, match=r"no agency\.json|no exchange\.json"):
        identity.load(exchange.at("GB-EA"))


@given(st.integers(min_value=0), st.integers(0, 7))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_altered_shared_keys_never_open(exchange: Exchange, place: int, bit: int) -> None:
    """Any bit that changes on the way is found."""
    given_ = exchange.shared()
    sealed = bytearray(given_.sealed)
    sealed[place % len(sealed)] ^= 1 << bit
    altered = given_.model_copy(update={"sealed": bytes(sealed)})

    with pytest.raises(SealError):
        ceremony.take(exchange.at("GB-EA"), altered, "GB-EA", exchange.directory())


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"\xff", b'{"agency": "US-EPA"}', b'{"agency": "x", "sealed": "zz"}']
)
def test_what_is_no_handover_is_refused_without_being_shown(text: bytes) -> None:
    """A wrong file is told by its name."""
    with pytest.raises(ConfigurationError, match=r"^some\.json holds no shared keys$"):
        Handover.parsed(text, "some.json")


def test_keys_of_another_exchange_are_refused(exchange: Exchange, tmp_path: Path) -> None:
    """An agency that has shared keys keeps them, whoever signs others; years are only added."""
    ceremony.take(exchange.at("GB-EA"), exchange.shared(), "GB-EA", exchange.directory())
    before = (exchange.at("GB-EA") / identity.EXCHANGE_FILE).read_bytes()
    identity.extend(exchange.at("US-EPA"), range(2028, 2030))
    own = AgencyDocument.model_validate_json((exchange.at("US-EPA") / identity.AGENCY_FILE).read_bytes())
    identity.create(tmp_path / "other", YEARS)
    (tmp_path / "other" / identity.AGENCY_FILE).write_bytes(own.text())
    other = ceremony.share(tmp_path / "other", "US-EPA", "GB-EA", exchange.directory())

    with pytest.raises(ConfigurationError, match="another exchange"):
        ceremony.take(exchange.at("GB-EA"), other, "GB-EA", exchange.directory())
    assert before == (exchange.at("GB-EA") / identity.EXCHANGE_FILE).read_bytes()
    assert [2028, 2029] == ceremony.take(
        exchange.at("GB-EA"), exchange.shared(), "GB-EA", exchange.directory()
    )


def test_two_agencies_must_not_draw_the_same_year(exchange: Exchange) -> None:
    """Where both did, neither takes the other's: one company would have two pseudonyms."""
    ceremony.take(exchange.at("GB-EA"), exchange.shared(), "GB-EA", exchange.directory())
    for name in ("US-EPA", "GB-EA"):
        identity.extend(exchange.at(name), range(2028, 2029))

    with pytest.raises(ConfigurationError, match="another exchange"):
        ceremony.take(exchange.at("GB-EA"), exchange.shared(), "GB-EA", exchange.directory())


def test_nothing_is_shared_with_whom_the_directory_does_not_know(exchange: Exchange) -> None:
    """No opening key, no shared keys."""
    for members in ({}, {"GB-EA": Member(signing_keys=())}):
        with pytest.raises(ConfigurationError, match="no opening key of GB-EA"):
            ceremony.share(exchange.at("US-EPA"), "US-EPA", "GB-EA", Directory(members))


def test_own_keys_are_never_overwritten(exchange: Exchange) -> None:
    """Neither joining, creating nor copying replaces keys that exist."""
    place, others = exchange.at("GB-EA"), exchange.at("US-EPA")
    before = (place / identity.AGENCY_FILE).read_bytes()
    steps: list[Callable[[], None]] = [
        lambda: ceremony.begin(place),
        lambda: identity.create(place, YEARS),
        lambda: ceremony.copy(others, place),
    ]
    for step in steps:
        with pytest.raises(ConfigurationError, match="exists"):
            step()

    assert before == (place / identity.AGENCY_FILE).read_bytes()


def test_a_rotation_leaves_no_gap(exchange: Exchange) -> None:
    """Drawing changes what is opened at once and what is signed only when finished; nothing is forgotten."""
    place = exchange.at("US-EPA")
    before = identity.load(place)
    ceremony.rotate(place)
    drawn, entry = identity.load(place), exchange.directory().members["US-EPA"]
    with pytest.raises(ConfigurationError, match="drawn already"):
        ceremony.rotate(place)
    ceremony.finish(place)
    after, later = identity.load(place), exchange.directory().members["US-EPA"]
    with pytest.raises(ConfigurationError, match="no next"):
        ceremony.finish(place)

    assert before.signing == drawn.signing != after.signing
    assert (drawn.opening, before.opening) == drawn.openings == after.openings
    assert entry == later
    assert {before.verify_key, after.verify_key} == set(entry.signing_keys)
    assert entry.opening_key == after.seal_key
    assert before.check_value() == after.check_value()


def test_an_adapter_starts_at_every_step_of_a_rotation(exchange: Exchange) -> None:
    """With the directory of before until it is finished, and with the new one from the first step on."""
    place, old = exchange.at("US-EPA"), exchange.directory()
    ceremony.rotate(place)
    new = exchange.directory()
    for members in (old, new):
        DataKeys("US-EPA", identity.load(place), members)
    ceremony.finish(place)
    DataKeys("US-EPA", identity.load(place), new)

    with pytest.raises(ConfigurationError, match="other keys"):
        DataKeys("US-EPA", identity.load(place), old)


def test_repeated_rotations_keep_all_former_keys(exchange: Exchange) -> None:
    """The third key in a row still comes with the first two."""
    place = exchange.at("US-EPA")
    seen = [identity.load(place)]
    for _ in range(2):
        ceremony.rotate(place)
        ceremony.finish(place)
        seen.append(identity.load(place))

    assert {keys.verify_key for keys in seen} == set(exchange.directory().members["US-EPA"].signing_keys)
    assert tuple(keys.opening for keys in reversed(seen)) == seen[-1].openings


def test_documents_show_no_secret(exchange: Exchange) -> None:
    """Neither text of a document has a key in it, whoever prints it."""
    for name, kind in ((identity.AGENCY_FILE, AgencyDocument), (identity.EXCHANGE_FILE, ExchangeDocument)):
        text = (exchange.at("US-EPA") / name).read_bytes()
        shown = f"{kind.parsed(text, name)} {kind.parsed(text, name)!r}"
        values = [value for value in json.loads(text).values() if isinstance(value, str) and len(value) == 64]

        assert values
        assert not any(value in shown or repr(bytes.fromhex(value)) in shown for value in values)


def test_sound_keys_have_no_fault(exchange: Exchange) -> None:
    """Fresh keys that the directory knows are fine."""
    assert faults(exchange, "US-EPA", exchange.directory()) == []


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2029, 3, 1), "ERROR no pseudonym keys for 2029"),
        (date(2027, 10, 1), "WARNING no pseudonym key for 2028 yet"),
        (date(2029, 3, 1), "WARNING keys that sign or open are"),
    ],
)
def test_ages_and_missing_years_are_told(exchange: Exchange, today: date, expected: str) -> None:
    """What time does to keys is seen before it stops an adapter."""
    path = exchange.at("US-EPA") / identity.AGENCY_FILE
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document | {"drawn_on": "2026-01-01"}))
    told = [f"{fault.severity} {fault.text}" for fault in faults(exchange, "US-EPA", today=today)]

    assert any(text.startswith(expected) for text in told), told


def test_a_year_between_two_others_is_missed(exchange: Exchange) -> None:
    """A gap in the years is an error, with the command that fills it."""
    identity.extend(exchange.at("US-EPA"), range(2030, 2031))
    (fault,) = faults(exchange, "US-EPA")

    assert "2028, 2029" in fault.text
    assert "--first-year 2028 --last-year 2029" in fault.hint


def test_a_directory_that_disagrees_is_told(exchange: Exchange) -> None:
    """Before, between and after the steps of a rotation, the check says how far the directory is behind."""
    old = exchange.directory()
    ceremony.rotate(exchange.at("US-EPA"))
    drawn = [fault.severity for fault in faults(exchange, "US-EPA", old)]
    handed = [fault.text for fault in faults(exchange, "US-EPA", exchange.directory())]
    ceremony.finish(exchange.at("US-EPA"))
    behind = [fault.text for fault in faults(exchange, "US-EPA", old)]
    absent = [fault.text for fault in faults(exchange, "US-EPA", Directory({}))]
    exchanged = Directory({"US-EPA": old.members["GB-EA"]})
    foreign = [fault for fault in faults(exchange, "US-EPA", exchanged) if fault.severity is Severity.ERROR]

    assert {Severity.WARNING} == set(drawn)
    assert ["a rotation is not finished"] == handed
    assert "the directory has not the signing key in use: hubs refuse everything" in behind
    assert ["the directory does not name US-EPA"] == absent
    assert len(foreign) == 2


def test_keys_that_cannot_be_read_are_one_fault(exchange: Exchange) -> None:
    """Loose permissions and absent shared keys are told with what to do."""
    (exchange.at("US-EPA") / identity.AGENCY_FILE).chmod(0o644)
    (loose,) = faults(exchange, "US-EPA")
    (absent,) = faults(exchange, "GB-EA")

    assert (Severity.ERROR, Severity.ERROR) == (loose.severity, absent.severity)
    assert "chmod 600" in loose.hint
    assert "no exchange.json" in absent.text


def test_demonstration_keys_are_told(tmp_path: Path) -> None:
    """Keys that everybody has are an error in a store and in a directory."""
    keys = identity.DEMONSTRATION_KEYS
    own = AgencyDocument(agency=keys.agency, signing=keys.signing, opening=keys.opening, drawn_on=TODAY)
    identity.create(tmp_path, YEARS)
    (tmp_path / identity.AGENCY_FILE).write_bytes(own.text())
    member = ceremony.member(tmp_path, ["US"], [Side.ORIGIN])

    assert "demonstration" in next(key_checks.of_keys(tmp_path, TODAY, None, None)).text
    assert "demonstration" in next(key_checks.of_directory(Directory({"US-EPA": member}))).text


def test_a_wrong_directory_is_told(exchange: Exchange) -> None:
    """Keys of two members, keys that are none, and members for whom nothing can be done."""
    members = dict(exchange.directory().members)
    sound = list(key_checks.of_directory(Directory(members)))
    members["DE-UBA"] = members["GB-EA"]
    members["IT-RENTRI"] = Member(
        signing_keys=(bytes(31) + b"1",), opening_key=bytes(32), countries=frozenset({"IT"})
    )
    members["AT-UBA"] = Member()
    told = [f"{fault.severity} {fault.text}" for fault in key_checks.of_directory(Directory(members))]

    assert sound == []
    assert [
        "ERROR GB-EA: a key that is there twice (DE-UBA)",
        "ERROR GB-EA: a key that is there twice (DE-UBA)",
        "WARNING AT-UBA: no signing key",
        "WARNING AT-UBA: no opening key or no country",
        "ERROR IT-RENTRI: the opening key is none",
    ] == told


def test_a_hub_rotates_its_signing_key_like_an_agency(tmp_path: Path) -> None:
    """The next key is known before it signs, the former one stays known, and nothing else changes."""
    place = tmp_path / "hub-keys"
    for arguments in (["create", "--hub", "--out", str(place)], ["rotate", "--keys", str(place)]):
        assert CliRunner().invoke(app, ["keys", *arguments]).exit_code == 0
    drawn = HubDocument.read(at(place), ceremony.HUB_FILE)
    known = ceremony.hub_member(place)
    shown = CliRunner().invoke(app, ["keys", "show", "--hub", "north", "--keys", str(place)]).output
    CliRunner().invoke(app, ["keys", "rotate", "--finish", "--keys", str(place)])
    adopted = HubDocument.read(at(place), ceremony.HUB_FILE)

    assert drawn.next_signing == adopted.signing
    assert (drawn.hub, known) == (adopted.hub, ceremony.hub_member(place))
    assert len(known.signing_keys) == 2
    assert all(key.hex() in shown for key in known.signing_keys)
    assert drawn.signing.hex() not in shown
    assert CliRunner().invoke(app, ["keys", "create", "--hub", "--out", str(place)]).exit_code != 0
