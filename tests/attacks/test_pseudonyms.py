"""Attacks on pseudonyms: guessing whose they are, and following a company from one year into the next.

The attacker is a hub or an outsider: he has the whole ledger, our program, all keys that are public, and a
list of every company there is, but no key of an agency. Each attack also runs on a stand-in that is weaker in
one way, and must succeed there.

What no pseudonym can hide: a company whose quantities are like nobody else's, year after year.
"""

from __future__ import annotations

import hmac
import io
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import fastavro
import pytest

from producers.harmonise import harmonise
from producers.protect import protect
from producers.statement import Company, When
from schemas import contract, identity
from schemas.identity import DEMONSTRATION_KEYS, Keys
from schemas.movement import CONTENT_FIELDS
from tests.support.statements import statement

CANDIDATES = 1_000_000
COMPANIES = 500
YEARS = (2025, 2026)
SCHEME = "EU-VAT"
MARGIN = 0.01

Pseudonym = Callable[[str, int], bytes]
"""Returns what stands for a company number in a year."""


@dataclass(frozen=True)
class Ledger:
    """What everybody can read: pseudonyms, and the grams of each, by year.

    Attributes:
        amounts: Grams of a pseudonym in a year.
        truth: Whose pseudonym it is; the attacker has it for nothing but to count his hits.
    """

    amounts: Mapping[int, Mapping[bytes, int]]
    truth: Mapping[bytes, str]


def number_of(company: int) -> str:
    """Return the company number of the list of every company there is."""
    return f"FR{company:011d}"


def framed(*parts: str) -> bytes:
    """Return parts as the program joins them, which anybody can read in it."""
    return b"".join(b"%d:%b" % (len(part.encode()), part.encode()) for part in parts)


def published(keys: Keys) -> Pseudonym:
    """Return the pseudonyms that leave the program in the contributor of an event."""
    movement = contract.latest("movement")
    fields = [field for field in movement["fields"] if field["name"] in CONTENT_FIELDS]
    schema = fastavro.parse_schema(movement | {"name": "Content", "fields": fields})

    def get(number: str, year: int) -> bytes:
        stated = statement(contributor=Company(SCHEME, number), when=When(date(year, 3, 1)))
        content = protect(harmonise(stated, "$")[0], "document", keys).content
        record: Any = fastavro.schemaless_reader(io.BytesIO(content), schema, None)
        return bytes(record["contributor"])

    return get


def unkeyed(number: str, year: int) -> bytes:  # noqa: ARG001  # a plain hash knows no year
    """Return a plain hash: what many systems call a pseudonym."""
    return sha256(f"{SCHEME}:{number}".encode()).digest()[:16]


def demonstrated(number: str, year: int) -> bytes:
    """Return a pseudonym under keys that everybody has."""
    return DEMONSTRATION_KEYS.pseudonym_of(SCHEME, number, year)


def of_one_key(keys: Keys) -> Pseudonym:
    """Return pseudonyms under a key that does not change with the year."""
    return published(replace(keys, pseudonym=dict.fromkeys(YEARS, keys.pseudonym[YEARS[0]])))


def of_related_keys(keys: Keys) -> Pseudonym:
    """Return pseudonyms whose years differ by what is the same for all companies."""

    def get(number: str, year: int) -> bytes:
        first = keys.pseudonym_of(SCHEME, number, YEARS[0])
        return bytes(byte ^ (year - YEARS[0]) for byte in first)

    return get


def ledger(pseudonym: Pseudonym, *, is_habitual: bool = False) -> Ledger:
    """Return two years of the same companies, whose quantities are drawn anew each year, or never change."""
    chance = random.Random(5)  # noqa: S311  # a world that is the same each time
    truth: dict[bytes, str] = {}
    amounts: dict[int, dict[bytes, int]] = {year: {} for year in YEARS}
    for company in chance.sample(range(CANDIDATES), COMPANIES):
        habit = int(chance.lognormvariate(17, 1))
        for year in YEARS:
            name = pseudonym(number_of(company), year)
            truth[name] = number_of(company)
            amounts[year][name] = habit if is_habitual else int(chance.lognormvariate(17, 1))
    return Ledger(amounts, truth)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """Return keys as an agency draws them."""
    folder: Path = tmp_path_factory.mktemp("keys")
    identity.create(folder, YEARS)
    return identity.load(folder)


def plain_guesses(numbers: Iterable[str]) -> Iterator[tuple[bytes, str]]:
    """Yield plain hashes of company numbers in likely spellings: (possible pseudonym, number)."""
    for number in numbers:
        text = number.encode()
        yield sha256(text).digest()[:16], number
        yield sha256(b"EU-VAT:" + text).digest()[:16], number


def keyed_guesses(numbers: Iterable[str], key: bytes) -> Iterator[tuple[bytes, str]]:
    """Yield what the program makes of company numbers under a key: (possible pseudonym, number)."""
    head = framed("company", SCHEME)
    for number in numbers:
        text = number.encode()
        yield hmac.digest(key, b"%b%d:%b" % (head, len(text), text), "sha256")[:16], number


