"""What US e-Manifest documents are held to, as a table of rules.

An error rejects the manifest, a warning travels on as a count. The limits are those of
the agency's own JSON schema, version 1.3; where the schema is silent the rule is ours
and says so. No rule and no finding ever holds a value of a manifest.
"""

from __future__ import annotations

from schemas.findings import Rule, Severity

_SCHEMA = "US EPA, e-Manifest JSON schema 1.3"
_OURS = "weighbridge"

RULES = (
    Rule(
        "us.mtn.missing",
        Severity.ERROR,
        "give the manifest tracking number, nine digits and three capital letters, in the manifest "
        "or in an envelope {manifestTrackingNumber, updatedDate, body}",
        _SCHEMA,
    ),
    Rule(
        "us.mtn.conflict",
        Severity.ERROR,
        "the envelope names another manifest than its body: wrap the body that belongs to the number",
        _OURS,
    ),
    Rule(
        "us.mtn.related",
        Severity.WARNING,
        "a related manifest tracking number is not nine digits and three capital letters: "
        "correct it in the source; the link is not published",
        _SCHEMA,
    ),
    Rule(
        "us.updated.missing",
        Severity.ERROR,
        "give updatedDate with date, time and zone, in the manifest or its envelope: it orders the versions",
        _SCHEMA,
    ),
    Rule(
        "us.status.unknown",
        Severity.ERROR,
        "use a status of the schema, such as Scheduled, InTransit, ReadyForSignature, Signed or Corrected",
        _SCHEMA,
    ),
    Rule("us.field.missing", Severity.ERROR, "the schema requires this field: fill it in", _SCHEMA),
    Rule(
        "us.field.type",
        Severity.ERROR,
        "the field has another type, or lies outside the limits, of the schema: correct it in the source",
        _SCHEMA,
    ),
    Rule(
        "us.date.invalid",
        Severity.ERROR,
        "this is no date of the calendar: write it as 2026-03-31T04:00:00.000+0000",
        _SCHEMA,
    ),
    Rule(
        "us.date.planned",
        Severity.WARNING,
        "the planned date cannot be read: write it as 2026-03-31; the date of the update is used",
        _OURS,
    ),
    Rule(
        "us.date.missing",
        Severity.WARNING,
        "the status says that this happened, but not when: state the date; nothing is published of it",
        _OURS,
    ),
    Rule(
        "us.dates.none",
        Severity.ERROR,
        "no stage of the manifest has a date: state shippedDate, receivedDate or the date of a signature",
        _OURS,
    ),
    Rule("us.date.order", Severity.WARNING, "received before it was shipped: check both dates", _OURS),
    Rule("us.date.future", Severity.WARNING, "later than the update that reports it: check the date", _OURS),
    Rule(
        "us.quantity.whole",
        Severity.ERROR,
        "state the quantity as a whole number from 0 to 99999999999; choose a smaller unit for fractions",
        _SCHEMA,
    ),
    Rule(
        "us.quantity.missing",
        Severity.WARNING,
        "the line states no quantity: it counts as unknown, never as zero",
        _OURS,
    ),
    Rule("us.unit.unknown", Severity.ERROR, "use one of the units P, T, K, M, G, L, Y, N", _SCHEMA),
    Rule(
        "us.density.implausible",
        Severity.WARNING,
        "no liquid has this density: check figure and unit (1 is lb/gal, 2 specific gravity); it is not used",
        _OURS,
    ),
    Rule(
        "us.code.form",
        Severity.WARNING,
        "no waste, UN or management code has this form: put the code alone; it is not published",
        "40 CFR 261 subparts C and D; 49 CFR 172.101; e-Manifest management method codes",
    ),
    Rule(
        "us.rejection.type",
        Severity.ERROR,
        "rejection true and rejectionInfo.rejectionType, FullReject or PartialReject, go together: "
        "state both or neither",
        _SCHEMA,
    ),
    Rule(
        "us.destination.unknown",
        Severity.ERROR,
        "newManifestDestination is OriginalGenerator or Tsdf",
        _SCHEMA,
    ),
    Rule(
        "us.import.country.missing",
        Severity.WARNING,
        "the import does not say where it comes from: fill in importInfo.importGenerator.country",
        _SCHEMA,
    ),
    Rule(
        "us.site.unknown",
        Severity.WARNING,
        "no EPA site id of two letters and ten letters or digits: the company counts as unknown",
        _SCHEMA,
    ),
    Rule(
        "us.state.unknown",
        Severity.WARNING,
        "no postal code of a state, district or territory: correct it; the site counts for the country only",
        "ISO 3166-2:US",
    ),
    Rule(
        "us.lines.missing",
        Severity.WARNING,
        "the manifest has no waste line: its stages are published without waste and quantity",
        _OURS,
    ),
)
RULES_BY_ID = {rule.id: rule for rule in RULES}
