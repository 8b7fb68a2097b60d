"""Rules of the receipt of waste: what is wrong, how severe, what to do about it.

What the service itself refuses is an error: such a receipt was never stored. The rest is
a warning and travels on. No rule and no finding ever holds a value of a receipt.
"""

from __future__ import annotations

from schemas.findings import Rule, Severity

_API = "DEFRA, Digital Waste Tracking Receipt API 1.0"
_OURS = "weighbridge"
_ERROR = Severity.ERROR
_WARNING = Severity.WARNING

RULES = (
    Rule(
        "receipt.id.missing",
        _ERROR,
        "give the waste tracking id that the service answered, in an envelope {wasteTrackingId, revision, "
        "recordedAt, body} or with --set wasteTrackingId=...",
        _API,
    ),
    Rule(
        "receipt.id.several",
        _ERROR,
        "--set wasteTrackingId names one receipt, and the file holds several: wrap each in an envelope",
        _OURS,
    ),
    Rule(
        "receipt.revision.form",
        _ERROR,
        "revision counts the versions of a receipt: write a whole number from 0, or leave it out",
        _OURS,
    ),
    Rule(
        "receipt.recorded.form",
        _ERROR,
        "write recordedAt with date, time and zone, such as 2026-10-02T09:30:00Z, or leave it out",
        _OURS,
    ),
    Rule("receipt.field.missing", _ERROR, "the service requires this field: fill it in", _API),
    Rule(
        "receipt.field.type",
        _ERROR,
        "the field has another type, or lies outside the limits, of the service: correct it in the source",
        _API,
    ),
    Rule(
        "receipt.date.form",
        _ERROR,
        "write the date with time and offset, such as 2026-10-02T10:30:00+01:00",
        _API,
    ),
    Rule("receipt.date.future", _WARNING, "received after it was recorded: check the date", _OURS),
    Rule(
        "receipt.consignment.missing",
        _ERROR,
        "hazardous waste needs hazardousWasteConsignmentCode or reasonForNoConsignmentCode: give either",
        _API,
    ),
    Rule(
        "receipt.consignment.reason",
        _ERROR,
        "the reason is NON_HAZ_WASTE_TRANSFER, NO_DOC_WITH_WASTE or HWRC_RECEIPT",
        _API,
    ),
    Rule(
        "receipt.carrier.registration",
        _ERROR,
        "give the carrier's registrationNumber, or reasonForNoRegistrationNumber",
        _API,
    ),
    Rule(
        "receipt.carrier.vehicle",
        _ERROR,
        "vehicleRegistration stands exactly where meansOfTransport is Road: add or remove it",
        _API,
    ),
    Rule(
        "receipt.receiver.form",
        _WARNING,
        "no authorisation number of a site: correct it; the receiver counts as unknown",
        _API,
    ),
    Rule("receipt.postcode.form", _ERROR, "write the whole postcode of the site: W12 7ZL", _API),
    Rule(
        "receipt.postcode.nation",
        _WARNING,
        "the postcode area is not known, or lies in two nations: the site counts for the whole country",
        "ONS Postcode Directory",
    ),
    Rule(
        "receipt.ewc.unknown",
        _ERROR,
        "write the six digits of a List of Waste code: `weighbridge codes find` shows similar ones",
        _API,
    ),
    Rule("receipt.ewc.repeated", _WARNING, "the code is stated twice for one item: remove one", _OURS),
    Rule(
        "receipt.hazard.mismatch",
        _WARNING,
        "containsHazardous differs from the List of Waste: correct the flag or the code; "
        "the item counts as hazardous",
        "Decision 2000/532/EC",
    ),
    Rule(
        "receipt.hazard.code",
        _WARNING,
        "no hazardous property HP_1 to HP_15, HP_POP: correct it; it does not travel",
        "Regulation (EU) No 1357/2014",
    ),
    Rule("receipt.weight.unit", _ERROR, "the unit is Grams, Kilograms or Tonnes", _API),
    Rule(
        "receipt.weight.range",
        _ERROR,
        "write the weight as a positive number of at most 12 decimals: check the unit and the figure",
        _API,
    ),
    Rule(
        "receipt.operation.missing",
        _WARNING,
        "the item states no disposal or recovery code: add what is intended with it",
        _API,
    ),
    Rule("receipt.operation.unknown", _ERROR, "use one of the codes R1 to R13, D1 to D15", _API),
    Rule(
        "receipt.operation.count",
        _ERROR,
        "an item has at most 99 disposal or recovery codes: add up those that are the same",
        "weighbridge: each is a line, numbered within its item",
    ),
    Rule(
        "receipt.operation.excess",
        _WARNING,
        "the codes of this item weigh more than the item: correct the weights; it counts without operation",
        _OURS,
    ),
)
RULES_BY_ID = {rule.id: rule for rule in RULES}
