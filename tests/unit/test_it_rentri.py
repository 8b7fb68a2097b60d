"""What Italian transport forms state, from the document to the events of the pipeline."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.adapters.it_rentri import ItRentri, places
from producers.adapters.it_rentri.model import fir
from producers.pipeline import Outcome, Pipeline
from producers.positions import Positions
from producers.statement import Company, Party, Place, Reading, Reference, Sealed, Statement
from schemas import contract
from schemas.confidentiality import model_leaves, require_classes
from schemas.identity import DEMONSTRATION_KEYS
from schemas.movement import Basis, Hazardous, Precision, Relation, Side, Stage
from schemas.sealed import PartyRole, ReferenceKind
from tests.support.samples import ROOT

DOCUMENTS = Path(__file__).parents[1] / "documents" / "it_rentri"
DEMONSTRATION = ROOT / "deploy" / "demo" / "documents" / "it-rentri" / "01_forms.json"
GOOD = sorted({path.stem for path in DOCUMENTS.glob("*.json")} - {"faulty", "draft", "cancelled"})
ON_THE_WAY = [("ANNOUNCED", 0), ("DISPATCHED", 0), ("TRANSFERRED", 2), ("RECEIVED", 0)]


def document(name: str, **changes: Any) -> dict[str, Any]:
    """Return a fixture with some of its members replaced."""
    native: dict[str, Any] = json.loads((DOCUMENTS / f"{name}.json").read_text())
    return native | changes


def with_waste(**changes: Any) -> dict[str, Any]:
    """Return an accepted form whose waste has changes."""
    native = document("accepted")
    native["dati_partenza"]["rifiuto"] |= changes
    return native


def encoded(*natives: Any) -> io.BytesIO:
    """Return documents as one array."""
    return io.BytesIO(json.dumps(list(natives)).encode())


def read(native: Any) -> Reading:
    """Return the only reading of a document."""
    (reading,) = ItRentri({}).read(encoded(native))
    return reading


def rules(native: Any) -> list[str]:
    """Return the rules that a document breaks."""
    return [item.rule for item in read(native).findings]


def stages(native: Any) -> list[tuple[Stage, int, int]]:
    """Return (stage, step, line) of the statements of a document."""
    return [(item.stage, item.step, item.line_number) for item in read(native).statements]


def stated(native: Any, stage: Stage, line_number: int = 0) -> Statement:
    """Return the only statement of a stage and line."""
    (found,) = (
        item for item in read(native).statements if (item.stage, item.line_number) == (stage, line_number)
    )
    return found


def amount(native: Any, stage: Stage, line_number: int = 0) -> tuple[Decimal, str, Basis] | None:
    """Return the quantity of the only statement of a stage and line."""
    quantity = stated(native, stage, line_number).quantity
    return None if quantity is None else (quantity.value, quantity.unit, quantity.basis)


class Agency:
    """An agency whose documents arrive one after another."""

    def __init__(self) -> None:
        self._pipeline = Pipeline(ItRentri({}), "IT-MASE", DEMONSTRATION_KEYS, Positions("test"))

    def submit(self, native: Any) -> Outcome:
        """Return what became of a document."""
        (outcome,) = self._pipeline.outcomes(encoded(native), "file.json")
        return outcome

    def changes(self, native: Any) -> list[tuple[str, str, int]]:
        """Return (change, stage, step) of the events of a document."""
        events = map(decoded, self.submit(native).events)
        return [(event["change"], event["stage"], event["step"]) for event in events]


def decoded(event: Any) -> dict[str, Any]:
    """Return the fields of an event."""
    found: Any = fastavro.schemaless_reader(io.BytesIO(event.body), contract.parsed("movement"), None)
    return dict(found)


@pytest.mark.parametrize(
    "state", ["InserimentoQuantita", "InserimentoQuantitaTrasportoIniziale", "InserimentoTrasportoIniziale"]
)
def test_form_that_is_being_filled_in_is_a_draft(state: str) -> None:
    """A draft changes nothing, even where its content would be refused."""
    reading = read(document("announced", stato_formulario=state, dati_trasporto="not yet"))

    assert reading.is_draft
    assert (reading.statements, reading.findings) == ((), ())


@pytest.mark.parametrize(
    "state", ["FirmaProduttoreTrasportatoreIniziale", "FirmaTrasportatoreIniziale", "FirmaProduttore"]
)
def test_form_that_waits_for_its_first_signatures_is_announced(state: str) -> None:
    """Issued and not departed, whatever start is planned; the date is that of issue."""
    reading = read(document("announced", stato_formulario=state))

    assert [(item.stage, item.when.on) for item in reading.statements] == [
        (Stage.ANNOUNCED, date(2026, 3, 2))
    ]
    assert reading.silent_stages == frozenset()


def test_form_without_a_state_is_told_by_its_parts() -> None:
    """What has a start has departed, what has none is announced."""
    issued = document("announced", stato_formulario=None, dati_trasporto=None)

    assert stages(issued) == [(Stage.ANNOUNCED, 0, 0)]
    assert stages(document("departed", stato_formulario=None)) == [(Stage.DISPATCHED, 0, 0)]


def test_accepted_form_tells_each_stage() -> None:
    """Departure, the second transporter and receipt, in the order in which they happened."""
    assert stages(document("accepted")) == [
        (Stage.DISPATCHED, 0, 0),
        (Stage.TRANSFERRED, 2, 0),
        (Stage.RECEIVED, 0, 0),
    ]
    assert read(document("accepted")).silent_stages == {Stage.ANNOUNCED}


def test_companies_are_who_holds_the_waste() -> None:
    """The holder of each stage is its contributor, the other end of the leg its counterparty."""
    native = document("accepted")
    pairs = {
        item.stage: tuple(company.identifier for company in (item.contributor, item.counterparty) if company)
        for item in read(native).statements
    }

    assert pairs == {
        Stage.DISPATCHED: ("90000000011", "90000000022"),
        Stage.TRANSFERRED: ("90000000044", "90000000033"),
        Stage.RECEIVED: ("90000000022", "90000000011"),
    }
    assert stated(native, Stage.RECEIVED).contributor == Company("IT-CF", "90000000022")


def test_dates_are_those_of_italy() -> None:
    """Half past eleven at night in UTC is the next day in Italy."""
    when = stated(document("departed"), Stage.DISPATCHED).when

    assert (when.on, when.precision) == (date(2026, 3, 3), Precision.MINUTE)
    assert when.at == datetime(2026, 3, 2, 23, 30, tzinfo=UTC)


def test_transporters_are_in_the_order_of_their_starts() -> None:
    """The place of a start in its list says nothing, its instant does; a day alone begins at midnight."""
    native = document("accepted")
    native["dati_trasporto"][1]["data_ora_inizio_trasporto"] = "2026-03-03"
    turns = [item.contributor for item in read(native).statements if item.stage is Stage.TRANSFERRED]

    assert turns == [Company("IT-CF", "90000000044")]


def test_transporter_without_a_number_is_known_by_its_place() -> None:
    """Where starts name no transporter, the first start is the first transporter's."""
    native = document("transshipped")
    native["dati_trasporto"][0].pop("trasportatore_id")

    assert stated(native, Stage.TRANSFERRED).counterparty == Company("IT-CF", "90000000033")


