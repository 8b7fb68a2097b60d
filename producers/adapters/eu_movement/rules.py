"""What movement documents of the European Union are held to, as a table of rules.

An error rejects the document, a warning travels on as a count. Where the law is silent the
rule is ours and says so. No rule and no finding ever holds a value of a document.
"""

from __future__ import annotations

from schemas.findings import Rule, Severity

_LAW = "Regulation (EU) 2024/1157"
_NUMBERS = "Implementing Regulation (EU) 2025/1290, Article 15"
_IB = f"{_LAW}, Annex IB"
_UBL = "OASIS UBL 2.5"
_PROFILE = "weighbridge, PROFILE.md of this adapter"
_OURS = "weighbridge"

RULES = (
    Rule(
        "eu.profile.unknown",
        Severity.ERROR,
        "write the CustomizationID of the profile; in another profile the codes mean something else",
        _PROFILE,
    ),
    Rule(
        "eu.type.unknown",
        Severity.ERROR,
        "write a WasteMovementTypeCode of the profile, such as ANNOUNCEMENT, DISPATCH or FACILITY-RECEIPT",
        _PROFILE,
    ),
    Rule("eu.field.missing", Severity.ERROR, "the profile requires this element: fill it in", _PROFILE),
    Rule(
        "eu.reference.form",
        Severity.ERROR,
        "give the number of the notification and the serial number of the movement, or a number of an "
        "Annex VII document, which begins with GLW",
        _NUMBERS,
    ),
    Rule(
        "eu.serial.total",
        Severity.WARNING,
        "the serial number is higher than the number of movements that was notified: check both",
        f"{_IB}, block 2",
    ),
    Rule(
        "eu.issued.missing",
        Severity.ERROR,
        "give IssueDate and IssueTime, such as 2026-06-01 and 14:30:00+02:00: they order the versions",
        _PROFILE,
    ),
    Rule(
        "eu.issued.time",
        Severity.WARNING,
        "without IssueTime two versions of one day have no order: state it to the second",
        "Implementing Regulation (EU) 2025/1290, Article 14",
    ),
    Rule(
        "eu.date.invalid",
        Severity.ERROR,
        "this is no date or time: write 2026-06-01 and 14:30:00+02:00",
        _UBL,
    ),
    Rule(
        "eu.date.missing",
        Severity.ERROR,
        "the document says that this happened, but not when: state the date that its block demands",
        _IB,
    ),
    Rule(
        "eu.date.planned",
        Severity.WARNING,
        "state the planned date of dispatch as EstimatedDespatchDate; the date of issue is used",
        f"{_IB}, block 6",
    ),
    Rule(
        "eu.date.actual",
        Severity.WARNING,
        "an announcement has no actual date of dispatch: send a document of type DISPATCH too",
        f"{_IB}, block 6",
    ),
    Rule("eu.date.order", Severity.WARNING, "it ends before it began: check the dates", _OURS),
    Rule(
        "eu.date.future", Severity.WARNING, "later than the document that reports it: check the date", _OURS
    ),
    Rule(
        "eu.signature.place",
        Severity.WARNING,
        "there is no ShipmentStage for this signature: number signatures as stages; it is not used",
        _PROFILE,
    ),
    Rule("eu.lines.missing", Severity.ERROR, "state each waste as a GoodsItem", f"{_IB}, block 5"),
    Rule(
        "eu.number.form",
        Severity.ERROR,
        "number lines, stages and what refers to them with whole numbers from 1 to 9999",
        _PROFILE,
    ),
    Rule(
        "eu.quantity.number",
        Severity.ERROR,
        "write the quantity as a decimal number with a point, such as 24.98",
        _UBL,
    ),
    Rule(
        "eu.quantity.positive", Severity.ERROR, "a quantity that leaves is more than zero: correct it", _OURS
    ),
    Rule(
        "eu.quantity.missing",
        Severity.ERROR,
        "state the quantity of each waste that leaves",
        f"{_IB}, block 5",
    ),
    Rule(
        "eu.quantity.unknown",
        Severity.WARNING,
        "how much was accepted or refused of this waste is not stated: it counts as unknown",
        f"{_IB}, block 18",
    ),
    Rule(
        "eu.quantity.balance",
        Severity.ERROR,
        "accepted and refused together are what was received, and fit the condition: correct them",
        f"{_IB}, block 18",
    ),
    Rule(
        "eu.quantity.notified",
        Severity.WARNING,
        "the movement is larger than everything that was notified: check the quantity and its unit",
        f"{_LAW}, Article 17(10)",
    ),
    Rule("eu.unit.unknown", Severity.ERROR, "use the unitCode TNE, KGM or MTQ", "UN/ECE Recommendation 20"),
    Rule("eu.unit.mixed", Severity.ERROR, "state what was received of a waste in one unit", _OURS),
    Rule(
        "eu.condition.unknown",
        Severity.ERROR,
        "use a condition of the profile: ACCEPTED, PARTLY-REFUSED, REFUSED or CANCELLED",
        _PROFILE,
    ),
    Rule(
        "eu.condition.missing",
        Severity.ERROR,
        "say of each waste whether it was accepted: a Status for it, or one for all",
        f"{_IB}, block 18",
    ),
    Rule(
        "eu.condition.line",
        Severity.ERROR,
        "a Status names a GoodsItem that is not there, or one that has a Status already: correct SequenceID",
        _PROFILE,
    ),
    Rule(
        "eu.code.list",
        Severity.WARNING,
        "the list of this code is none of the profile: write its listID; the code is not published",
        _PROFILE,
    ),
    Rule(
        "eu.code.form",
        Severity.WARNING,
        "this has not the form of a code of its list: put the code alone; it is not published",
        _PROFILE,
    ),
    Rule(
        "eu.code.missing",
        Severity.WARNING,
        "the waste has no code: state those of block 14",
        f"{_IB}, block 14",
    ),
    Rule(
        "eu.low.asterisk",
        Severity.WARNING,
        "the asterisk is not that of the list of waste: the list decides",
        "Decision 2000/532/EC",
    ),
    Rule(
        "eu.hazard.green",
        Severity.WARNING,
        "hazardous waste travels under a notification, not with Annex VII: check the code",
        f"{_LAW}, Article 4",
    ),
    Rule(
        "eu.hazard.property",
        Severity.WARNING,
        "a hazardous property is stated of a waste that the list of waste calls harmless: check both codes",
        "Decision 2000/532/EC",
    ),
    Rule(
        "eu.annex7.code",
        Severity.ERROR,
        "with Annex VII a waste has codes of the Basel list, or one of the OECD list, or the purpose "
        "LABORATORY: exactly one of them",
        f"{_LAW}, Annex VII, block 10",
    ),
    Rule(
        "eu.laboratory.quantity",
        Severity.ERROR,
        "waste for analysis is at most 250 kg: correct the quantity, or notify the shipment",
        f"{_LAW}, Article 4",
    ),
    Rule(
        "eu.operation.missing",
        Severity.WARNING,
        "state the operation, R1 to R13 or D1 to D15, with the listID RD",
        f"{_IB}, block 11",
    ),
    Rule(
        "eu.operation.certificate",
        Severity.ERROR,
        "a certificate says which operation was completed: state it with the listID RD",
        f"{_IB}, block 19",
    ),
    Rule(
        "eu.operation.export",
        Severity.WARNING,
        "waste leaves the EU and EFTA for disposal, which the law forbids: check operation and destination",
        f"{_LAW}, Article 37",
    ),
    Rule("eu.country.unknown", Severity.ERROR, "use an ISO 3166-1 code: the country is none", "ISO 3166-1"),
    Rule(
        "eu.country.missing",
        Severity.WARNING,
        "state the country in the postal address: it counts as unknown",
        f"{_IB}, blocks 9 and 10",
    ),
    Rule(
        "eu.transit.end", Severity.ERROR, "a country of transit lies between the two ends: remove it", _OURS
    ),
    Rule(
        "eu.transit.repeated", Severity.WARNING, "a country of transit is stated twice: once is used", _OURS
    ),
    Rule(
        "eu.side.foreign",
        Severity.ERROR,
        "the movement neither leaves, reaches nor crosses the agency's country: choose that with the "
        "setting country, or state the countries of transit",
        _OURS,
    ),
    Rule(
        "eu.company.unknown",
        Severity.WARNING,
        "the company has no identifier: give PartyIdentification/ID with its schemeID; it counts as unknown",
        _PROFILE,
    ),
)
RULES_BY_ID = {rule.id: rule for rule in RULES}
