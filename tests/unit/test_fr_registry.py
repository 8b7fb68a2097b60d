"""Lines of the French registers, and what becomes of them: all documents here are of our own making."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from producers.adapter import create
from producers.adapters.fr_registry import FrRegistry
from producers.adapters.fr_registry.columns import folded
from producers.adapters.fr_registry.companies import company, siret
from producers.adapters.fr_registry.departments import place, region
from producers.adapters.fr_registry.registers import REGISTERS, find
from producers.convert import event_json
from producers.pipeline import Outcome, Pipeline
from producers.positions import Positions
from producers.reading import references
from producers.statement import (
    Company,
    Intent,
    Party,
    Place,
    Reading,
    Reference,
    Sealed,
    Statement,
    WasteCode,
    When,
)
from schemas.identity import DEMONSTRATION_KEYS
from schemas.movement import Basis, Hazardous, Precision, Side, Stage
from schemas.sealed import PartyRole, ReferenceKind

DOCUMENTS = Path(__file__).parents[1] / "documents" / "fr_registry"
MONDAY = datetime(2026, 4, 6, 8, 0, tzinfo=UTC)
NORTH = "00001202100010"


def document(name: str) -> bytes:
    """Return one of our own files."""
    return (DOCUMENTS / name).read_bytes()


def read(data: bytes, **settings: str) -> list[Reading]:
    """Return the readings of a file."""
    return list(FrRegistry(settings).read(io.BytesIO(data)))


def statements(name: str, **settings: str) -> dict[str, Statement]:
    """Return the statement of each line of a file that has one, by its identifier."""
    return {
        reading.identity.document_id.rpartition(":")[2]: reading.statements[0]
        for reading in read(document(name), **settings)
        if reading.identity is not None and reading.statements
    }


def incoming(**members: Any) -> dict[str, Any]:
    """Return a line of waste received that is right, but for the members given."""
    right = {
        "publicId": "L-1",
        "reportForCompanySiret": NORTH,
        "wasteCode": "15 01 01",
        "wastePop": False,
        "receptionDate": "2026-02-03",
        "weightValue": 3,
        "weightIsEstimate": False,
        "emitterCompanyType": "ETABLISSEMENT_FR",
        "emitterCompanyOrgId": "00001909100016",
        "emitterCompanyPostalCode": "75013",
        "emitterCompanyCountryCode": "FR",
        "operationCode": "R 3",
        "operationMode": "RECYCLAGE",
    }
    return {name: value for name, value in (right | members).items() if value is not None}


def reading(register: str = "incoming_waste", **members: Any) -> Reading:
    """Return the reading of one line as the interface has it."""
    (found,) = read(json.dumps(incoming(**members)).encode(), register=register)
    return found


def stated(register: str = "incoming_waste", **members: Any) -> Statement:
    """Return what one line states."""
    (found,) = reading(register, **members).statements
    return found


def rules(found: Reading | Outcome) -> list[str]:
    """Return the rules of the findings, in order."""
    return [finding.rule for finding in found.findings]


class Agency:
    """The agency, handed one file after another."""

    def __init__(self) -> None:
        self._pipeline = Pipeline(FrRegistry({}), "FR-DGPR", DEMONSTRATION_KEYS, Positions("test"))

    def deliver(self, name: str, days: int) -> list[Outcome]:
        """Return what becomes of a file delivered so many days after Monday."""
        return list(self._pipeline.outcomes(io.BytesIO(document(name)), name, MONDAY + timedelta(days)))


def told(outcome: Outcome) -> list[tuple[str, int | None]]:
    """Return (change, grams) of each event."""
    return [(event["change"], event["mass_g"]) for event in map(event_json, outcome.events)]


def test_adapter_is_installed_and_each_leaf_has_a_class() -> None:
    """The adapter loads by its name, which checks that every native leaf has a class."""
    assert isinstance(create("fr-registry", {"register": "ssd"}), FrRegistry)


def test_every_column_of_the_templates_is_known() -> None:
    """Each register has as many columns as the registry's template for it."""
    counts = {register.name: len(register.columns) for register in REGISTERS}

    assert {
        "incoming_waste": 99,
        "incoming_texs": 107,
        "outgoing_waste": 100,
        "outgoing_texs": 109,
        "transported": 54,
        "managed": 118,
        "ssd": 27,
    } == counts