def test_total_transshipment_is_a_transfer() -> None:
    """Who took everything over on the way is the second transporter."""
    native = document("transshipped")
    transferred = stated(native, Stage.TRANSFERRED)

    assert stages(native) == [(Stage.DISPATCHED, 0, 0), (Stage.TRANSFERRED, 2, 0), (Stage.RECEIVED, 0, 0)]
    assert transferred.contributor == Company("IT-CF", "90000000044")
    assert transferred.counterparty == Company("IT-CF", "90000000033")


@pytest.mark.parametrize("state", ["FirmaTrasportatoreSuccessivo", "FirmaTrasbordoTotale"])
def test_start_that_nobody_signed_did_not_happen(state: str) -> None:
    """While the form waits for a transporter, what it fills in is a draft."""
    native = document("accepted", stato_formulario=state, dati_accettazione=None)
    native["dati_trasporto"][0]["dati_firma_trasportatore"] = None

    assert stages(native) == [(Stage.DISPATCHED, 0, 0)]


def test_acceptance_that_nobody_signed_did_not_happen() -> None:
    """While the form waits for its recipient, what that fills in is a draft."""
    native = document("accepted", stato_formulario="FirmaAccettazione")
    native["dati_accettazione"]["dati_firma"] = {"data_firma": None}

    assert Stage.RECEIVED not in {stage for stage, *_ in stages(native)}


