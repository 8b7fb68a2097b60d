"""Rules of the packaging summary log: what is wrong, how severe, what to do about it.

They are about one row or one upload; what every statement has to pass stands in
`producers.harmonise` and `producers.validate`. No rule ever quotes a value.
"""

from __future__ import annotations

from schemas.findings import Rule, Severity

_LOG = "DEFRA, packaging summary log"
_ERROR = Severity.ERROR
_WARNING = Severity.WARNING

RULES = (
    Rule("uk.upload.organisation", _ERROR, "say whose log it is: --set organisation=...", _LOG),
    Rule("uk.upload.registration", _ERROR, "say for which registration: --set registration=...", _LOG),
    Rule(
        "uk.upload.instant",
        _ERROR,
        "say when it was uploaded, with a time zone: --set uploaded_at=2026-04-02T11:31:06Z",
        _LOG,
    ),
    Rule("uk.upload.several", _ERROR, "the file holds several uploads: send each as its own file", _LOG),
    Rule("uk.upload.empty", _ERROR, "the upload holds no rows: send the complete log", _LOG),
    Rule("uk.row.type", _ERROR, "a row is received, exported, sentOn or processed: export it again", _LOG),
    Rule("uk.row.id", _ERROR, "number the row: rowId is a whole number above zero", _LOG),
    Rule("uk.row.repeated", _ERROR, "the log has this row twice: number its rows apart", _LOG),
    Rule("uk.processing.type", _ERROR, "state one of the five processing types of the log's template", _LOG),
    Rule("uk.field.text", _ERROR, "this cell holds a text or a whole number: correct it", _LOG),
    Rule("uk.option.unknown", _ERROR, "choose Yes or No, or leave the cell empty", _LOG),
    Rule("uk.tonnage.number", _ERROR, "write a number alone: the unit of the log is the tonne", _LOG),
    Rule("uk.tonnage.range", _ERROR, "no load is negative or above a million tonnes: correct it", _LOG),
    Rule(
        "uk.tonnage.limit", _ERROR, "accredited operators state at most 1000 t a load: check the unit", _LOG
    ),
    Rule("uk.tonnage.formula", _ERROR, "the tonnage does not follow from its weights: recalculate it", _LOG),
    Rule("uk.tonnage.missing", _WARNING, "a load without its tonnage: weigh it and upload again", _LOG),
    Rule("uk.date.impossible", _ERROR, "write a day as 2026-01-31 or a month as 2026-01", _LOG),
    Rule(
        "uk.country.unknown",
        _WARNING,
        "the country of the overseas site is not known: choose it from the log's list",
        _LOG,
    ),
    Rule("uk.date.missing", _WARNING, "without its date this is no fact yet: state the date", _LOG),
    Rule("uk.date.order", _WARNING, "the dates of this load are out of order: check them", _LOG),
    Rule(
        "uk.material.unknown",
        _WARNING,
        "choose a description of the log's list; the load has no material",
        _LOG,
    ),
    Rule("uk.ewc.form", _WARNING, "write the six digits of a List of Waste code; it does not travel", _LOG),
    Rule(
        "uk.ewc.chapter",
        _WARNING,
        "chapter 01 is waste from mining, not packaging: choose the code of the packaging",
        "Decision 2000/532/EC",
    ),
    Rule(
        "uk.ewc.asterisk",
        _WARNING,
        "the asterisk differs from the List of Waste, whose entry decides: correct the code",
        "Decision 2000/532/EC",
    ),
    Rule("uk.basel.form", _WARNING, "write one Basel or OECD code, such as B3011; it does not travel", _LOG),
    Rule(
        "uk.customs.heading",
        _WARNING,
        "no customs heading of packaging waste: write it as text, with its leading zero",
        "Harmonised System",
    ),
)
RULES_BY_ID = {rule.id: rule for rule in RULES}
