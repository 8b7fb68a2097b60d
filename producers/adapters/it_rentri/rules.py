"""Rules of RENTRI's transport form: what is wrong, how severe, what to do about it.

An error rejects the form, a warning travels on as a count. The limits are those of the
service's own description; where it is silent the rule is ours and says so. No rule and no
finding ever holds a value of a form.
"""

from __future__ import annotations

from schemas.findings import Rule, Severity

_API = "MASE, RENTRI API formulari v1.0"
_OURS = "weighbridge"
_ERROR = Severity.ERROR
_WARNING = Severity.WARNING

RULES = (
    Rule(
        "rentri.fir.missing",
        _ERROR,
        "give the number of the form, such as ABCDF 000123 GH, in dati_partenza.numero_fir or in an "
        "envelope {numero_fir, data_ora_modifica, body}",
        _API,
    ),
    Rule(
        "rentri.fir.conflict",
        _ERROR,
        "the envelope names another form than its body: wrap the body that belongs to the number",
        _OURS,
    ),
    Rule(
        "rentri.fir.related",
        _WARNING,
        "the number of the other form has not its form: correct it; the link is not published",
        _API,
    ),
    Rule("rentri.version.form", _ERROR, "versione is a whole number from 0: export the form again", _API),
    Rule(
        "rentri.modified.form",
        _ERROR,
        "write data_ora_modifica with date, time and zone, such as 2026-03-02T09:30:00Z, or leave it out",
        _OURS,
    ),
    Rule("rentri.state.unknown", _ERROR, "stato_formulario is none of the service: export it again", _API),
    Rule(
        "rentri.state.undetermined",
        _ERROR,
        "RENTRI itself cannot tell the state of this form: mend the form there",
        _API,
    ),
    Rule("rentri.field.missing", _ERROR, "the service requires this field: fill it in", _API),
    Rule(
        "rentri.field.type",
        _ERROR,
        "the field has another type, or lies outside the limits, of the service: correct it in the source",
        _API,
    ),
    Rule(
        "rentri.date.invalid",
        _ERROR,
        "this is no date of the calendar: write it as 2026-03-31T08:30:00Z",
        _API,
    ),
    Rule(
        "rentri.date.missing",
        _WARNING,
        "the state says that this happened, but not when: state the date; nothing is published of it",
        _OURS,
    ),
    Rule("rentri.date.order", _WARNING, "it arrived before it left: check both dates", _OURS),
    Rule("rentri.date.future", _WARNING, "later than the change that reports it: check the date", _OURS),
    Rule(
        "rentri.quantity.range",
        _ERROR,
        "write the quantity as a number from 0 to 9999999999.9999 of at most four decimals",
        _API,
    ),
    Rule("rentri.quantity.unit", _ERROR, "the unit is kg or l", _API),
    Rule(
        "rentri.quantity.missing",
        _WARNING,
        "the form states no quantity: it counts as unknown, never as zero",
        _OURS,
    ),
    Rule("rentri.acceptance.type", _ERROR, "tipo_accettazione is A, P or R", _API),
    Rule(
        "rentri.acceptance.quantity",
        _WARNING,
        "accepted, but not how much: state quantita_accettata in kg; it counts as unknown",
        _API,
    ),
    Rule(
        "rentri.acceptance.rest",
        _WARNING,
        "what was refused cannot be computed: state the quantity of departure in kg, not below what was "
        "accepted; it counts as unknown",
        _OURS,
    ),
    Rule(
        "rentri.acceptance.conflict",
        _WARNING,
        "refused as a whole, and yet a quantity accepted: correct either; it counts as refused",
        _OURS,
    ),
    Rule(
        "rentri.acceptance.pending",
        _WARNING,
        "the analysis is pending: the quantity counts as an estimate until the form is changed",
        _API,
    ),
    Rule("rentri.eer.form", _WARNING, "write the six digits of an EER code; it does not travel", _API),
    Rule(
        "rentri.eer.asterisk",
        _WARNING,
        "the asterisk differs from the List of Waste, whose entry decides: correct the code",
        "Decision 2000/532/EC",
    ),
    Rule(
        "rentri.hazard.mismatch",
        _WARNING,
        "properties of hazard stand exactly where the code is hazardous: correct either; "
        "the waste counts as hazardous",
        _API,
    ),
    Rule(
        "rentri.hazard.code",
        _WARNING,
        "no property of hazard HP01 to HP15: correct it; it does not travel",
        "Regulation (EU) No 1357/2014",
    ),
    Rule("rentri.operation.unknown", _WARNING, "use one of the codes R1 to R13, D1 to D15", _API),
    Rule(
        "rentri.company.form",
        _WARNING,
        "no codice fiscale of 11 digits or 16 characters: correct it; the company counts as unknown",
        _API,
    ),
    Rule(
        "rentri.place.unknown",
        _WARNING,
        "no ISTAT code of a municipality, six digits: correct it; the place counts for the country only",
        "ISTAT, codes of administrative units",
    ),
)
RULES_BY_ID = {rule.id: rule for rule in RULES}
