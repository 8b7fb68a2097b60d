"""Numbers with a check digit, so that what is invented is well formed and nobody's."""

from __future__ import annotations

from functools import lru_cache

_REMEMBERED_MAX = 16_384


@lru_cache(_REMEMBERED_MAX)
def luhn(stem: int, digits: int) -> str:
    """Return a number of so many digits, of which the last one is Luhn's (ISO/IEC 7812-1)."""
    text = f"{stem:0{digits - 1}d}"
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in text[::-2])
    single = sum(int(digit) for digit in text[-2::-2])
    return f"{text}{-(doubled + single) % 10}"