@pytest.mark.parametrize(
    ("name", "stage", "lines"),
    [
        ("incoming_waste", Stage.RECEIVED, 12),
        ("incoming_texs", Stage.RECEIVED, 3),
        ("outgoing_waste", Stage.DISPATCHED, 9),
        ("outgoing_texs", Stage.DISPATCHED, 2),
        ("transported", Stage.TRANSFERRED, 4),
        ("ssd", Stage.END_OF_WASTE, 3),
    ],
)
def test_each_register_reports_its_stage(name: str, stage: Stage, lines: int) -> None:
    """A file is recognised by its header, and each of its lines is one fact."""
    found = statements(f"{name}.csv")

    assert lines == len(found)
    assert {stage} == {item.stage for item in found.values()}
    assert {0} == {item.step for item in found.values()}


def test_both_shapes_say_the_same() -> None:
    """Files with French labels and lines of the interface give the same statements."""
    assert statements("incoming_waste.csv") == statements("incoming_waste.json", register="incoming_waste")
    assert statements("outgoing_waste.csv") == statements("outgoing_waste.jsonl", register="OUTGOING_WASTE")
    together = [
        statements(f"{name}.csv") for name in ("ssd", "incoming_texs", "transported", "outgoing_texs")
    ]
    assert {key: item for part in together for key, item in part.items()} == statements("envelopes.jsonl")


@pytest.mark.parametrize("name", ["incoming_waste", "INCOMING_WASTE", "incomingWaste", "Incoming waste"])
def test_a_register_has_one_name_in_every_spelling(name: str) -> None:
    """Settings and envelopes may write it as files or the interface do."""
    assert REGISTERS[0] is find(name)


def test_the_envelope_outweighs_the_setting() -> None:
    """What a document says of itself is not overruled."""
    text = json.dumps({"register": "incomingTexs", "lines": [incoming()]}).encode()
    (found,) = read(text, register="ssd")

    assert found.identity is not None
    assert f"incoming_texs:{NORTH}:L-1" == found.identity.document_id


def test_order_and_spelling_of_columns_mean_nothing() -> None:
    """Columns reversed, in capitals, without accents and with the column of errors say the same."""
    first, *rows = csv.reader(io.StringIO(document("outgoing_waste.csv").decode()), delimiter=";")
    header = [label.upper().replace("É", "E").replace("'", "\u2019") + " " for label in first]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(["Erreur", *reversed(header)])
    writer.writerows(["refused once", *reversed(row)] for row in rows)

    found = read(b"\xef\xbb\xbf" + text.getvalue().encode())

    assert list(statements("outgoing_waste.csv").values()) == [item.statements[0] for item in found]


def test_weights_have_a_decimal_comma_and_a_basis() -> None:
    """The weight is taken as written; what the register calls an estimate is one."""
    lines = statements("incoming_waste.csv")
    weighed, estimated = lines["BP-2026/0001"].quantity, lines["BP-2026/0003"].quantity

    assert weighed is not None
    assert estimated is not None
    assert (Decimal("12.345"), "TNE", Basis.WEIGHED) == (weighed.value, weighed.unit, weighed.basis)
    assert (Decimal(3), Basis.ESTIMATED) == (estimated.value, estimated.basis)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"receptionDate": "2026-02-03"}, When(date(2026, 2, 3))),
        ({"receptionDate": "03/02/2026"}, When(date(2026, 2, 3))),
        ({"receptionDate": "2026-02-03T00:00:00.000Z"}, When(date(2026, 2, 3))),
        ({"receptionDate": "2026-06-30T22:00:00.000Z"}, When(date(2026, 7, 1))),
        (
            {"receptionDate": "2026-07-01", "weighingHour": "08:25"},
            When(date(2026, 7, 1), datetime(2026, 7, 1, 6, 25, tzinfo=UTC), Precision.MINUTE),
        ),
        (
            {"receptionDate": "2026-02-03", "weighingHour": "0:10:59.250"},
            When(date(2026, 2, 3), datetime(2026, 2, 2, 23, 10, tzinfo=UTC), Precision.MINUTE),
        ),
    ],
)
def test_days_are_those_of_france(members: dict[str, str], expected: When) -> None:
    """A day is a day however it is written; the hour of weighing makes it an instant."""
    assert expected == stated(**members).when


