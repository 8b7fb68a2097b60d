"""What a document states, in clear: between an adapter and protection, never outside.

A statement is one fact about one line at one stage, with the native identifiers that
protection turns into keys and pseudonyms. Adapters state codes, units and countries in
the field's standard schemes; `producers.harmonise` checks them and derives the mass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from schemas.findings import Finding
from schemas.movement import UNKNOWN_COUNTRY, Basis, Hazardous, Precision, Relation, Side, Stage
from schemas.sealed import PartyRole, ReferenceKind


class Place(NamedTuple):
    """A country (ISO 3166-1 alpha-2, ZZ unknown) and, where known, a region (ISO 3166-2)."""

    country: str = UNKNOWN_COUNTRY
    region: str | None = None


class Company(NamedTuple):
    """A company by an identifier and the scheme of that identifier, such as US-EPA-SITE."""

    scheme: str
    identifier: str


class WasteCode(NamedTuple):
    """A code as stated, upper-cased and without blanks; schemes LOW BASEL OECD HS have fields."""

    scheme: str
    code: str


class When(NamedTuple):
    """The local date of a fact, its instant (aware, UTC) where known, and how exact they are."""

    on: date
    at: datetime | None = None
    precision: Precision = Precision.DAY


class Quantity(NamedTuple):
    """A quantity as stated.

    Attributes:
        value: As written in the document, unrounded.
        unit: UN/ECE Recommendation 20 code, such as TNE, KGM or GLL.
        basis: WEIGHED or ESTIMATED; harmonisation makes it CONVERTED where volume became mass.
        density_kg_per_l: Stated density, None where there is none.
    """

    value: Decimal
    unit: str
    basis: Basis
    density_kg_per_l: Decimal | None = None


class Party(NamedTuple):
    """A company or site of a movement, for recipients of sealed parts; never a person.

    Attributes:
        name: Of the company or site.
        address: Of the site, in one line.
    """

    role: PartyRole
    scheme: str | None = None
    identifier: str | None = None
    name: str | None = None
    address: str | None = None


class Reference(NamedTuple):
    """A number by which an authority knows something of a movement: a consent, a port."""

    kind: ReferenceKind
    value: str


class Sealed(NamedTuple):
    """What a statement says to the authorities of its countries alone.

    Attributes:
        document_number: As people know the document, such as a manifest tracking number.
    """

    document_number: str
    parties: tuple[Party, ...] = ()
    references: tuple[Reference, ...] = ()


# (movement reference, relation) of each movement that one continues or replaces.
Related = tuple[tuple[str, Relation], ...]


class Statement(NamedTuple):
    """One fact about one line of one movement at one step of one stage.

    There is one for every event: a named tuple is made in a third of the time of a frozen dataclass.

    Attributes:
        movement_reference: Reference that both ends know, canonical: `US:<number>`,
            `<notification>.<serial>`, ...; becomes the movement key.
        step: Transporter or border order, 1 interim and 2 final facility; else 0.
        contributor: Who holds the waste at that stage.
        counterparty: The other end of that leg.
        related: Movements this one continues or replaces.
        release_at: End of a time-limited confidentiality, UTC.
        sealed: None where nothing is said to authorities alone.
    """

    line_number: int
    stage: Stage
    side: Side
    when: When
    movement_reference: str
    origin: Place
    destination: Place
    step: int = 0
    transit_countries: tuple[str, ...] = ()
    codes: tuple[WasteCode, ...] = ()
    hazardous: Hazardous = Hazardous.UNKNOWN
    operation_code: str | None = None
    native_operation_code: str | None = None
    quantity: Quantity | None = None
    load_count: int | None = None
    contributor: Company | None = None
    contributor_group: Company | None = None
    counterparty: Company | None = None
    related: Related = ()
    release_at: datetime | None = None
    sealed: Sealed | None = None


class Identity(NamedTuple):
    """Which document it is, and which statement of it.

    Attributes:
        document_id: Native identity, unique within the agency and adapter.
        revision: The source's own order: its update instant in milliseconds or its version.
            None where the document has none: the order of delivery decides.
        recorded_at: Instant at which the agency's system knew it, UTC; None where the
            document does not say it: the instant of delivery.
        collection: Complete set the document belongs to, where the source always sends
            complete sets: a member that is missing from a newer set is an error.
        phase: Where `revision` is None, a part of the life of a document that no later
            delivery of an earlier phase undoes: 0 estimates, 1 actuals.
        occurrence: Where `revision` is None, how many documents of the same identity stand
            before it in its file: within a delivery, order of place decides.
    """

    document_id: str
    revision: int | None = None
    recorded_at: datetime | None = None
    collection: str | None = None
    phase: int = 0
    occurrence: int = 0


class Intent(StrEnum):
    """What a document wants of the one that stands under its identity.

    REPLACE takes its place, if there is one. CREATE wants none to stand: it is passed over
    where one does. EDIT and CANCEL want one to be known: they are rejected where none is.
    A document of intent CANCEL has no statements.
    """

    REPLACE = "REPLACE"
    CREATE = "CREATE"
    EDIT = "EDIT"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class Original:
    """Gives a document as written; equal to any other, as what counts is what a reading states."""

    give: Callable[[], bytes] = field(compare=False, repr=False)


class Reading(NamedTuple):
    """One native document as read: accepted with its statements, or rejected.

    Attributes:
        path: Place of the document in its file, such as `$[3]` or `rows[12]`.
        identity: None where the document does not say which one it is.
        statements: Complete set of what the document states; empty where it is rejected,
            is a draft, or was cancelled.
        findings: Everything that is wrong or noteworthy; an error rejects the document.
        is_draft: True where the document is not to be published yet; nothing changes.
        silent_stages: Stages the document has moved past and says nothing of any more:
            what it said of them before still stands. Whatever else it no longer says
            is cancelled.
        intent: What the document wants of the one that stands.
        original: Gives the bytes of the document where they are at hand, until the next reading is
            asked for; of a document that is rejected they are sealed to the agency itself.
    """

    path: str
    identity: Identity | None = None
    statements: tuple[Statement, ...] = ()
    findings: tuple[Finding, ...] = ()
    is_draft: bool = False
    silent_stages: frozenset[Stage] = frozenset()
    intent: Intent = Intent.REPLACE
    original: Original | None = None

    def of(self, give: Callable[[], bytes]) -> Reading:
        """Return the reading with what gives its document's bytes; quicker than a replacement by name."""
        return Reading(*self[:-1], Original(give))
