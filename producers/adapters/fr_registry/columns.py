"""Columns of the registers' files: from a French label to the name the registry's interface has for it.

Labels say the same in all seven registers but for a few words, so they are put together here.
They are compared without case, accents and surplus blanks, as the registry compares them; their
order means nothing. Columns that are never read are named too: a header that has any other one
is of another register, or of none.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache

from producers.reading.remembered import remembered

_CACHED_TEXTS = 4096

# The registry adds it to the files in which it tells what it refused.
ERROR_LABEL = "erreur"

_COMMON = {
    "reason": "Motif",
    "publicId": "Identifiant unique",
    "reportAsCompanySiret": "SIRET du déclarant",
    "wasteCode": "Code déchet",
    "wasteCodeBale": "Code déchet Bâle",
    "weightValue": "Poids en tonnes",
    "weightIsEstimate": "Type de poids",
    "volume": "Volume en M3",
}
_HAZARD = {"wastePop": "POP", "wasteIsDangerous": "Dangereux"}
_SHIPMENT = "Numéro de notification ou de déclaration"
_IMPORT = {"ttdImportNumber": f"{_SHIPMENT} d'import", "movementNumber": "Numéro de mouvement"}
_EXPORT = {"gistridNumber": f"{_SHIPMENT} GISTRID", "movementNumber": "Numéro de mouvement"}
_TREATED = {"operationCode": "Code de traitement réalisé", "operationMode": "Mode de traitement"}
_PLANNED = {"operationCode": "Code de traitement prévu", "operationMode": "Mode de traitement prévu"}
_TRACED = {"noTraceability": "Rupture de traçabilité autorisée"}
_SITE = {
    "Address": "Libellé de l'adresse",
    "PostalCode": "Code postal",
    "City": "Commune",
    "CountryCode": "Code pays",
}
_COMPANY = {"OrgId": "Numéro d'identification", "Name": "Raison sociale", **_SITE}
_RECEIPT = "Numéro de récépissé"
_TRANSPORTERS = range(1, 6)

_HOLDER = "expéditeur ou de détenteur"
_OF_HOLDER = "de l'expéditeur ou du détenteur"
_SENDER = "expéditeur ou de remettant"
_OF_SENDER = "de l'expéditeur ou du remettant"
# In the register of soil received the second article is missing.
_SOIL_HOLDER = "expéditeur ou détenteur"
_COLLECTION = "du chantier ou du lieu de collecte"


@remembered(_CACHED_TEXTS)
def folded(label: str) -> str:
    """Return a label, or one of a few words that a cell may hold, as it is compared."""
    plain = unicodedata.normalize("NFKD", label.replace("\u2019", "'").casefold())
    return " ".join("".join(char for char in plain if not unicodedata.combining(char)).split())


@cache
def columns(register: str) -> Mapping[str, str]:
    """Return the member of each folded label of a register."""
    return {folded(label): member for member, label in _LABELS[register].items()}


def _company(member: str, kind: str, of: str) -> dict[str, str]:
    """Return the columns of a company; `kind` and `of` name it behind `Type` and behind the rest."""
    details = {f"{member}Company{part}": f"{label} {of}" for part, label in _COMPANY.items()}
    return {f"{member}CompanyType": f"Type {kind}", **details}


def _site(member: str, of: str, postal_of: str | None = None) -> dict[str, str]:
    """Return the columns of a place; the address may say otherwise of what it is than the rest."""
    labels = {f"{member}{part}": f"{label} {postal_of or of}" for part, label in _SITE.items()}
    return labels | {f"{member}Address": f"{_SITE['Address']} {of}"}


def _pickup(member: str, of: str) -> dict[str, str]:
    return {f"{member}Name": f"Référence {_COLLECTION} {of}", **_site(member, f"{_COLLECTION} {of}")}


def _transporters() -> dict[str, str]:
    labels: dict[str, str] = {}
    for number in _TRANSPORTERS:
        member, of = f"transporter{number}", f"du transporteur n°{number}"
        labels |= {f"{member}TransportMode": f"Mode de transport {of}"}
        labels |= _company(member, f"de transporteur n°{number}", of)
        labels |= {f"{member}RecepisseIsExempted": f"Exemption de récépissé {of}"}
        labels |= {f"{member}RecepisseNumber": f"{_RECEIPT} {of}"}
    return labels


def _intermediary(member: str, of: str) -> dict[str, str]:
    return {
        f"{member}CompanySiret": f"SIRET {of}",
        f"{member}CompanyName": f"Raison sociale {of}",
        f"{member}RecepisseNumber": f"{_RECEIPT} {of}",
    }


def _soil(*, destination: str, upcycled: str = "Terre valorisée") -> dict[str, str]:
    """Return the columns about plots of land, which only registers of soil have."""
    parts = {"InseeCodes": "Codes INSEE", "Numbers": "Numéro(s)", "Coordinates": "Coordonnées"}
    return {
        "wasteDap": "DAP",
        "sisIdentifier": "Identifiant SIS du terrain",
        "isUpcycled": upcycled,
        **{f"parcel{part}": f"{label} des parcelles" for part, label in parts.items()},
        **{f"destinationParcel{part}": f"{label} {destination}" for part, label in parts.items()},
    }


_SCHEME = {
    "ecoOrganismeSiret": "SIRET de l'éco-organisme",
    "ecoOrganismeName": "Raison sociale de l'éco-organisme",
}
_AGENTS = {**_SCHEME, **_intermediary("broker", "du courtier"), **_intermediary("trader", "du négociant")}
_PRODUCER = {
    **_company("initialEmitter", "de producteur initial", "du producteur initial"),
    "initialEmitterMunicipalitiesInseeCodes": "Code(s) INSEE de(s) commune(s)",
}
_DESTINATION = _company("destination", "de destinataire", "du destinataire")
_DROP_ADDRESS = "de l'adresse de dépôt du destinataire"
_DROP_SITE = _site("destinationDropSite", "de dépôt du destinataire", "du lieu de dépôt du destinataire")
_SUPPLY = {"isDirectSupply": "Approvisionnement direct"}
_OWN_PICKUP = _pickup("reportForPickupSite", _OF_HOLDER)
_PLOTS = "des parcelles si valorisation"
_OWNER = "reportForCompanySiret"
_DESCRIPTION = "wasteDescription"

_LABELS: dict[str, dict[str, str]] = {
    "incoming_waste": {
        **_COMMON,
        **_HAZARD,
        _OWNER: "SIRET du destinataire",
        _DESCRIPTION: "Dénomination du déchet",
        "receptionDate": "Date de réception",
        "weighingHour": "Heure de pesée",
        **_PRODUCER,
        **_company("emitter", f"d'{_HOLDER}", _OF_HOLDER),
        **_pickup("emitterPickupSite", _OF_HOLDER),
        **_IMPORT,
        **_AGENTS,
        **_TREATED,
        **_TRACED,
        "nextOperationCode": "Code de traitement ultérieur prévu",
        **_SUPPLY,
        **_transporters(),
    },
    "incoming_texs": {
        **_COMMON,
        **_HAZARD,
        _OWNER: "SIRET du destinataire",
        _DESCRIPTION: "Dénomination usuelle des terres et sédiments ou des déchets",
        "receptionDate": "Date de réception",
        **_soil(destination=_PLOTS),
        **_PRODUCER,
        **_company("emitter", f"d'{_SOIL_HOLDER}", f"de l'{_SOIL_HOLDER}"),
        "emitterPickupSiteName": f"Référence {_COLLECTION} de l'expéditeur",
        **_site("emitterPickupSite", f"de prise en charge de l'{_SOIL_HOLDER}"),
        **_IMPORT,
        **_AGENTS,
        **_TREATED,
        **_TRACED,
        "nextOperationCode": "Code de traitement ultérieur prévue",
        **_SUPPLY,
        **_transporters(),
    },
    "outgoing_waste": {
        **_COMMON,
        **_HAZARD,
        _OWNER: f"SIRET {_OF_HOLDER}",
        **_OWN_PICKUP,
        _DESCRIPTION: "Dénomination du déchet",
        "dispatchDate": "Date d'expédition",
        **_PRODUCER,
        **_DESTINATION,
        **_DROP_SITE,
        **_EXPORT,
        **_PLANNED,
        **_AGENTS,
        "isDirectSupply": "Approvisionnement direct (pipeline, convoyeur)",
        **_transporters(),
    },
    "outgoing_texs": {
        **_COMMON,
        **_HAZARD,
        _OWNER: f"SIRET {_OF_HOLDER}",
        **_OWN_PICKUP,
        _DESCRIPTION: "Dénomination usuelle des terres excavées et sédiments ou des déchets",
        "dispatchDate": "Date d'expédition",
        **_soil(destination="des parcelles de destination si valorisation"),
        **_PRODUCER,
        **_DESTINATION,
        **_site("destinationDropSite", "de dépôt du destinataire", _DROP_ADDRESS),
        **_EXPORT,
        **_PLANNED,
        **_AGENTS,
        **_SUPPLY,
        **_transporters(),
    },
    "transported": {
        **_COMMON,
        **_HAZARD,
        _OWNER: "SIRET du transporteur",
        "reportForTransportMode": "Mode de transport du transporteur",
        "reportForTransportIsWaste": "Transport de déchet",
        "reportForRecepisseIsExempted": "Exemption de récépissé du transporteur",
        "reportForRecepisseNumber": f"{_RECEIPT} du transporteur",
        "reportForTransportAdr": "Mention ADR",
        "reportForTransportOtherTmdCode": "Mention RID, ADNR, IMDG",
        "reportForTransportPlates": "Numéro(s) d'immatriculation(s)",
        _DESCRIPTION: "Dénomination usuelle des terres et sédiments ou des déchets",
        "collectionDate": "Date d'enlèvement",
        "unloadingDate": "Date de déchargement",
        **_company("emitter", f"d'{_SENDER}", _OF_SENDER),
        **_pickup("emitterPickupSite", _OF_SENDER),
        **_DESTINATION,
        **_DROP_SITE,
        **_EXPORT,
        **_AGENTS,
    },
    "managed": {
        **_COMMON,
        **_HAZARD,
        _OWNER: "SIRET du courtier ou négociant",
        _DESCRIPTION: "Dénomination du déchet",
        "managingStartDate": "Date d'acquisition ou de début de gestion",
        "managingEndDate": "Date de cession ou de fin de gestion",
        **_soil(destination=_PLOTS, upcycled="Terres valorisées"),
        **_PRODUCER,
        **_company("emitter", f"d'{_SENDER}", _OF_SENDER),
        **_pickup("emitterPickupSite", _OF_SENDER),
        **_company(
            "tempStorer",
            "d'installation de Tri Transit Regroupement",
            "de l'installation de Tri Transit Regroupement",
        ),
        **_DESTINATION,
        **_DROP_SITE,
        **_EXPORT,
        **_PLANNED,
        **_SCHEME,
        **_SUPPLY,
        **_transporters(),
    },
    "ssd": {
        **_COMMON,
        _OWNER: "SIRET de l'émetteur",
        "useDate": "Date d'utilisation",
        "dispatchDate": "Date d'expédition",
        "product": "Produit",
        _DESCRIPTION: "Dénomination du déchet",
        "secondaryWasteDescriptions": "Dénominations des déchets secondaires",
        "secondaryWasteCodes": "Codes déchets secondaires",
        "processingDate": "Date de traitement",
        "processingEndDate": "Date de fin de traitement",
        **_TREATED,
        "administrativeActReference": "Référence de l'acte administratif",
        **_DESTINATION,
    },
}