@pytest.mark.parametrize(
    ("spelling", "expected"), [("03/02/2026", ["fr.date.spelling"]), ("13/02/2026", []), ("02/02/2026", [])]
)
def test_a_day_that_the_registry_reads_otherwise_is_told(spelling: str, expected: list[str]) -> None:
    """The registry takes the first number for the month wherever it can be one."""
    assert expected == rules(reading(receptionDate=spelling))


@pytest.mark.parametrize(
    ("operation", "code", "native"),
    [
        ("R 5", "R5", "R5"),
        ("D9F", "D9", "D9F"),
        ("D 9 F", "D9", "D9F"),
        ("R 0", None, "R0"),
        ("d5", "D5", "D5"),
    ],
)
def test_an_operation_is_cut_to_its_number_and_kept(operation: str, code: str | None, native: str) -> None:
    """Divisions of an operation count as the operation, and what was stated travels beside it."""
    found = stated(operationCode=operation)

    assert (code, native) == (found.operation_code, found.native_operation_code)


@pytest.mark.parametrize(
    ("country", "operation", "mode", "expected"),
    [
        ("MA", "D 5", "ELIMINATION", ["fr.operation.export"]),
        ("CH", "D 5", "ELIMINATION", []),
        ("BE", "D 10", "ELIMINATION", []),
        ("MA", "R 3", "RECYCLAGE", []),
        ("FR", "D 5", "ELIMINATION", []),
    ],
)
def test_disposal_outside_the_union_is_told(
    country: str, operation: str, mode: str, expected: list[str]
) -> None:
    """Waste that leaves for disposal beyond the EU and EFTA is published with a warning."""
    line = json.loads(document("outgoing_waste.jsonl").splitlines()[0])
    line |= {"destinationDropSiteCountryCode": country, "operationCode": operation, "operationMode": mode}
    (found,) = read(json.dumps(line).encode(), register="outgoing_waste")

    assert expected == rules(found)
    assert 1 == len(found.statements)


def test_nothing_is_stated_as_treated() -> None:
    """No register says when the operation was carried out, so it stays with the receipt."""
    found = {item.stage for name in ("incoming_waste", "ssd") for item in statements(f"{name}.csv").values()}

    assert Stage.TREATED not in found


def test_the_mode_of_the_operation_travels_as_a_code() -> None:
    """It says whether a recovery is recycling, which the operation alone does not."""
    assert (
        WasteCode("FR-OPERATION-MODE", "VALORISATION_ENERGETIQUE")
        in statements("incoming_waste.csv")["UVE-1"].codes
    )


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"wasteCode": "06 07 01*"}, Hazardous.YES),
        ({"wasteCode": "060701*", "wasteIsDangerous": True}, Hazardous.YES),
        ({"wasteCode": "15 01 01"}, Hazardous.NO),
        ({"wasteCode": "15 01 01", "wasteIsDangerous": "OUI"}, Hazardous.YES),
        ({"wasteCode": "15 01 01", "wastePop": "oui"}, Hazardous.YES),
        ({"wasteCode": "15 01 01", "wasteIsDangerous": "NON"}, Hazardous.NO),
        ({"wasteCode": "16 03 07*"}, Hazardous.YES),
    ],
)
def test_what_is_hazardous(members: dict[str, Any], expected: Hazardous) -> None:
    """The asterisk, pollutants and the flag each make a waste hazardous."""
    assert expected is stated(**members).hazardous


def test_what_says_hazardous_outweighs_what_denies_it() -> None:
    """A flag that contradicts the List of Waste is told, and the list wins."""
    found = reading(wasteCode="06 07 01*", wasteIsDangerous="NON")

    assert ["fr.hazard.conflict"] == rules(found)
    assert Hazardous.YES is found.statements[0].hazardous


@pytest.mark.parametrize(
    ("day", "field", "expected"), [("2024-12-31", "A1180", []), ("2025-01-01", None, ["code.date"])]
)
def test_a_dead_basel_code_travels_unmapped(day: str, field: str | None, expected: list[str]) -> None:
    """The registry's own list is outdated: a code that was not valid on the day is a warning."""
    pipeline = Pipeline(
        FrRegistry({"register": "incoming_waste"}), "FR-DGPR", DEMONSTRATION_KEYS, Positions("test")
    )
    line = json.dumps(incoming(wasteCodeBale="A1180", receptionDate=day)).encode()
    (outcome,) = pipeline.outcomes(io.BytesIO(line), "line")
    event = event_json(outcome.events[0])

    assert expected == rules(outcome)
    assert field == event["basel_code"]
    assert (field is None) == ({"scheme": "BASEL", "code": "A1180"} in event["other_codes"])


