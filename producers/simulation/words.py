"""Invented names of companies and places: no word list of real ones is ever read."""

from __future__ import annotations

from functools import lru_cache

_HEADS = ("Bran", "Tol", "Mer", "Quis", "Vel", "Hask", "Drum", "Osk", "Lin", "Pav", "Rook", "Sel", "Thur")
_TAILS = ("tel", "wick", "dorn", "mere", "low", "sett", "vane", "brook", "gard", "holm", "by")
_TRADES = ("Recovery", "Metals", "Paper", "Polymers", "Solvents", "Transport", "Sorting", "Carriers")
_REMEMBERED_MAX = 8192


@lru_cache(_REMEMBERED_MAX)
def company(number: int) -> str:
    """Return the name of a company; other numbers have other names."""
    rest, trade = divmod(number, len(_TRADES))
    return f"{town(rest)} {_TRADES[trade]} {number}"


def town(number: int) -> str:
    """Return the name of a town; many companies share it."""
    rest, head = divmod(number, len(_HEADS))
    return _HEADS[head] + _TAILS[rest % len(_TAILS)]
