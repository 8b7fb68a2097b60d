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

import numpy as np

from schemas.identity import DEMONSTRATION_KEYS

# Shorter forms stand somewhere by accident.
_WINDOW = 8
# Windows are looked up by a number of fewer bits first: by Fibonacci hashing, as Knuth calls it.
_MIXER, _SLOT_BITS = 0x9E3779B97F4A7C15, 24
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
    for shift, encoded in enumerate(_base64_forms(data)):
        yield f"base64, shifted by {shift}", encoded
        yield f"base64 for URLs, shifted by {shift}", encoded.replace(b"+", b"-").replace(b"/", b"_")


def _base64_forms(data: bytes) -> Iterator[bytes]:
    """Yield the three texts of which one is there, whatever stands before and behind some bytes."""
    for shift in range(3):
        yield base64.b64encode(b"\0" * shift + data)[(shift * 8 + 5) // 6 : -4]


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
    _known: bytearray = field(default_factory=lambda: bytearray(2**_SLOT_BITS))

    def add(self, text: str) -> None:
        """Search for a text in all its forms."""
        self._take(text, text_forms(text))
        self._take(text, _readable(hash_forms(text)))

    def add_company(self, scheme: str, identifier: str) -> None:
        """Search for what makes a company known."""
        self.add(identifier)
        self._take(identifier, _readable(identity_forms(scheme, identifier)))
        self._take(identifier, _readable(hash_forms(f"{scheme}:{identifier}")))

    def add_key(self, name: str, key: bytes) -> None:
        """Search for a secret key."""
        text = key.hex()
        forms = (("bytes", key), ("hexadecimal", text.encode()), ("upper case", text.upper().encode()))
        coded = ((f"base64, shifted by {shift}", form) for shift, form in enumerate(_base64_forms(key)))
        self._take(f"key {name}", (*forms, *coded))

    def found(self, data: bytes) -> set[str]:
        """Return which secrets stand in some bytes, and how."""
        starts = self._by_start
        return {
            self.names[form]
            for place in self._likely(data)
            for form in starts.get(data[place : place + _WINDOW], ())
            if data.startswith(form, place)
        }

    def _likely(self, data: bytes) -> Iterator[int]:
        """Yield all places where a secret may begin, and few others."""
        known = np.frombuffer(self._known, np.bool_)
        for shift in range(min(_WINDOW, max(0, len(data) - _WINDOW + 1))):
            words = np.frombuffer(data, "<u8", (len(data) - shift) // _WINDOW, shift)
            slots = words * np.uint64(_MIXER) >> np.uint64(64 - _SLOT_BITS)
            yield from (np.flatnonzero(known[slots]) * _WINDOW + shift).tolist()

    def _take(self, text: str, forms: Iterable[tuple[str, bytes]]) -> None:
        for how, form in forms:
            if len(form) >= _WINDOW and form not in self.names:
                self.names[form] = f"{text!r} as {how}"
                self._by_start[form[:_WINDOW]].append(form)
                word = int.from_bytes(form[:_WINDOW], "little")
                self._known[word * _MIXER % 2**64 >> (64 - _SLOT_BITS)] = True


def _readable(forms: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Yield hashes as bytes and as text, both cut as ours are: whoever has half of one has it."""
    for how, digest in forms:
        yield how, digest[:16]
        yield f"{how}, hexadecimal", digest[:16].hex().encode()
        yield f"{how}, base64", base64.b64encode(digest)[:20]
