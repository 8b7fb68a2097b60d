"""Values for recipients of sealed parts: companies, sites, places and numbers, as documents state them.

Fields of class sealed come here, and no others. What people write into such a field beside its
value is taken out as far as its form tells it: see `producers.reading.scrub`.
"""

from __future__ import annotations

import re

from producers.reading.scrub import scrubbed
from producers.statement import Company, Party, Reference
from schemas.sealed import PartyRole, ReferenceKind

_NUMBER = re.compile(r"(?=.*[0-9])[A-Z0-9](?:[A-Z0-9 ./_-]{0,38}[A-Z0-9])?", re.ASCII | re.IGNORECASE)
# Numbers whose long runs of digits are no telephone: a customs declaration (Delegated Regulation (EU)
# 2015/2446, Annex B, Master Reference Number), a bill of lading with the code of its line.
_OF_KNOWN_FORM = re.compile(r"[0-9]{2}[A-Z]{2}[A-Z0-9]{14}|[A-Z]{4,8}[0-9]{6,12}", re.ASCII)
# ISO 6346: owner, category, serial number, check digit; people part them, or leave out the last.
_CONTAINER = re.compile(r"(?<![A-Z0-9])([A-Z]{4})[ -]?([0-9]{6})[ -]?([0-9]?)(?![A-Z0-9])", re.ASCII)
_NUMBER_CHARACTERS_MAX, _CONTAINERS_MAX = 60, 20


def party(
    role: PartyRole, company: Company | None, name: str | None, address: tuple[str | None, ...] = ()
) -> Party | None:
    """Return a company or site, None where nothing is said of it but its role.

    Args:
        role: What it does in the movement.
        company: Its identifier, of a form that the caller has checked.
        name: As stated.
        address: The parts of its address, in order.
    """
    called = scrubbed(name) if name else None
    lies_at = one_line(address)
    if company is not None:
        return Party(role, company.scheme, company.identifier, called, lies_at)
    return Party(role, name=called, address=lies_at) if called or lies_at else None


def one_line(parts: tuple[str | None, ...]) -> str | None:
    """Return an address in one line without what is about people, None where nothing is left."""
    left = scrubbed(", ".join(filter(None, parts)))
    if left is None or " ," not in left:
        return left
    return ", ".join(piece for part in left.split(",") if (piece := part.strip()))


def number(stated: str | None) -> str | None:
    """Return the number of a document or permit, None for what is none or may be a telephone or a plate.

    It has a digit among letters, digits, blanks and separators, and up to forty of them.
    """
    if stated is None or len(stated) > _NUMBER_CHARACTERS_MAX:
        return None
    found = " ".join(stated.split())
    if _NUMBER.fullmatch(found) is None:
        return None
    is_sound = _OF_KNOWN_FORM.fullmatch(found) is not None or scrubbed(found) == found
    return found if is_sound else None


def reference(kind: ReferenceKind, stated: str | None) -> tuple[Reference, ...]:
    """Return the reference that a number makes, none where it is none: see `number`."""
    found = number(stated)
    return (Reference(kind, found),) if found is not None else ()


def place(kind: ReferenceKind, stated: str | None) -> tuple[Reference, ...]:
    """Return the reference that the name of a port or border crossing makes, none where nothing is left."""
    found = scrubbed(stated) if stated else None
    return (Reference(kind, found),) if found is not None else ()


def containers(stated: str | None) -> tuple[Reference, ...]:
    """Return the containers that a text names, each once; whatever else it says stays behind."""
    if stated is None:
        return ()
    found = dict.fromkeys("".join(match.groups()) for match in _CONTAINER.finditer(stated.upper()))
    return tuple(Reference(ReferenceKind.CONTAINER, each) for each in list(found)[:_CONTAINERS_MAX])
