"""Wrong Italian forms: each becomes findings that say what and where, and never the value."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.adapters.it_rentri import ItRentri
from producers.pipeline import Outcome, Pipeline
from producers.positions import Positions
from schemas.findings import Severity
from schemas.identity import DEMONSTRATION_KEYS
from schemas.movement import Stage
from tests.support.json_values import JSON, places, put

DOCUMENTS = Path(__file__).parents[1] / "documents" / "it_rentri"
TEXT = "Never Told"

Spoil = Callable[[dict[str, Any]], object]


def right(name: str = "accepted") -> dict[str, Any]:
    """Return a form that is right."""
    native: dict[str, Any] = json.loads((DOCUMENTS / f"{name}.json").read_text())
    return native


def outcomes(data: bytes) -> list[Outcome]:
    """Return what became of the documents of a file."""
    pipeline = Pipeline(ItRentri({}), "IT-MASE", DEMONSTRATION_KEYS, Positions("test"))
    return list(pipeline.outcomes(io.BytesIO(data), "file.json"))


def submitted(native: Any) -> Outcome:
    """Return what became of one document."""
    (outcome,) = outcomes(json.dumps(native).encode())
    return outcome


def found(outcome: Outcome, severity: Severity) -> list[tuple[str, str]]:
    """Return (rule, path) of the findings of a severity."""
    return [(item.rule, item.path) for item in outcome.findings if item.severity is severity]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "json.truncated"),
        (b"numero_fir;stato", "json.syntax"),
        (b'{"dati_partenza": "Forl\xec"}', "json.encoding"),
        (b"[1]", "layout.unknown"),
        (b'{"numero_fir": "BCDFG 000001 HJ", "body": null}', "layout.unknown"),
        (b'{"title": "Not Found", "status": 404}', "layout.unknown"),
    ],
)
def test_file_that_is_no_form(data: bytes, rule: str) -> None:
    """A file that is broken or of another kind is one reject that says in which way."""
    (outcome,) = outcomes(data)

    assert found(outcome, Severity.ERROR) == [(rule, "$[0]")]
    assert outcome.events == ()


def test_what_was_read_before_the_break_stands() -> None:
    """A file cut in its second form publishes the first and rejects the rest."""
    text = json.dumps(right())
    first, second = outcomes(f"[{text},{text[:200]}".encode())

    assert len(first.events) == 3
    assert found(second, Severity.ERROR) == [("json.truncated", "$[1]")]


@pytest.mark.parametrize(
    ("spoil", "rule", "path"),
    [
        (lambda m: m["dati_partenza"].pop("numero_fir"), "rentri.fir.missing", "numero_fir"),
        (lambda m: m["dati_partenza"].update(numero_fir="AEIOU 1 A"), "rentri.fir.missing", "numero_fir"),
        (
            lambda m: m.update(numero_fir="BCDFG 000099 HJ", body=right()),
            "rentri.fir.conflict",
            "body.dati_partenza.numero_fir",
        ),
        (lambda m: m.update(versione="8"), "rentri.version.form", "versione"),
        (lambda m: m.update(versione=-1), "rentri.version.form", "versione"),
        (lambda m: m.update(data_ora_modifica="2026-03-03"), "rentri.modified.form", "data_ora_modifica"),
        (lambda m: m.update(stato_formulario=TEXT), "rentri.state.unknown", "stato_formulario"),
        (lambda m: m.update(stato_formulario=7), "rentri.state.unknown", "stato_formulario"),
        (
            lambda m: m.update(stato_formulario="Indeterminato"),
            "rentri.state.undetermined",
            "stato_formulario",
        ),
        (
            lambda m: m["dati_partenza"].pop("destinatario"),
            "rentri.field.missing",
            "dati_partenza.destinatario",
        ),
        (
            lambda m: m["dati_partenza"]["produttore"].pop("codice_fiscale"),
            "rentri.field.missing",
            "dati_partenza.produttore.codice_fiscale",
        ),
        (
            lambda m: m["dati_partenza"].update(rifiuto=TEXT),
            "rentri.field.type",
            "dati_partenza.rifiuto",
        ),
        (
            lambda m: m["dati_partenza"].update(data_emissione="2026-02-30T08:00:00Z"),
            "rentri.date.invalid",
            "dati_partenza.data_emissione",
        ),
        (
            lambda m: m["dati_trasporto"][0].update(data_ora_inizio_trasporto=TEXT),
            "rentri.date.invalid",
            "dati_trasporto[0].data_ora_inizio_trasporto",
        ),
        (
            lambda m: m["dati_partenza"]["rifiuto"]["quantita"].update(valore=1.00001),
            "rentri.quantity.range",
            "dati_partenza.rifiuto.quantita.valore",
        ),
        (
            lambda m: m["dati_partenza"]["rifiuto"]["quantita"].update(valore=1e10),
            "rentri.quantity.range",
            "dati_partenza.rifiuto.quantita.valore",
        ),
        (
            lambda m: m["dati_partenza"]["rifiuto"]["quantita"].update(valore="1250,5"),
            "rentri.field.type",
            "dati_partenza.rifiuto.quantita.valore",
        ),
        (
            lambda m: m["dati_partenza"]["rifiuto"]["quantita"].update(unita_misura="t"),
            "rentri.quantity.unit",
            "dati_partenza.rifiuto.quantita.unita_misura",
        ),
        (
            lambda m: m["dati_accettazione"].update(tipo_accettazione="a"),
            "rentri.acceptance.type",
            "dati_accettazione.tipo_accettazione",
        ),
        (
            lambda m: m["dati_accettazione"]["quantita_accettata"].update(valore=-1),
            "rentri.quantity.range",
            "dati_accettazione.quantita_accettata.valore",
        ),
        (
            lambda m: m["dati_accettazione"].pop("data_ora_arrivo"),
            "rentri.field.missing",
            "dati_accettazione.data_ora_arrivo",
        ),
    ],
)
def test_error_rejects_the_form_and_names_the_field(spoil: Spoil, rule: str, path: str) -> None:
    """Each error is one finding at its field; nothing is published, no value is told."""
    native = right()
    spoil(native)
    outcome = submitted(native)

    assert found(outcome, Severity.ERROR) == [(rule, f"$[0].{path}")]
    assert outcome.events == ()
    assert TEXT not in repr(outcome)


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda m: m["dati_accettazione"].update(data_ora_arrivo="0202-03-11T00:00:00Z"), "date.impossible"),
        (
            lambda m: m["dati_partenza"]["rifiuto"]["quantita"].update(valore=2_000_000_000),
            "quantity.absurd",
        ),
        (
            lambda m: m["dati_partenza"]["destinatario"]["indirizzo"].update(citta={"nazione_id": "XX"}),
            "country.unknown",
        ),
    ],
)
def test_implausible_content_is_rejected_by_the_common_rules(spoil: Spoil, rule: str) -> None:
    """What has the right form and cannot be true is refused as in every other system."""
    native = right()
    spoil(native)
    outcome = submitted(native)

    assert {name for name, _ in found(outcome, Severity.ERROR)} == {rule}
    assert outcome.events == ()


@pytest.mark.parametrize(
    ("name", "spoil", "rule", "path"),
    [
        (
            "announced",
            lambda m: (m.pop("data_creazione"), m["dati_partenza"].pop("data_emissione")),
            "rentri.date.missing",
            "dati_partenza.data_emissione",
        ),
        ("departed", lambda m: m.update(dati_trasporto=None), "rentri.date.missing", "dati_trasporto"),
        ("accepted", lambda m: m.update(dati_accettazione=None), "rentri.date.missing", "dati_accettazione"),
        (
            "accepted",
            lambda m: m["dati_accettazione"].update(data_ora_arrivo="2026-03-01T08:00:00Z"),
            "rentri.date.order",
            "dati_accettazione.data_ora_arrivo",
        ),
        (
            "accepted",
            lambda m: m.update(data_ora_modifica="2026-03-03T12:00:00Z"),
            "rentri.date.future",
            "dati_accettazione.data_ora_arrivo",
        ),
        (
            "accepted",
            lambda m: m["dati_partenza"]["rifiuto"].pop("quantita"),
            "rentri.quantity.missing",
            "dati_partenza.rifiuto.quantita",
        ),
        (
            "accepted",
            lambda m: m["dati_accettazione"].pop("quantita_accettata"),
            "rentri.acceptance.quantity",
            "dati_accettazione.quantita_accettata",
        ),
        (
            "refused",
            lambda m: m["dati_accettazione"].update(quantita_accettata={"valore": 1}),
            "rentri.acceptance.conflict",
            "dati_accettazione.quantita_accettata",
        ),
        (
            "partial",
            lambda m: m["dati_partenza"]["rifiuto"].update(caratteristiche_pericolo=[TEXT]),
            "rentri.hazard.code",
            "dati_partenza.rifiuto.caratteristiche_pericolo[0]",
        ),
        (
            "accepted",
            lambda m: m["dati_partenza"]["destinatario"].update(attivita=TEXT),
            "rentri.operation.unknown",
            "dati_partenza.destinatario.attivita",
        ),
        (
            "accepted",
            lambda m: m["dati_partenza"]["trasportatori"][1].update(codice_fiscale=TEXT),
            "rentri.company.form",
            "dati_partenza.trasportatori[1].codice_fiscale",
        ),
        (
            "accepted",
            lambda m: m["dati_partenza"]["produttore"].update(nazione_id=TEXT),
            "rentri.company.form",
            "dati_partenza.produttore.codice_fiscale",
        ),
        (
            "accepted",
            lambda m: m["dati_partenza"]["produttore"]["indirizzo"]["citta"].update(comune_id=TEXT),
            "rentri.place.unknown",
            "dati_partenza.produttore.indirizzo.citta.comune_id",
        ),
        (
            "part",
            lambda m: m["dati_partenza"]["trasbordo_parziale_origine"].update(numero_fir_origine=TEXT),
            "rentri.fir.related",
            "dati_partenza.trasbordo_parziale_origine.numero_fir_origine",
        ),
    ],
)
def test_warning_travels_on(name: str, spoil: Spoil, rule: str, path: str) -> None:
    """What is doubtful is told once, where it stands, and the form is published all the same."""
    native = right(name)
    spoil(native)
    outcome = submitted(native)

    assert found(outcome, Severity.WARNING) == [(rule, f"$[0].{path}")]
    assert not outcome.is_rejected
    assert TEXT.encode() not in b"".join(event.body for event in outcome.events)


def test_transporter_that_is_not_listed_is_unknown() -> None:
    """A start that names no transporter of the form has no holder, and happened all the same."""
    native = right()
    native["dati_trasporto"][0]["trasportatore_id"] = 9
    (reading,) = ItRentri({}).read(io.BytesIO(json.dumps(native).encode()))

    assert [item.contributor for item in reading.statements if item.stage is Stage.TRANSFERRED] == [None]


def test_all_findings_come_at_once() -> None:
    """Every error of a form is told in one go."""
    (outcome,) = outcomes((DOCUMENTS / "faulty.json").read_bytes())

    assert {rule for rule, _ in found(outcome, Severity.ERROR)} == {
        "rentri.fir.missing",
        "rentri.version.form",
        "rentri.state.unknown",
        "rentri.field.missing",
        "rentri.quantity.range",
        "rentri.quantity.unit",
        "rentri.date.invalid",
        "rentri.acceptance.type",
    }


_NAMES = ("partial", "transshipped", "split", "part")
_PLACES = [(name, path) for name in _NAMES for path in places(right(name))]
_JSON: st.SearchStrategy[Any] = st.one_of(
    JSON,
    st.sampled_from(["Annullato", "FirmaAccettazione", "2026-03-01", "9998-12-31T23:59:59-12:00", "R", "P"]),
    st.just({"citta": {}}),
)


@given(place=st.sampled_from(_PLACES), value=_JSON)
def test_nothing_in_any_place_stops_the_stream(place: tuple[str, tuple[Any, ...]], value: Any) -> None:
    """Whatever stands in whatever place, the form is published or rejected, and the next is read."""
    name, path = place
    native = right(name)
    put(native, path, value)
    other = right() | {"numero_fir": "BCDFG 000098 HJ"}
    del other["dati_partenza"]["numero_fir"]
    first, second = outcomes(json.dumps([native, other]).encode())

    assert not (first.is_rejected and first.events)
    assert "adapter.failed" not in {item.rule for item in (*first.findings, *second.findings)}
    assert len(second.events) == 3
