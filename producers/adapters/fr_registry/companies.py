"""Companies of the French registry: what stands for one, by the kind of its identifier.

Natural persons are identified by their names, municipalities by nothing: neither is ever a
company here, whatever stands in the cell.
"""

from __future__ import annotations

import re
from functools import lru_cache

from producers.reading.remembered import remembered
from producers.statement import Company

_SIRET_SCHEME = "FR-SIRET"

_CACHED_TEXTS = 16_384
_SIRET = re.compile(r"[0-9]{14}", re.ASCII)
# Every foreign number has a digit; letters alone may be somebody's name.
_VAT = re.compile(r"[A-Z]{2}(?=.*[0-9])[A-Z0-9+*]{2,13}", re.ASCII)
_FOREIGN = re.compile(r"(?=.*[0-9])[A-Z0-9]{1,25}", re.ASCII)
_ASSOCIATION = re.compile(r"W[0-9]{9}", re.ASCII)
_LA_POSTE = "356000000"
_LA_POSTE_DIVISOR = 5
_LUHN_DIVISOR = 10
_SINGLE = {str(digit): digit for digit in range(10)}
# Twice a digit, its own digits added.
_DOUBLE = {str(digit): sum(divmod(2 * digit, 10)) for digit in range(10)}

FRENCH_KINDS = frozenset({"ETABLISSEMENT_FR", "ASSOCIATION", "COMMUNES"})
PRIVATE_KINDS = frozenset({"PERSONNE_PHYSIQUE", "COMMUNES"})
KINDS = FRENCH_KINDS | PRIVATE_KINDS | {"ENTREPRISE_UE", "ENTREPRISE_HORS_UE"}


@remembered(_CACHED_TEXTS)
def siret(stated: str) -> str | None:
    """Return the SIRET of an establishment without blanks; None where its check digit is wrong."""
    number = "".join(stated.split())
    return number if _is_siret(number) else None


@lru_cache(_CACHED_TEXTS)
def establishment(number: str) -> Company:
    """Return the company that has a SIRET."""
    return Company(_SIRET_SCHEME, number)


@remembered(_CACHED_TEXTS)
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
        return Company(_SIRET_SCHEME, number) if _is_siret(number) else None
    if kind == "ENTREPRISE_UE" and _VAT.fullmatch(number):
        return Company("EU-VAT", number)
    if kind == "ENTREPRISE_HORS_UE" and _FOREIGN.fullmatch(number):
        return Company(f"FR-FOREIGN-{country}", number)
    if kind == "ASSOCIATION" and _ASSOCIATION.fullmatch(number):
        return Company("FR-RNA", number)
    return None


def _is_siret(number: str) -> bool:
    """Say whether a number has the form and the check digit of a SIRET.

    The check is Luhn's. Establishments of La Poste have too many numbers for it: theirs pass too
    where the sum of all digits is a multiple of five.

    Source: INSEE, SIRENE directory.
    """
    if _SIRET.fullmatch(number) is None or not number.strip("0"):
        return False
    if _luhn_sum(number) % _LUHN_DIVISOR == 0:
        return True
    return number.startswith(_LA_POSTE) and sum(map(_SINGLE.__getitem__, number)) % _LA_POSTE_DIVISOR == 0


def _luhn_sum(number: str) -> int:
    """Return the sum of all digits, every second one from the right doubled and its digits added."""
    return sum(map(_SINGLE.__getitem__, number[-1::-2])) + sum(map(_DOUBLE.__getitem__, number[-2::-2]))