def guesses(keys: Keys, likely: Iterable[str]) -> Iterator[tuple[bytes, str]]:
    """Yield what everybody can compute of each company there is, with some keys only of the likely ones.

    Those are in truth the right ones: a million numbers with every key would take minutes and find no more.
    """
    numbers = [number_of(company) for company in range(CANDIDATES)]
    yield from plain_guesses(numbers)
    yield from keyed_guesses(numbers, DEMONSTRATION_KEYS.pseudonym[YEARS[0]])
    known = (
        DEMONSTRATION_KEYS.pseudonym[YEARS[1]],
        DEMONSTRATION_KEYS.movement,
        keys.verify_key,
        keys.seal_key,
    )
    for key in (*known, bytes(32), b""):
        yield from keyed_guesses(likely, key)


def test_a_million_guesses_name_nobody(keys: Keys) -> None:
    """No pseudonym of the ledger is what anybody can compute; plain and badly keyed ones all are."""
    ledgers = {"ours": ledger(published(keys)), "plain": ledger(unkeyed), "demo": ledger(demonstrated)}
    observed = {name: found.truth.keys() for name, found in ledgers.items()}
    everything = set[bytes]().union(*observed.values())
    likely = set(ledgers["ours"].truth.values())
    hits = [(guess, number) for guess, number in guesses(keys, likely) if guess in everything]
    named = {
        name: {guess for guess, number in hits if found.truth.get(guess) == number}
        for name, found in ledgers.items()
    }

    assert named["ours"] == set()
    assert named["plain"] == observed["plain"]
    assert named["demo"] == observed["demo"]
    assert 2 * COMPANIES == len(observed["ours"])


def by_equality(first: Iterable[bytes], second: Iterable[bytes]) -> dict[bytes, bytes]:
    """Link what is the same."""
    return {name: name for name in set(first) & set(second)}


def by_likeness(first: Iterable[bytes], second: Iterable[bytes]) -> dict[bytes, bytes]:
    """Link each pseudonym to the one of which the fewest bits differ."""
    others = [(int.from_bytes(name, "big"), name) for name in second]
    return {
        name: min(others, key=lambda other: (int.from_bytes(name, "big") ^ other[0]).bit_count())[1]
        for name in first
    }


def by_order(first: Iterable[bytes], second: Iterable[bytes]) -> dict[bytes, bytes]:
    """Link the n-th of one year to the n-th of the other."""
    return dict(zip(sorted(first), sorted(second), strict=False))


def linked(
    found: Ledger, attack: Callable[[Mapping[bytes, int], Mapping[bytes, int]], Mapping[bytes, bytes]]
) -> float:
    """Return the part of the companies that an attack follows into the next year."""
    first, second = (found.amounts[year] for year in YEARS)
    hits = sum(found.truth[name] == found.truth[other] for name, other in attack(first, second).items())
    return hits / COMPANIES


def by_amount(first: Mapping[bytes, int], second: Mapping[bytes, int]) -> dict[bytes, bytes]:
    """Link the largest of one year to the largest of the other, and so on."""
    ranked = (sorted(year, key=lambda name: (-year[name], name)) for year in (first, second))
    return dict(zip(*ranked, strict=False))


@pytest.mark.parametrize("attack", [by_equality, by_likeness, by_order, by_amount])
def test_nobody_is_followed_into_the_next_year(keys: Keys, attack: Any) -> None:
    """Equal, similar, equally placed or equally large: no link between years is better than chance."""
    assert linked(ledger(published(keys)), attack) <= 1 / COMPANIES + MARGIN


@pytest.mark.parametrize(
    ("weaker", "attack"),
    [
        (of_one_key, by_equality),
        (of_one_key, by_likeness),
        (of_one_key, by_order),
        (of_related_keys, by_likeness),
    ],
)
def test_a_key_that_outlives_the_year_gives_everybody_away(
    keys: Keys, weaker: Callable[[Keys], Pseudonym], attack: Any
) -> None:
    """The same attacks follow all companies where the keys of two years are one, or related."""
    assert linked(ledger(weaker(keys)), attack) > 1 - MARGIN


def test_quantities_that_never_change_give_everybody_away(keys: Keys) -> None:
    """What pseudonyms cannot hide, and the proof that the attack by amounts is one."""
    assert linked(ledger(published(keys), is_habitual=True), by_amount) > 1 - MARGIN


def test_pseudonyms_are_spread_evenly(keys: Keys) -> None:
    """Each bit is set in about half of all pseudonyms, whatever the numbers have in common."""
    names = [int.from_bytes(name, "big") for name in ledger(published(keys)).truth]
    shares = [sum(name >> bit & 1 for name in names) / len(names) for bit in range(128)]

    # Five standard deviations: one run in ten thousand fails by chance.
    assert max(abs(share - 0.5) for share in shares) < 5 * 0.5 / len(names) ** 0.5
