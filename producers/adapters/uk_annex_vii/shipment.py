"""What one row states: one movement of one waste, announced or dispatched.

It is announced while its date or its quantity is an estimate, dispatched when both are
actual. Nothing is stated of carriers, who have no dates, nor of receipt and treatment:
the operation is what the facility is meant to do. The contributor is the exporter, known
by the account; importers and facilities have names only, of which no company is made: a
name has many spellings, and whoever holds the keys could try all names of a register.
"""

from __future__ import annotations

from producers.adapters.uk_annex_vii import parties, route, sites
from producers.adapters.uk_annex_vii.collection import collection
from producers.adapters.uk_annex_vii.model import Entry, is_reference
from producers.adapters.uk_annex_vii.quantity import ACTUAL, flag, quantity
from producers.adapters.uk_annex_vii.rules import RULES_BY_ID
from producers.adapters.uk_annex_vii.sealed import sealed
from producers.adapters.uk_annex_vii.sites import Destination
from producers.adapters.uk_annex_vii.waste import Waste, check_description
from producers.statement import Company, Place, Quantity, Statement, When
from schemas.findings import Finding, has_error
from schemas.movement import UNKNOWN_COUNTRY, Side, Stage

ACCOUNT_SCHEME = "GB-GLW-ACCOUNT"


def stage(entry: Entry) -> Stage:
    """Return how far the movement of a row is."""
    is_actual = flag(entry.quantity_flag) == ACTUAL == flag(entry.date_flag)
    return Stage.DISPATCHED if is_actual else Stage.ANNOUNCED


def stated(entry: Entry, account: str, path: str) -> tuple[tuple[Statement, ...], tuple[Finding, ...]]:
    """Return what a row says, nothing where it has an error, and everything found in it.

    Args:
        entry: The row.
        account: Identifier of the account whose record it is.
        path: Place of the row in its file.
    """
    findings: list[Finding] = []

    def notice(rule: str, column: str) -> None:
        findings.append(RULES_BY_ID[rule].at(f"{path}.{column}"))

    if not is_reference(entry.reference):
        notice(f"annex7.reference.{'form' if entry.reference else 'missing'}", "reference")
    stuff = entry.codes.waste
    for rule, column in stuff.broken:
        notice(rule, column)
    check_description(entry.description, notice)
    amount = quantity(entry, stuff.kind, notice)
    parties.check(entry.exporter, "exporter", notice)
    parties.check(entry.importer, "importer", notice)
    when = collection(entry, notice)
    route.check_carriers(entry, stuff.kind, notice)
    parties.check(entry.collection, "collection", notice)
    route.check_exit(entry, notice)
    where = sites.destination(entry, stuff.kind, notice)
    transit = route.transit_countries(entry, where.country, notice)
    if when is None or has_error(findings):
        return (), tuple(findings)
    sites.check_disposal(where, when.on, notice)
    said = _statement(entry, account, stuff=stuff, amount=amount, when=when, where=where, transit=transit)
    return (said,), tuple(findings)


def _statement(
    entry: Entry,
    account: str,
    *,
    stuff: Waste,
    amount: Quantity | None,
    when: When,
    where: Destination,
    transit: tuple[str, ...],
) -> Statement:
    exporter = Company(ACCOUNT_SCHEME, account)
    return Statement(
        line_number=1,
        stage=stage(entry),
        side=Side.ORIGIN,
        when=when,
        movement_reference=f"GB-GLW:{account}:{entry.reference}",
        origin=_origin(entry),
        destination=Place(where.country or UNKNOWN_COUNTRY),
        transit_countries=transit,
        codes=stuff.codes,
        hazardous=stuff.hazardous,
        operation_code=where.operation_code,
        native_operation_code=where.interim_code,
        quantity=amount,
        contributor=exporter,
        sealed=sealed(entry, exporter),
    )


def _origin(entry: Entry) -> Place:
    """Return where the waste sets out: the nation of the site it is collected from."""
    site = entry.collection
    return Place(parties.HOME, parties.NATIONS.get(site.country.casefold()) if site is not None else None)
