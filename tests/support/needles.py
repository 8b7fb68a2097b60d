"""Secrets in every form in which a program may let them slip, and the search for them in bytes.

A secret is looked for as text in several encodings, spelt backwards, and as what plain hashes,
and hashes keyed with keys that anybody knows, make of it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

from schemas.identity import DEMONSTRATION_KEYS

# Shorter forms stand somewhere by accident.
_WINDOW = 8
_HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake2s", "sha3_256")
_YEARS = range(2023, 2028)
_KNOWN_KEYS = (
    b"",
    b"weighbridge",
    b"secret",
    DEMONSTRATION_KEYS.agency,
    DEMONSTRATION_KEYS.movement,
    *(DEMONSTRATION_KEYS.pseudonym[year] for year in _YEARS),
)


def text_forms(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of a text as itself: in its encodings, cases and spellings."""
    data = text.encode()
    yield "UTF-8", data
    yield "UTF-8, lower case", text.lower().encode()
    yield "UTF-8, upper case", text.upper().encode()
    yield "UTF-8 backwards", text[::-1].encode()
    yield "UTF-8 without blanks", text.replace(" ", "").encode()
    yield "UTF-16", text.encode("utf-16-le")
    yield "UTF-16, big-endian", text.encode("utf-16-be")
    yield "UTF-32", text.encode("utf-32-le")
    yield "hexadecimal", data.hex().encode()
    yield "hexadecimal, upper case", data.hex().upper().encode()
    yield "URL", quote(text).encode()
    yield "URL form", quote_plus(text).encode()
    for shift in range(3):
        # What stands before it decides which of three texts it becomes; its first and last letters with that.
        encoded = base64.b64encode(b"\0" * shift + data)[(shift * 8 + 5) // 6 : -4]
        yield f"base64, shifted by {shift}", encoded
        yield f"base64 for URLs, shifted by {shift}", encoded.replace(b"+", b"-").replace(b"/", b"_")


def hash_forms(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of what hashes without a secret key make of a text."""
    data = text.encode()
    for name in _HASHES:
        yield name, hashlib.new(name, data).digest()
    for length in (16, 20, 32):
        yield f"blake2b of {length} bytes", hashlib.blake2b(data, digest_size=length).digest()
    for key in _KNOWN_KEYS:
        yield f"keyed with {key!r}", hmac.digest(key, data, "sha256")
        yield f"blake2b keyed with {key!r}", hashlib.blake2b(data, key=key[:64], digest_size=16).digest()


def identity_forms(scheme: str, identifier: str) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of what our own constructions make of a company under published keys."""
    for year in _YEARS:
        yield f"pseudonym of {year}", DEMONSTRATION_KEYS.pseudonym_of(scheme, identifier, year)


@dataclass(slots=True)
class Needles:
    """Secrets to search for.

    Attributes:
        names: By form, which secret it is of, and how.
    """

    names: dict[bytes, str] = field(default_factory=dict)
    _by_start: dict[bytes, list[bytes]] = field(default_factory=lambda: defaultdict(list))

    def add(self, text: str) -> None:
        """Search for a text in all its forms."""
        self._take(text, text_forms(text))
        self._take(text, _readable(hash_forms(text)))

    def add_company(self, scheme: str, identifier: str) -> None:
        """Search for what makes a company known."""
        self.add(identifier)
        self._take(identifier, _readable(identity_forms(scheme, identifier)))
        self._take(identifier, _readable(hash_forms(f"{scheme}:{identifier}")))

    def found(self, data: bytes) -> set[str]:
        """Return which secrets stand in some bytes, and how."""
        starts = self._by_start
        return {
            self.names[form]
            for place in range(len(data) - _WINDOW + 1)
            if (start := data[place : place + _WINDOW]) in starts
            for form in starts[start]
            if data.startswith(form, place)
        }

    def _take(self, text: str, forms: Iterable[tuple[str, bytes]]) -> None:
        for how, form in forms:
            if len(form) >= _WINDOW and form not in self.names:
                self.names[form] = f"{text!r} as {how}"
                self._by_start[form[:_WINDOW]].append(form)


def _readable(forms: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Yield hashes as bytes and as text, both cut as ours are: whoever has half of one has it."""
    for how, digest in forms:
        yield how, digest[:16]
        yield f"{how}, hexadecimal", digest[:16].hex().encode()
        yield f"{how}, base64", base64.b64encode(digest)[:20]