def test_quantity_is_an_estimate_until_it_was_verified() -> None:
    """The producer's figure is an estimate unless verified at departure; the recipient's is weighed."""
    assert amount(document("accepted"), Stage.DISPATCHED) == (Decimal("1250.5"), "KGM", Basis.ESTIMATED)
    assert amount(document("refused"), Stage.DISPATCHED) == (Decimal(5200), "KGM", Basis.WEIGHED)
    assert amount(document("accepted"), Stage.RECEIVED) == (Decimal(1238), "KGM", Basis.WEIGHED)


def test_pending_analysis_is_published_and_expects_a_revision() -> None:
    """Until the laboratory's result the accepted quantity is an estimate; the result corrects it."""
    agency = Agency()

    assert amount(document("pending"), Stage.RECEIVED) == (Decimal("1240.25"), "KGM", Basis.ESTIMATED)
    assert rules(document("pending")) == ["rentri.acceptance.pending"]
    assert len(agency.changes(document("pending"))) == 3
    assert agency.changes(document("accepted")) == [("CORRECTED", "RECEIVED", 0)]


def test_partial_acceptance_states_both_parts() -> None:
    """Accepted is what the recipient weighed, refused the rest of what had left."""
    native = document("partial")

    assert amount(native, Stage.RECEIVED) == (Decimal("600.5"), "KGM", Basis.WEIGHED)
    assert amount(native, Stage.REFUSED) == (Decimal("239.5"), "KGM", Basis.ESTIMATED)
    assert stated(native, Stage.REFUSED).operation_code is None


def test_refused_part_goes_on_to_another_recipient() -> None:
    """What a further recipient accepted is a line of its own, at its place, with its operation."""
    onward = stated(document("partial"), Stage.RECEIVED, 1)

    assert amount(document("partial"), Stage.RECEIVED, 1) == (Decimal("238.75"), "KGM", Basis.WEIGHED)
    assert (onward.destination, onward.operation_code) == (Place("IT", "IT-52"), "D10")
    assert onward.contributor == Company("IT-CF", "90000000055")


def test_refusal_of_the_whole_is_no_receipt() -> None:
    """A load refused as a whole was refused in its full quantity; coming home it is no receipt either."""
    native = document("refused")

    assert stages(native) == [(Stage.DISPATCHED, 0, 0), (Stage.REFUSED, 0, 0), (Stage.REPATRIATED, 0, 1)]
    assert amount(native, Stage.REFUSED) == (Decimal(5200), "KGM", Basis.WEIGHED)


@pytest.mark.parametrize(
    ("stated_quantity", "accepted"),
    [
        (None, 600),
        ({"valore": 840, "unita_misura": "l"}, 600),
        ({"valore": 840, "unita_misura": "kg"}, 840),
        ({"valore": 840, "unita_misura": "kg"}, 841),
    ],
)
def test_rest_that_cannot_be_computed_has_no_mass(stated_quantity: Any, accepted: float) -> None:
    """Litres, nothing, or less than was accepted: the refused quantity is unknown, never guessed."""
    native = document("partial", dati_destinazioni_successive=None)
    native["dati_partenza"]["rifiuto"]["quantita"] = stated_quantity
    native["dati_accettazione"]["quantita_accettata"]["valore"] = accepted

    assert amount(native, Stage.REFUSED) is None
    assert "rentri.acceptance.rest" in rules(native)


@given(left=st.decimals("1", "9999", places=4), share=st.decimals("0.0001", "0.9999", places=4))
def test_accepted_and_refused_are_what_left(left: Decimal, share: Decimal) -> None:
    """In a partial acceptance both parts together weigh what left."""
    accepted = (left * share).quantize(Decimal("0.0001"))
    native = document("partial", dati_destinazioni_successive=None)
    native["dati_partenza"]["rifiuto"]["quantita"]["valore"] = float(left)
    native["dati_accettazione"]["quantita_accettata"]["valore"] = float(accepted)
    parts = [amount(native, stage) for stage in (Stage.RECEIVED, Stage.REFUSED)]

    assert sum(part[0] for part in parts if part is not None) == left


