"""What is taken out of names and addresses, what stays, and what always holds."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from producers.reading.scrub import TEXT_CHARACTERS_MAX, scrubbed

PIECES = (
    "Recycling Ltd",
    "tel",
    "Fax:",
    "a@b.example",
    "@",
    "(at)",
    "0203 12345-0",
    "+49",
    "AB-123-CD",
    "plate",
    "7",
    "555",
    ",",
    "\u200b",
)


@pytest.mark.parametrize(
    "text",
    [
        "Smith & Sons Ltd",
        "M\u00fcller Entsorgung GmbH & Co. KG",
        "ZI Nord, 12 rue de la Gare, 69100 Villeurbanne",
        "BP 10234, 75001 Paris CEDEX 07",
        "Dock Road 4, L20 1BG Liverpool",
        "Via Roma 5, 00118 Roma",
        "1200 Industrial Pkwy, Boston, MA 02134-1234",
        "Av. Paulista 1000, 01310-100 Sao Paulo",
        "D-40213 D\u00fcsseldorf",
        "ul. Prosta 1, 00-950 Warszawa",
        "Unit 7-12, AC12 LTD",
        "Telford Waste 24 Ltd",
        "Reg Smith 12 Ltd",
    ],
)
def test_name_or_address_stays(text: str) -> None:
    """Names, house numbers and postal codes stay as they were."""
    assert scrubbed(text) == text


@pytest.mark.parametrize(
    ("taken", "kind"),
    [
        ("jan.peeters@firma.example", "an e-mail address"),
        ("jan\uff20firma.example", "an e-mail address in wide characters"),
        ("jan@", "half of an e-mail address"),
        ("jan (at) firma.example", "an e-mail address for people"),
        ("tel. 02 12 34 56", "a number behind its word"),
        ("T\u00e9l : 01 23 45 67 89", "a French number"),
        ("Fax-Nr. 0203/12345-0", "a fax number"),
        ("+33 (0)6 12 34 56 78", "an international number"),
        ("0044 20 7946 0958", "an international number with zeros"),
        ("020 7946 0958", "a British number"),
        ("06\u00a012345678", "an Italian number with a blank that does not break"),
        ("347 1234567", "an Italian mobile number"),
        ("(205) 555-0123", "an American number"),
        ("1-800-555-0199 ext. 12", "an American number with an extension"),
        ("2055550123", "a number without blanks"),
        ("0\u200b20 7946 0958", "a number with a character that is not seen"),
        ("601 123 456", "a Polish number"),
        ("AB-123-CD", "a French plate"),
        ("AB123CD", "an Italian plate"),
        ("AB12 CDE", "a British plate"),
        ("DU-AB 1234", "a German plate"),
        ("12-ABC-3", "a Dutch plate"),
        ("1-ABC-123", "a Belgian plate"),
        ("plate: 1234 BCD", "a plate behind its word"),
        ("Targa XA 123 YZ", "an Italian plate behind its word"),
    ],
)
def test_what_is_about_people_is_taken_out(taken: str, kind: str) -> None:
    """Addresses, numbers and plates go, wherever they stand, and what is around them stays."""
    assert scrubbed(f"Acme Recycling {taken}") == "Acme Recycling", kind
    assert scrubbed(f"{taken}, Acme Recycling") == "Acme Recycling", kind
    assert scrubbed(taken) is None, kind


@pytest.mark.parametrize(
    "text", ["", " ", "-- / --", "\u200b", "\x00", "\ud800", "x" * (TEXT_CHARACTERS_MAX + 1)]
)
def test_nothing_is_left(text: str) -> None:
    """Punctuation alone says nothing, and a text of such a length is no name."""
    assert scrubbed(text) is None


def test_two_takings_in_a_row() -> None:
    """What stands behind a word once an address between them is gone goes too."""
    assert scrubbed("Acme tel a@b.example 12 34 56") == "Acme"


texts = st.text(st.characters(), max_size=TEXT_CHARACTERS_MAX) | st.lists(
    st.sampled_from(PIECES) | st.text("0123456789+-/ .()@ABt", max_size=12), max_size=20
).map(" ".join)


@given(texts)
@example("tel tel a@b 1 2 3 4 5 6 7")
def test_scrubbing_twice_changes_nothing(text: str) -> None:
    """What was scrubbed once is clean, and never longer than before."""
    once = scrubbed(text)

    assert len(once or "") <= len(text)
    assert once is None or scrubbed(once) == once
    # What has no bytes would end a run.
    assert (once or "").encode() is not None


@given(texts, texts)
def test_no_address_survives(before: str, behind: str) -> None:
    """Wherever an e-mail address stands in a text, no part of it is left."""
    left = scrubbed(f"{before} secret.person@mail.example {behind}")

    assert left is None or ("@" not in left and "secret.person" not in left and "mail.example" not in left)


def test_hostile_text_takes_no_time() -> None:
    """Texts made to be read slowly are read in time: the test would not end otherwise."""
    for piece in ("0", "0 ", "a", "A-1-", "@ ", "tel ", "( ", "plate ", "+0", "1.1"):
        scrubbed((piece * TEXT_CHARACTERS_MAX)[:TEXT_CHARACTERS_MAX])
        scrubbed((piece * TEXT_CHARACTERS_MAX)[: TEXT_CHARACTERS_MAX - 1] + "@")