def test_secondary_wastes_of_a_product_follow_the_first() -> None:
    """What a product was made of besides goes among the other codes."""
    codes = statements("ssd.csv")["E-1"].codes

    assert ["191205", "150107", "200102"] == [code.code for code in codes if code.scheme == "LOW"]


def test_a_notified_shipment_meets_its_annex_ib_document() -> None:
    """However both ends write notification and serial, the movement is the same one."""
    expected = references.notification("DE0126000123", 7)

    assert expected is not None
    assert expected == statements("incoming_waste.csv")["IMP-1"].movement_reference
    assert (
        statements("outgoing_waste.csv")["S-6"].movement_reference
        == statements("transported.csv")["T/2"].movement_reference
        == "FR0126000123.000007"
    )


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"ttdImportNumber": "FR 01/26-000123", "movementNumber": "7/25"}, "FR0126000123.000007"),
        ({"ttdImportNumber": "FR0126000123i", "movementNumber": 7}, "FR0126000123I.000007"),
        ({"ttdImportNumber": "A7I 2026 000045", "movementNumber": "2"}, "A7I2026000045.000002"),
    ],
)
def test_spellings_of_a_shipment(members: dict[str, Any], expected: str) -> None:
    """Notifications and declarations under Annex VII name a movement together with its serial."""
    assert expected == stated(**members).movement_reference


@pytest.mark.parametrize("serial", [None, "lot 4", "1234567"])
def test_a_notification_without_a_serial_names_no_movement(serial: str | None) -> None:
    """Otherwise all shipments under it would become one."""
    found = reading(ttdImportNumber="FR0126000123", movementNumber=serial)

    assert ["fr.shipment.serial"] == rules(found)
    assert f"FR:incoming_waste:{NORTH}:L-1" == found.statements[0].movement_reference


def test_two_registers_never_share_a_domestic_load() -> None:
    """Sender and receiver of a load inside the country state two facts that nobody adds."""
    names = (
        "incoming_waste.csv",
        "outgoing_waste.csv",
        "transported.csv",
        "incoming_texs.csv",
        "outgoing_texs.csv",
    )
    found = [
        {item.movement_reference for item in statements(name).values() if item.side is Side.DOMESTIC}
        for name in names
    ]

    assert sum(map(len, found)) == len(set().union(*found))


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        ("incoming_waste.csv", "BP-2026/0001", (Side.DOMESTIC, Place("FR", "FR-75C"), Place("FR"))),
        ("incoming_waste.csv", "M.77", (Side.DOMESTIC, Place("FR", "FR-2A"), Place("FR"))),
        ("incoming_waste.csv", "IMP-2", (Side.DESTINATION, Place("CH"), Place("FR"))),
        ("outgoing_waste.csv", "S-2", (Side.ORIGIN, Place("FR"), Place("BE"))),
        ("outgoing_waste.csv", "S-8", (Side.ORIGIN, Place("FR", "FR-974"), Place("DE"))),
        ("outgoing_waste.csv", "S-9", (Side.DOMESTIC, Place("FR"), Place("FR", "FR-56"))),
        ("transported.csv", "T/3", (Side.DESTINATION, Place("BE"), Place("FR", "FR-75C"))),
        ("transported.csv", "T/5", (Side.TRANSIT, Place("DE"), Place("CH"))),
        ("ssd.csv", "E-2", (Side.DOMESTIC, Place("FR"), Place("FR"))),
        ("ssd.csv", "E-3", (Side.ORIGIN, Place("FR"), Place("BE"))),
    ],
)
def test_sides_and_places(name: str, line: str, expected: tuple[Side, Place, Place]) -> None:
    """The place of pickup or delivery outweighs the company's, and the two places tell the side."""
    found = statements(name)[line]

    assert expected == (found.side, found.origin, found.destination)


@pytest.mark.parametrize(
    ("postal_code", "expected"),
    [
        ("01000", "FR-01"),
        ("75013", "FR-75C"),
        ("69007", "FR-69"),
        ("20000", "FR-2A"),
        ("20167", "FR-2A"),
        ("20200", "FR-2B"),
        ("20620", "FR-2B"),
        ("20999", None),
        ("95000", "FR-95"),
        ("96000", None),
        ("97110", "FR-971"),
        ("97133", "FR-BL"),
        ("97150", "FR-MF"),
        ("97200", "FR-972"),
        ("97300", "FR-973"),
        ("97420", "FR-974"),
        ("97500", "FR-PM"),
        ("97600", "FR-976"),
        ("98000", None),
        ("98800", "FR-NC"),
        ("1000", None),
        ("", None),
        ("7501\u0663", None),
    ],
)
def test_departments_of_postal_codes(postal_code: str, expected: str | None) -> None:
    """A department is read off the postal code, with Corsica and overseas, and never guessed."""
    assert expected == region(postal_code)