def test_part_that_went_on_with_another_form_is_counted_once() -> None:
    """The second form of a load states no departure; the first knows what was left for its recipient."""
    split, part = document("split"), document("part")

    assert amount(split, Stage.DISPATCHED) == (Decimal(9000), "KGM", Basis.ESTIMATED)
    assert amount(split, Stage.REFUSED) == (Decimal(100), "KGM", Basis.ESTIMATED)
    assert stages(part) == [(Stage.TRANSFERRED, 1, 0), (Stage.RECEIVED, 0, 0)]
    assert stated(part, Stage.RECEIVED).counterparty == Company("IT-CF", "90000000011")
    assert stated(part, Stage.RECEIVED).origin == Place("IT")


def test_forms_of_one_load_meet_in_any_order() -> None:
    """A part names the movement it comes from by the same key, in any spelling of its number."""
    agency = Agency()
    (part, *_) = map(decoded, agency.submit(document("part")).events)
    (split, *_) = map(decoded, agency.submit(document("split")).events)

    assert part["related"] == [{"movement_key": split["movement_key"], "relation": Relation.ONWARD_OF.value}]


def test_litres_have_no_mass() -> None:
    """A form holds no density: litres travel as stated, and count as unconverted."""
    outcome = Agency().submit(document("litres"))
    (event,) = map(decoded, outcome.events)

    assert (event["quantity"], event["unit"], event["mass_g"]) == ("950.0", "LTR", None)
    assert [item.rule for item in outcome.findings] == ["quantity.unconverted"]


def test_recipient_abroad_is_an_export() -> None:
    """A form to another country is stated from the side of the origin, its company by that country's code."""
    found = stated(document("abroad"), Stage.DISPATCHED)

    assert (found.side, found.destination) == (Side.ORIGIN, Place("AT"))
    assert found.counterparty == Company("AT-TAX", "ATU90000001")


def test_producer_abroad_is_an_import() -> None:
    """Waste that comes from another country is stated from the side of the destination."""
    native = document("accepted")
    native["dati_partenza"]["produttore"]["luogo_produzione"] = {"citta": {"nazione_id": "CH"}}

    assert {(item.side, item.origin) for item in read(native).statements} == {(Side.DESTINATION, Place("CH"))}


@pytest.mark.parametrize(
    ("code", "properties", "expected", "noticed"),
    [
        ("15 01 10*", ["HP14"], Hazardous.YES, []),
        ("15.01.10", ["HP14"], Hazardous.YES, []),
        ("150102", None, Hazardous.NO, []),
        ("150102*", None, Hazardous.NO, ["rentri.eer.asterisk"]),
        ("150110", [], Hazardous.YES, ["rentri.hazard.mismatch"]),
        ("150102", ["HP14"], Hazardous.YES, ["rentri.hazard.mismatch"]),
        ("999999", None, Hazardous.UNKNOWN, []),
        ("mai pubblicata", None, Hazardous.UNKNOWN, ["rentri.eer.form"]),
    ],
)
def test_list_or_properties_make_hazardous(
    code: str, properties: list[str] | None, expected: Hazardous, noticed: list[str]
) -> None:
    """The List of Waste decides, properties of hazard add to it; where they differ it is noticed."""
    native = with_waste(codice_eer=code, caratteristiche_pericolo=properties)

    assert (stated(native, Stage.RECEIVED).hazardous, rules(native)) == (expected, noticed)


def test_codes_and_packages_travel_as_codes_and_counts() -> None:
    """Code and properties travel, a number of packages only where it is a number."""
    found = stated(document("partial"), Stage.DISPATCHED)

    assert [tuple(code) for code in found.codes] == [("LOW", "150110"), ("HP", "HP4"), ("HP", "HP14")]
    assert found.load_count == 12
    assert stated(with_waste(numero_colli="12 fusti"), Stage.DISPATCHED).load_count is None


