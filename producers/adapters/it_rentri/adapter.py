"""Italy's RENTRI: the digital transport form (FIR) as the service returns it, to statements.

The profile that is read: a document is the reply of `GET /formulari/v1.0/{numero_fir}`
(DettaglioFormulario), or an envelope {numero_fir, data_ora_modifica, body} around one.

  stato_formulario              what the form waits for; drafts are never published
  versione                      order of the versions; else data_ora_modifica; else delivery
  dati_partenza                 numero_fir, data_emissione, produttore, destinatario,
                                trasportatori, rifiuto, trasbordo_parziale_origine
  dati_trasporto                each transporter's start: departure, then transfers
  dati_trasbordo_totale         another vehicle or transporter took everything over
  dati_trasbordi_parziali       part of the load went on with another form; the rest is stated
  dati_accettazione             A accepted, P in part, R refused; kilograms accepted
  dati_destinazioni_successive  further recipients of what was refused
  dati_annullamento             the form was cancelled: everything of it is withdrawn

Instants are UTC, local dates those of Europe/Rome. A party is known by its codice fiscale, its place by
the ISTAT code of the municipality. Source: the service's OpenAPI description, formulari v1.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, ClassVar

from pydantic import BaseModel, ValidationError

from producers.adapters.it_rentri.facts import Telling
from producers.adapters.it_rentri.model import CANCELLED_STATE, DRAFT_STATES, Form, Identification, fir
from producers.adapters.it_rentri.rules import RULES, RULES_BY_ID
from producers.reading import dates, json_readings
from producers.reading.file_rules import FILE_RULES, FILE_RULES_BY_ID
from producers.reading.native_model import model_findings
from producers.statement import Identity, Reading, Statement
from schemas.findings import Finding, Rule, has_error
from schemas.movement import Stage

_FORM_MEMBERS = frozenset({"stato_formulario", "dati_partenza", "dati_annullamento"})


class ItRentri:
    """The adapter; see `producers.adapter.Adapter`."""

    name: ClassVar[str] = "it-rentri"
    source_format: ClassVar[str] = "it-rentri/1"
    version: str = "1"
    default_agency: str = "IT-MASE"
    settings: ClassVar[Mapping[str, str]] = {}
    native_models: ClassVar[tuple[type[BaseModel], ...]] = (Identification, Form)
    rules: ClassVar[tuple[Rule, ...]] = (*FILE_RULES, *RULES)
    has_complete_sets: ClassVar[bool] = False

    def __init__(self, values: Mapping[str, str]) -> None:
        """Take no settings: a form that lacks its number is wrapped in an envelope instead."""

    def read(self, stream: BinaryIO) -> Iterator[Reading]:
        """Return one reading for each form; see `producers.adapter.Adapter.read`."""
        return json_readings.readings(stream, _reading)


def parse(native: dict[str, Any], path: str) -> tuple[Form | None, tuple[Finding, ...]]:
    """Return the form, or everything that is wrong with its shape."""
    try:
        return Form.model_validate(native), ()
    except ValidationError as error:
        return None, _findings(error, path)


def identify(values: Mapping[str, Any], path: str) -> tuple[Identity | None, tuple[Finding, ...]]:
    """Return which version of which form it is, or everything that it does not say of it."""
    try:
        stated = Identification.model_validate(values)
    except ValidationError as error:
        return None, _findings(error, path)
    revision, modified_at = stated.versione, stated.data_ora_modifica
    if revision is None and modified_at is not None:
        revision = dates.milliseconds(modified_at)
    return Identity(stated.numero_fir, revision, modified_at), ()


def statements(
    form: Form, identity: Identity, path: str
) -> tuple[tuple[Statement, ...], tuple[Finding, ...]]:
    """Return what the form says, and everything noteworthy about it."""
    telling = Telling(form, identity, path)
    said = telling.statements()
    return said, telling.notice.findings


def _reading(document: Any, path: str) -> Reading:
    native, place = _unwrapped(document, path)
    if native is None:
        return Reading(path, findings=(FILE_RULES_BY_ID["layout.unknown"].at(path),))
    identity, unidentified = identify(_identification(document, native), path)
    if _is_of_another(document, native):
        conflict = RULES_BY_ID["rentri.fir.conflict"].at(f"{place}.dati_partenza.numero_fir")
        return Reading(path, identity, findings=(conflict,))
    if identity is not None and _is_cancelled(native):
        return Reading(path, identity)
    if identity is not None and _is_draft(native):
        return Reading(path, identity, is_draft=True)
    form, findings = parse(native, place)
    if identity is None or form is None:
        return Reading(path, identity, findings=(*unidentified, *findings))
    return _stated(form, identity, path, place)


def _stated(form: Form, identity: Identity, path: str, place: str) -> Reading:
    said, findings = statements(form, identity, place)
    if has_error(findings):
        return Reading(path, identity, findings=findings)
    past = frozenset({Stage.ANNOUNCED}) if form.has_departed else frozenset()
    return Reading(path, identity, said, findings, silent_stages=past)


def _unwrapped(document: Any, path: str) -> tuple[dict[str, Any] | None, str]:
    """Return a form and its place, None where the document is none."""
    if not isinstance(document, dict):
        return None, path
    body = document.get("body", document)
    if not isinstance(body, dict) or _FORM_MEMBERS.isdisjoint(body):
        return None, path
    return body, path if body is document else f"{path}.body"


def _identification(document: dict[str, Any], native: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of the identity; absent members break the same rules as empty ones."""
    return {
        "numero_fir": document.get("numero_fir") or _inner_number(native),
        "versione": native.get("versione"),
        "data_ora_modifica": document.get("data_ora_modifica"),
    }


def _inner_number(native: dict[str, Any]) -> Any:
    departure = native.get("dati_partenza")
    return departure.get("numero_fir") if isinstance(departure, dict) else None


def _is_of_another(document: dict[str, Any], native: dict[str, Any]) -> bool:
    outer = fir(document.get("numero_fir"))
    return outer is not None and fir(_inner_number(native)) not in {None, outer}


def _is_cancelled(native: dict[str, Any]) -> bool:
    """Say whether a form is cancelled; what is not signed yet may still be dropped."""
    state, note = native.get("stato_formulario"), native.get("dati_annullamento")
    if state is not None or not isinstance(note, dict):
        return bool(state == CANCELLED_STATE)
    return note.get("data_annullamento") is not None


def _is_draft(native: dict[str, Any]) -> bool:
    state = native.get("stato_formulario")
    return isinstance(state, str) and state in DRAFT_STATES


def _findings(error: ValidationError, path: str) -> tuple[Finding, ...]:
    return model_findings(error, path, RULES_BY_ID, missing="rentri.field.missing", other="rentri.field.type")