def test_overseas_departments_are_france() -> None:
    """They have a country code of their own and are part of the country all the same."""
    assert Place("FR", "FR-974") == place("RE", "97420")
    assert Place("NC") == place("NC", "98800")
    assert Place("BE") == place("BE", "75013")
    assert Place() == place(None, "75013")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("000 012 021 00010", NORTH),
        ("00001202100011", None),
        ("0000120210001", None),
        ("00000000000000", None),
        ("0000120210001\u0660", None),
        # La Poste: Luhn's check for the seat, the sum of the digits for the others.
        ("35600000000048", "35600000000048"),
        ("35600000000015", "35600000000015"),
        ("35600000000016", None),
    ],
)
def test_check_digits_of_establishments(number: str, expected: str | None) -> None:
    """A SIRET passes Luhn's check, or that of La Poste."""
    assert expected == siret(number)


@pytest.mark.parametrize(
    ("kind", "number", "expected"),
    [
        ("ETABLISSEMENT_FR", "000 012 021 00010", Company("FR-SIRET", NORTH)),
        ("ENTREPRISE_UE", "be 0999 999 922", Company("EU-VAT", "BE0999999922")),
        ("ENTREPRISE_HORS_UE", "CHE999000111", Company("FR-FOREIGN-CH", "CHE999000111")),
        ("ENTREPRISE_HORS_UE", "CAMILLE", None),
        ("ASSOCIATION", "W999000111", Company("FR-RNA", "W999000111")),
        ("ASSOCIATION", "999000111", None),
        ("PERSONNE_PHYSIQUE", NORTH, None),
        ("COMMUNES", NORTH, None),
    ],
)
def test_companies_by_kind(kind: str, number: str, expected: Company | None) -> None:
    """Each kind of company has its scheme; persons and municipalities are none."""
    assert expected == company(kind, number, "CH")


def test_contributor_holds_the_waste_and_counterparty_is_the_other_end() -> None:
    """The register's owner stands behind a figure, whoever sent or gets the waste on the other side."""
    received = statements("incoming_waste.csv")["IMP-3"]
    dispatched = statements("outgoing_waste.csv")["S-1"]
    carried = statements("transported.csv")["T/2"]

    glassworks, foundry = Company("FR-SIRET", "00001909100016"), Company("FR-SIRET", "00001303700015")
    assert (glassworks, Company("EU-VAT", "BE0999999922")) == (received.contributor, received.counterparty)
    assert (glassworks, Company("FR-SIRET", NORTH)) == (dispatched.contributor, dispatched.counterparty)
    assert (Company("FR-SIRET", "00001404300012"), foundry) == (carried.contributor, carried.counterparty)


def test_a_register_of_traders_publishes_nothing() -> None:
    """It is a third report of loads that others report: checked like any other, and left out."""
    right, wrong = read(document("managed.csv"))

    assert (right.is_draft, right.statements, right.findings) == (True, (), ())
    assert ["fr.amount.range"] == rules(wrong)


def test_what_is_no_waste_is_carried_unseen() -> None:
    """A transporter says of soil whether it is waste; what is none is accepted and not published."""
    found = {
        item.identity.document_id[-3:]: item for item in read(document("transported.csv")) if item.identity
    }

    assert ((), ()) == (found["T/4"].statements, found["T/4"].findings)


def test_soil_without_a_waste_code_is_told() -> None:
    """Registers of soil may lack the code: the load is published and its waste unknown."""
    found = reading("incoming_texs", wasteCode=None)

    assert ["fr.ewc.missing"] == rules(found)
    assert Hazardous.UNKNOWN is found.statements[0].hazardous


@pytest.mark.parametrize(
    ("reason", "intent"),
    [
        (None, Intent.CREATE),
        ("MODIFIER", Intent.EDIT),
        ("modifier ", Intent.EDIT),
        ("Édit", Intent.EDIT),
        ("EDIT", Intent.EDIT),
        ("Annuler", Intent.CANCEL),
        ("CANCEL", Intent.CANCEL),
    ],
)
def test_reasons_in_both_languages(reason: str | None, intent: Intent) -> None:
    """Case and accents of a reason do not matter, and none means a new line."""
    assert intent is reading(reason=reason).intent


