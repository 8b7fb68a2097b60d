"""The part of a RENTRI form that is read, with the class of every leaf.

It is not the whole reply: drivers, plates, permits, signers, intermediaries, notes and
reasons have no field here and are never read. Of a signature the model keeps whether
somebody signed. Where a leaf is of class never, at most a keyed hash of it leaves. Names, codes and
addresses are sealed where they are those of companies; those of persons go nowhere.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, PlainValidator

from producers.reading import dates
from producers.reading.dates import Stamp
from producers.reading.native_model import Breaking, Native, SealedText, refused
from schemas.confidentiality import Confidentiality

PUBLIC = Confidentiality.PUBLIC
HUB = Confidentiality.HUB
SEALED = Confidentiality.SEALED
NEVER = Confidentiality.NEVER

CANCELLED_STATE = "Annullato"
# The form is still being filled in.
DRAFT_STATES = frozenset(
    {
        "InserimentoQuantita",
        "InserimentoQuantitaTrasportoIniziale",
        "InserimentoTrasportoIniziale",
    }
)
# Filled in, and waiting for who hands over or takes over the waste.
ANNOUNCED_STATES = frozenset(
    {
        "FirmaProduttoreTrasportatoreIniziale",
        "FirmaTrasportatoreIniziale",
        "FirmaProduttore",
    }
)
ARRIVED_STATES = frozenset(
    {
        "Accettato",
        "RespintoAccettatoParzialmente",
        "FirmaDestinatarioSuccessivo",
        "FirmaAccettazioneSuccessiva",
    }
)
DEPARTED_STATES = ARRIVED_STATES | {
    "InserimentoTrasportoSuccessivo",
    "FirmaTrasportatoreSuccessivo",
    "FirmaTrasbordoParziale",
    "FirmaTrasbordoTotale",
    "FirmaSostaTecnica",
    "InserimentoAccettazione",
    "FirmaAccettazione",
}
# A signature that may be of anybody, at any time.
_OTHER_STATES = frozenset({"FirmaAnnotazione", "FirmaAllegato", "FirmaAnnullamento"})
_STATES = DRAFT_STATES | ANNOUNCED_STATES | DEPARTED_STATES | _OTHER_STATES | {CANCELLED_STATE}
_WAITING = "Firma"
_UNDETERMINED_STATE = "Indeterminato"

QUANTITY_MAX = Decimal("9999999999.9999")
DECIMALS_MAX = 4
_SERIAL_DIGITS = 6
_FIR = re.compile(
    r"([BCDFGHJKLMNPQRSTVWXYZ]{4,6})[\s/_-]*([0-9]{1,9})[\s/_-]*([BCDFGHJKLMNPQRSTVWXYZ]{1,2})", re.ASCII
)


def fir(value: object) -> str | None:
    """Return the number of a form without separators, its serial of six digits; None where it is none."""
    match = _FIR.fullmatch(value.strip().upper()) if isinstance(value, str) else None
    return f"{match[1]}{match[2].zfill(_SERIAL_DIGITS)}{match[3]}" if match is not None else None


def _own_fir(value: Any) -> str:
    found = fir(value)
    if found is None:
        raise refused("rentri.fir.missing")
    return found


def _version(value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 31:
        raise refused("rentri.version.form")
    return value


def _modified(value: Any) -> datetime | None:
    found = dates.instant(value)
    # A revision counts milliseconds from the epoch and is never negative.
    if value is not None and (found is None or dates.milliseconds(found) < 0):
        raise refused("rentri.modified.form")
    return found


def _stamp(value: Any) -> Stamp:
    found = dates.stamp(value)
    if found is None:
        raise refused("rentri.date.invalid")
    return found


def _state(value: Any) -> str | None:
    if value == _UNDETERMINED_STATE:
        raise refused("rentri.state.undetermined")
    if value is not None and (not isinstance(value, str) or value not in _STATES):
        raise refused("rentri.state.unknown")
    return value


def _value(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise refused("rentri.field.type")
    # Compared before it is looked at closer: a number of any exponent may stand there.
    amount = Decimal(value)
    if not 0 <= amount <= QUANTITY_MAX or -int(amount.as_tuple().exponent) > DECIMALS_MAX:
        raise refused("rentri.quantity.range")
    return amount


def _is_stated(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


_Date = Annotated[Stamp, PlainValidator(_stamp)]
_NoneOrDate = Annotated[Stamp | None, PlainValidator(lambda value: None if value is None else _stamp(value))]
_Value = Annotated[Decimal, PlainValidator(_value)]


class _Native(Native):
    model_config = ConfigDict(strict=True)


class Identification(_Native):
    """Which form it is, and which version of it."""

    numero_fir: Annotated[str, PlainValidator(_own_fir), SEALED]
    versione: Annotated[int | None, PlainValidator(_version), PUBLIC] = None
    data_ora_modifica: Annotated[datetime | None, PlainValidator(_modified), PUBLIC] = None


class City(_Native):
    """A municipality by its ISTAT code, or a foreign city by its country."""

    comune_id: Annotated[str | None, HUB] = None
    nazione_id: Annotated[str | None, PUBLIC] = None


class Address(_Native):
    """Where a party is."""

    citta: City
    indirizzo: Annotated[SealedText, SEALED] = None
    civico: Annotated[SealedText, SEALED] = None
    cap: Annotated[SealedText, SEALED] = None


class Party(_Native):
    """A company by its codice fiscale, and the country of that; Italy where none is stated."""

    codice_fiscale: Annotated[str, SEALED]
    nazione_id: Annotated[str | None, PUBLIC] = None
    denominazione: Annotated[SealedText, SEALED] = None


class Producer(Party):
    """Who hands the waste over; it may lie somewhere else than its office."""

    indirizzo: Address | None = None
    luogo_produzione: Address | None = None


class Recipient(Party):
    """The facility, and what it intends with the waste."""

    indirizzo: Address | None = None
    attivita: Annotated[str | None, PUBLIC] = None


class Transporter(Party):
    """A transporter; the parts of the form refer to it by its number within the form."""

    trasportatore_id: Annotated[int | None, NEVER] = None
    numero_iscrizione_albo: Annotated[SealedText, SEALED] = None


class _Signature(_Native):
    """A signature; its date stands there once somebody signed."""

    is_dated: Annotated[bool, PlainValidator(_is_stated), NEVER] = Field(default=False, alias="data_firma")


class Leg(_Native):
    """A transporter took the waste over, on road, rail or water."""

    data_ora_inizio_trasporto: Annotated[_Date, HUB]
    trasportatore_id: Annotated[int | None, NEVER] = None
    dati_firma_trasportatore: _Signature | None = None

    @property
    def is_signed(self) -> bool:
        """Say whether the transporter signed."""
        return _is_signed(self.dati_firma_trasportatore)


class Quantity(_Native):
    """A quantity of departure, in kilograms or litres."""

    valore: Annotated[_Value, HUB]
    unita_misura: Annotated[Literal["kg", "l"], Breaking("rentri.quantity.unit"), HUB]


class _Mass(_Native):
    """A quantity of arrival, in kilograms."""

    valore: Annotated[_Value, HUB]


class Waste(_Native):
    """The one waste of a form."""

    codice_eer: Annotated[str, PUBLIC]
    caratteristiche_pericolo: Annotated[list[str] | None, PUBLIC] = None
    quantita: Quantity | None = None
    verificato_in_partenza: Annotated[bool | None, PUBLIC] = None
    numero_colli: Annotated[str | None, HUB] = None


class _Signed(_Native):
    """A part that somebody signs."""

    dati_firma: _Signature | None = None

    @property
    def is_signed(self) -> bool:
        """Say whether it is signed."""
        return _is_signed(self.dati_firma)


class Acceptance(_Signed):
    """What a recipient decided: A accepted, P accepted in part, R refused."""

    tipo_accettazione: Annotated[Literal["A", "P", "R"], Breaking("rentri.acceptance.type"), PUBLIC]
    data_ora_arrivo: Annotated[_Date, HUB]
    quantita_accettata: _Mass | None = None
    attesa_verifica_analitica: Annotated[bool | None, PUBLIC] = None


class _TotalTransshipment(_Native):
    trasportatore: Transporter | None = None
    presa_in_carico: Leg | None = None


class PartialTransshipment(_Signed):
    """Part of the load went on with another form; the rest is stated."""

    quantita_residua: Quantity


class Destination(_Native):
    """A further recipient of what one before it refused."""

    destinatario: Recipient | None = None
    accettazione: Acceptance | None = None


class _Origin(_Native):
    """The form whose load was transshipped in part to this one."""

    numero_fir_origine: Annotated[str | None, SEALED] = None
    produttore_originario: Party | None = None


class Departure(_Native):
    """The form as it was issued."""

    data_emissione: Annotated[_NoneOrDate, HUB] = None
    produttore: Producer | None = None
    destinatario: Recipient
    trasportatori: list[Transporter] | None = None
    rifiuto: Waste
    trasbordo_parziale_origine: _Origin | None = None


class Form(_Native):
    """The reply of the service for one form; a part that is absent did not happen yet."""

    stato_formulario: Annotated[str | None, PlainValidator(_state), PUBLIC] = None
    data_creazione: Annotated[_NoneOrDate, HUB] = None
    dati_partenza: Departure
    dati_trasporto: list[Leg] | None = None
    dati_trasbordo_totale: _TotalTransshipment | None = None
    dati_trasbordi_parziali: list[PartialTransshipment] | None = None
    dati_accettazione: Acceptance | None = None
    dati_destinazioni_successive: list[Destination] | None = None

    def has_happened(self, part: Leg | Acceptance | PartialTransshipment) -> bool:
        """Say whether a part is more than a draft: while the form waits for a signature, it needs one."""
        return part.is_signed or not (self.stato_formulario or "").startswith(_WAITING)

    @property
    def last_leg(self) -> Leg | None:
        """Return the leg of who took everything over on the way, None where nobody did."""
        return self.dati_trasbordo_totale.presa_in_carico if self.dati_trasbordo_totale is not None else None

    @property
    def has_departed(self) -> bool:
        """Say whether the waste is on its way, or further."""
        if self.stato_formulario in DEPARTED_STATES:
            return True
        if self.stato_formulario in ANNOUNCED_STATES:
            return False
        legs = [*(self.dati_trasporto or ()), *([self.last_leg] if self.last_leg is not None else ())]
        return any(map(self.has_happened, legs))


def _is_signed(signature: _Signature | None) -> bool:
    return signature is not None and signature.is_dated