@pytest.mark.parametrize(
    ("municipality", "expected"),
    [
        ("001272", "IT-21"),
        ("007003", "IT-23"),
        ("108033", "IT-25"),
        ("021008", "IT-32"),
        ("093033", "IT-36"),
        ("010025", "IT-42"),
        ("099014", "IT-45"),
        ("048017", "IT-52"),
        ("058091", "IT-62"),
        ("063049", "IT-72"),
        ("110009", "IT-75"),
        ("102047", "IT-78"),
        ("082053", "IT-82"),
        ("119001", "IT-88"),
        ("120001", None),
        ("000001", None),
        ("15146", None),
        ("Milano", None),
    ],
)
def test_municipality_tells_the_region(municipality: str, expected: str | None) -> None:
    """The first three digits are a province, and each province has one region."""
    assert places.region(municipality) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("BCDFG 000001 HJ", "BCDFG000001HJ"),
        ("bcdfg-1-hj", "BCDFG000001HJ"),
        ("BCDF/000001_H", "BCDF000001H"),
        ("ABCDE 000001 HJ", None),
        ("BCDFG HJ", None),
        (1, None),
    ],
)
def test_number_of_a_form_has_one_spelling(number: Any, expected: str | None) -> None:
    """Separators, case and zeros make no other form."""
    assert fir(number) == expected


def test_form_is_followed_from_issue_to_receipt() -> None:
    """Each version adds what happened since, and the announcement stands."""
    agency = Agency()
    names = ("draft", "announced", "departed", "accepted")
    changes = [change for name in names for change in agency.changes(document(name))]

    assert changes == [("REPORTED", stage, step) for stage, step in ON_THE_WAY]


def test_announcement_that_comes_late_is_added() -> None:
    """An older version adds the stage that the newer had moved past, and nothing else."""
    agency = Agency()
    agency.submit(document("accepted"))

    assert agency.changes(document("announced")) == [("REPORTED", "ANNOUNCED", 0)]
    assert agency.changes(document("departed")) == []


def test_cancellation_withdraws_everything() -> None:
    """A cancelled form withdraws all of its stages, and stays withdrawn when an older version arrives."""
    agency = Agency()
    for name in ("announced", "pending"):
        agency.submit(document(name))

    assert sorted(agency.changes(document("cancelled"))) == sorted(
        ("CANCELLED", stage, step) for stage, step in ON_THE_WAY
    )
    assert agency.changes(document("accepted")) == []


def test_cancellation_that_comes_first_stands() -> None:
    """A form whose cancellation arrives before it is never published."""
    agency = Agency()

    assert agency.changes(document("cancelled")) == []
    assert agency.changes(document("announced")) == []


def test_cancellation_that_waits_for_its_signature_cancels_nothing() -> None:
    """What is not signed may still be dropped."""
    note = document("cancelled")["dati_annullamento"]
    native = document("accepted", stato_formulario="FirmaAnnullamento", dati_annullamento=note)

    assert len(read(native).statements) == 3
    assert read(document("accepted", stato_formulario=None, dati_annullamento=note)).statements == ()


def test_envelope_gives_number_and_order() -> None:
    """Without a version the instant of the change orders the versions."""
    identity = read(document("envelope")).identity

    assert identity is not None
    assert (identity.document_id, identity.revision, identity.recorded_at) == (
        "BCDFG000009HS",
        1_774_009_800_000,
        datetime(2026, 3, 20, 12, 30, tzinfo=UTC),
    )


def test_several_companies_of_each_region() -> None:
    """The demonstration's forms are right and name three recipients or more of each region."""
    data = io.BytesIO(DEMONSTRATION.read_bytes())
    received: dict[str | None, set[Company | None]] = {}
    for reading in ItRentri({}).read(data):
        for item in reading.statements:
            if item.stage is Stage.RECEIVED:
                received.setdefault(item.destination.region, set()).add(item.contributor)

    assert set(received) == {"IT-21", "IT-25", "IT-34"}
    assert min(map(len, received.values())) >= 3


@pytest.mark.parametrize("name", GOOD)
def test_no_person_and_no_number_gets_out(name: str) -> None:
    """No event and no finding holds a name, a plate, a fiscal code or a native number in clear."""
    pipeline = Pipeline(ItRentri({}), "IT-MASE", DEMONSTRATION_KEYS, Positions("test"))
    outcomes = list(pipeline.outcomes(io.BytesIO((DOCUMENTS / f"{name}.json").read_bytes()), "file.json"))
    told = b"".join(event.body for outcome in outcomes for event in outcome.events)
    told += repr([outcome.findings for outcome in outcomes]).encode()

    assert all(outcome.events for outcome in outcomes)
    for text in (
        b"ubblicata",
        b"ever Published",
        b"MAIPBL",
        b"ZZ999ZZ",
        b"BCDFG",
        b"9000000",
        b"OP1000",
        b"Via ",
    ):
        assert text not in told