def test_a_line_to_be_ignored_is_left_alone() -> None:
    """Not even its faults are told."""
    found = reading(reason="IGNORER", weightValue="nothing to weigh")

    assert (found.is_draft, found.statements, found.findings) == (True, (), ())


def test_a_cancellation_needs_no_more_than_its_key() -> None:
    """What else the line says does not matter any more."""
    line = {"publicId": "L-1", "reportForCompanySiret": NORTH, "reason": "CANCEL"}
    (found,) = read(json.dumps(line).encode(), register="ssd")

    assert (Intent.CANCEL, (), ()) == (found.intent, found.statements, found.findings)


def test_lines_are_created_corrected_withdrawn_and_revived() -> None:
    """A known line without a reason is passed over, unless it was withdrawn before."""
    agency = Agency()
    created = agency.deliver("incoming_waste.csv", days=0)
    corrected, withdrawn, known, ignored, unknown = agency.deliver("incoming_waste_corrections.csv", days=1)
    (revived,) = agency.deliver("incoming_waste_revived.csv", days=2)

    assert [[("REPORTED", 12_345_000)], [("REPORTED", 9_800_000)]] == [told(item) for item in created[:2]]
    assert [("CORRECTED", 12_435_000)] == told(corrected)
    assert [("CANCELLED", None)] == told(withdrawn)
    assert ([], ["document.known"]) == (told(known), rules(known))
    assert ([], []) == (told(ignored), rules(ignored))
    assert ([], ["document.unknown"]) == (told(unknown), rules(unknown))
    assert unknown.is_rejected
    assert [("REPORTED", 9_750_000)] == told(revived)


def test_the_same_file_again_says_nothing() -> None:
    """Delivered again, later or at the same instant, no line becomes an event."""
    agency = Agency()
    names = ("incoming_waste.csv", "incoming_waste_corrections.csv", "incoming_waste_revived.csv")
    for days, name in enumerate(names):
        agency.deliver(name, days)

    again = [outcome for days, name in enumerate(names) for outcome in agency.deliver(name, days)]

    assert [] == [event for outcome in again for event in outcome.events]


def test_a_file_may_hold_a_line_several_times() -> None:
    """The place in the file orders them, as the registry takes one after the other."""
    lines = [incoming(), incoming(weightValue=4), incoming(reason="EDIT", weightValue=5)]
    found = read("\n".join(map(json.dumps, lines)).encode(), register="incoming_waste")

    assert [0, 1, 2] == [item.identity.occurrence for item in found if item.identity is not None]


def test_nothing_personal_leaves() -> None:
    """No name, address, plate, person, waste broker or native number stands in any event or finding."""
    agency = Agency()
    names = [path.name for path in DOCUMENTS.glob("*.csv")]
    outcomes = [outcome for days, name in enumerate(sorted(names)) for outcome in agency.deliver(name, days)]
    published = b"".join(
        event.key + event.event_id + event.body for item in outcomes for event in item.events
    )
    findings = "".join(repr(finding) for item in outcomes for finding in item.findings)
    told_outside = published.decode("latin-1") + findings

    secrets = (
        "Camille",
        "Exemple",
        "Confidentielle",
        "AA-000",
        "REC-0001",
        "CRT-7",
        NORTH,
        "BP-2026",
        "DE0126",
        "carton",
        "essai",
    )
    assert len(published) > 1000
    assert [] == [secret for secret in secrets if secret.casefold() in told_outside.casefold()]


COMPANY = {
    "CompanyType": "ETABLISSEMENT_FR",
    "CompanyOrgId": NORTH,
    "CompanyName": "Verre du Nord",
    "CompanyAddress": "1 rue Basse",
    "CompanyPostalCode": "59000",
    "CompanyCity": "Lille",
    "CompanyCountryCode": "FR",
}


def party_members(member: str, **changed: str) -> dict[str, str]:
    """Return what a line says of a party."""
    return {f"{member}{part}": value for part, value in (COMPANY | changed).items()}


def sealed(register: str = "incoming_waste", **members: Any) -> Sealed:
    """Return what recipients alone may know of a line."""
    found = stated(register, **members).sealed
    assert found is not None
    return found


