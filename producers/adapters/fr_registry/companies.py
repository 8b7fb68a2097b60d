"""Companies of the French registry: what stands for one, by the kind of its identifier.

Natural persons are identified by their names, municipalities by nothing: neither is ever a
company here, whatever stands in the cell.
"""

from __future__ import annotations

import re
from functools import lru_cache

from producers.statement import Company

SIRET_SCHEME = "FR-SIRET"

_CACHED_TEXTS = 16_384
_SIRET = re.compile(r"[0-9]{14}", re.ASCII)
# Every foreign number has a digit; letters alone may be somebody's name.
_VAT = re.compile(r"[A-Z]{2}(?=.*[0-9])[A-Z0-9+*]{2,13}", re.ASCII)
_FOREIGN = re.compile(r"(?=.*[0-9])[A-Z0-9]{1,25}", re.ASCII)
_ASSOCIATION = re.compile(r"W[0-9]{9}", re.ASCII)
_LA_POSTE = "356000000"
_LA_POSTE_DIVISOR = 5
_LUHN_DIVISOR = 10

FRENCH_KINDS = frozenset({"ETABLISSEMENT_FR", "ASSOCIATION", "COMMUNES"})
PRIVATE_KINDS = frozenset({"PERSONNE_PHYSIQUE", "COMMUNES"})
KINDS = FRENCH_KINDS | PRIVATE_KINDS | {"ENTREPRISE_UE", "ENTREPRISE_HORS_UE"}


@lru_cache(_CACHED_TEXTS)
def siret(stated: str) -> str | None:
    """Return the SIRET of an establishment without blanks; None where its check digit is wrong.

    The check is Luhn's. Establishments of La Poste have too many numbers for it: theirs pass too
    where the sum of all digits is a multiple of five.

    Source: INSEE, SIRENE directory.
    """
    number = "".join(stated.split())
    if _SIRET.fullmatch(number) is None or not number.strip("0"):
        return None
    digits = [int(digit) for digit in number]
    is_la_poste = number.startswith(_LA_POSTE) and sum(digits) % _LA_POSTE_DIVISOR == 0
    return number if is_la_poste or _luhn_sum(digits) % _LUHN_DIVISOR == 0 else None


@lru_cache(_CACHED_TEXTS)
def company(kind: str, stated: str, country: str) -> Company | None:
    """Return a company by the kind of party that a line says it is.

    Args:
        kind: One of `KINDS`.
        stated: SIRET, number for value added tax, of an association, or of a foreign register.
        country: ISO 3166-1 code: numbers of foreign registers mean something in one country only.

    Returns:
        None for persons and municipalities, and where the number has not its form.
    """
    number = "".join(stated.split()).upper()
    if kind == "ETABLISSEMENT_FR":
        found = siret(number)
        return Company(SIRET_SCHEME, found) if found is not None else None
    if kind == "ENTREPRISE_UE" and _VAT.fullmatch(number):
        return Company("EU-VAT", number)
    if kind == "ENTREPRISE_HORS_UE" and _FOREIGN.fullmatch(number):
        return Company(f"FR-FOREIGN-{country}", number)
    if kind == "ASSOCIATION" and _ASSOCIATION.fullmatch(number):
        return Company("FR-RNA", number)
    return None


def _luhn_sum(digits: list[int]) -> int:
    """Return the sum of all digits, every second one from the right doubled and its digits added."""
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return sum(digits[-1::-2]) + sum(doubled)