def test_every_leaf_that_is_read_has_a_class() -> None:
    """No leaf of the native models is without exactly one confidentiality class."""
    for model in ItRentri.native_models:
        require_classes(model_leaves(model), model.__name__)


def sealed(native: Any) -> Sealed:
    """Return what recipients alone may know of a form; every statement of it says the same."""
    found = {id(item.sealed): item.sealed for item in read(native).statements}
    (said,) = found.values()
    assert said is not None
    return said


def test_authorities_know_the_parties_of_a_form() -> None:
    """Number, producer, carriers, facility and permits of a form are sealed, once for all its statements."""
    native = document("accepted")
    parts = native["dati_partenza"]
    parts["produttore"]["denominazione"] = "Vetreria S.r.l., tel. 02 1234567"
    found = sealed(native)
    generator, *carriers, facility = found.parties

    assert found.document_number == fir(parts["numero_fir"])
    assert generator == Party(
        PartyRole.GENERATOR,
        "IT-CF",
        parts["produttore"]["codice_fiscale"],
        "Vetreria S.r.l.",
        f"Via Mai Pubblicata 7, 00000, ISTAT {parts['produttore']['indirizzo']['citta']['comune_id']}",
    )
    assert [PartyRole.CARRIER] * len(parts["trasportatori"]) == [party.role for party in carriers]
    assert (facility.role, facility.identifier) == (
        PartyRole.FACILITY,
        parts["destinatario"]["codice_fiscale"],
    )
    assert Reference(ReferenceKind.AUTHORISATION, "MI/000001") in found.references


def test_the_form_of_which_part_went_on_is_a_reference() -> None:
    """A form that took over part of another one's load names that form to authorities."""
    native = document("part")
    origin = native["dati_partenza"]["trasbordo_parziale_origine"]["numero_fir_origine"]

    assert Reference(ReferenceKind.CONSIGNMENT, fir(origin) or "") in sealed(native).references


@pytest.mark.parametrize("code", ["MAIPBL80A01F205X", "", "none"])
@pytest.mark.parametrize("member", ["produttore", "destinatario"])
def test_a_natural_person_is_sealed_nowhere(member: str, code: str) -> None:
    """Of whoever has a person's code, or none, neither name nor address is in any statement."""
    native = document("accepted")
    party = native["dati_partenza"][member] | {"codice_fiscale": code, "denominazione": "CANARY"}
    party["indirizzo"] = party["indirizzo"] | {"indirizzo": "CANARY"}
    native["dati_partenza"][member] = party

    assert "CANARY" not in repr(read(native).statements)


@pytest.mark.parametrize("value", [7, ["CANARY"], {"CANARY": 1}, "\ud800", "x" * 1000, None])
def test_what_is_no_name_is_not_there(value: Any) -> None:
    """A name that is no text breaks no rule; it is not sealed."""
    native = document("accepted")
    native["dati_partenza"]["destinatario"]["denominazione"] = value

    assert rules(native) == rules(document("accepted"))
    assert sealed(native).parties[-1].name is None


@pytest.mark.parametrize("name", GOOD)
def test_what_nobody_decided_about_is_sealed_nowhere(name: str) -> None:
    """Canaries in drivers, plates, signers, intermediaries, notes, and whatever the model does not read."""
    read_members = {
        path.rpartition(".")[2] for model in ItRentri.native_models for path, _ in model_leaves(model)
    }

    def spoiled(part: Any, member: str = "", *, is_hidden: bool = False) -> Any:
        hidden = is_hidden or member in {
            "conducente",
            "intermediari",
            "dati_firma",
            "dati_firma_trasportatore",
        }
        if isinstance(part, dict):
            return {key: spoiled(value, key, is_hidden=hidden) for key, value in part.items()}
        if isinstance(part, list):
            return [spoiled(value, member, is_hidden=hidden) for value in part]
        is_read = member in read_members and not (hidden and member != "data_firma")
        return "CANARY" if isinstance(part, str) and not is_read else part

    native = spoiled(json.loads((DOCUMENTS / f"{name}.json").read_text()))
    told = repr([item.statements for item in ItRentri({}).read(encoded(native))])

    assert "CANARY" in json.dumps(native)
    assert "sealed=Sealed(" in told
    assert "CANARY" not in told