def test_authorities_know_who_where_and_which_number() -> None:
    """Number, owner, companies and sites of a line, and its notification, are sealed as they are stated."""
    found = sealed(
        **party_members("emitter"),
        **party_members("initialEmitter", CompanyName="Atelier Sud, tel. 01 23 45 67 89"),
        **party_members("transporter2", CompanyType="ENTREPRISE_UE", CompanyOrgId="BE 0123456789"),
        emitterPickupSiteAddress="Quai 7",
        emitterPickupSitePostalCode="59140",
        emitterPickupSiteCity="Dunkerque",
        ttdImportNumber="DE 0126 000123",
        movementNumber="7",
    )
    office = "1 rue Basse, 59000 Lille, FR"

    assert found.document_number == "L-1"
    assert found.parties == (
        Party(PartyRole.FACILITY, "FR-SIRET", NORTH),
        Party(PartyRole.GENERATOR, "FR-SIRET", NORTH, "Atelier Sud", office),
        Party(PartyRole.SENDER, "FR-SIRET", NORTH, "Verre du Nord", "Quai 7, 59140 Dunkerque"),
        Party(PartyRole.CARRIER, "EU-VAT", "BE0123456789", "Verre du Nord", office),
    )
    assert found.references == (Reference(ReferenceKind.NOTIFICATION, "DE0126000123"),)


def test_declaration_is_no_notification() -> None:
    """The number of a declaration under Annex VII is called that."""
    found = sealed(ttdImportNumber="A7I 2026 001234", movementNumber="1")

    assert found.references == (Reference(ReferenceKind.ANNEX_VII, "A7I2026001234"),)


@pytest.mark.parametrize("kind", ["PERSONNE_PHYSIQUE", "COMMUNES", "", "AUTRE"])
@pytest.mark.parametrize("member", ["initialEmitter", "transporter1", "transporter5"])
def test_nobody_who_is_no_company_is_sealed(member: str, kind: str) -> None:
    """Of persons, households, and parties whose type is none, neither name nor address goes anywhere."""
    said = party_members(member, CompanyType=kind, CompanyName="CANARY", CompanyAddress="CANARY")

    assert "CANARY" not in repr(stated(**said))


def test_a_person_who_hands_over_is_not_sealed() -> None:
    """The number of a natural person is the name; the place of collection may be the home."""
    said = party_members(
        "emitter",
        CompanyType="PERSONNE_PHYSIQUE",
        CompanyOrgId="CANARY",
        CompanyName="CANARY",
        CompanyAddress="CANARY",
    )

    assert "CANARY" not in repr(stated(**said, emitterPickupSiteAddress="CANARY"))


@pytest.mark.parametrize("value", [7, ["CANARY"], {"name": "CANARY"}, True, "\ud800", "x" * 1000])
def test_what_is_no_name_is_not_there(value: Any) -> None:
    """A name that is no text changes nothing but that it is not sealed."""
    found = reading(emitterCompanyName=value, transporter1CompanyType=value)

    assert rules(found) == rules(reading())
    assert found.statements[0].sealed == sealed()


@pytest.mark.parametrize("register", ["incoming_waste", "outgoing_waste", "transported", "ssd"])
def test_columns_that_nobody_decided_about_are_sealed_nowhere(register: str) -> None:
    """Of a file's columns that the model does not name nothing is sealed: plates, agents, remarks."""
    known = {field.alias for model in FrRegistry.native_models for field in model.model_fields.values()}
    (reg,) = (item for item in REGISTERS if item.name == register)
    rows = list(csv.reader(io.StringIO(document(f"{register}.csv").decode("utf-8-sig")), delimiter=";"))
    members = [reg.columns.get(folded(label), "") for label in rows[0]]
    spoiled = [
        [cell if member in known else "CANARY" for member, cell in zip(members, row, strict=True)]
        for row in rows[1:]
    ]
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([rows[0], *spoiled])
    told = repr([statement for found in read(out.getvalue().encode()) for statement in found.statements])

    assert "sealed=Sealed(" in told
    assert "CANARY" not in told


def test_members_of_class_never_are_sealed_nowhere() -> None:
    """Of everything that the model says never travels, nothing is in the sealed values of any line."""
    types = {f"transporter{number}CompanyType": "CANARY" for number in range(1, 6)}

    assert "CANARY" not in repr(stated(**types, initialEmitterCompanyType="CANARY"))
