"""Rules of the green-list bulk template: what is wrong, how severe, what to do about it.

The agency's own service refuses a row that breaks one of its rules, so that is an error
here too. Warnings are what spreadsheets do to numbers, what the service repairs itself,
and what is doubtful but allowed. No rule ever quotes a cell.
"""

from __future__ import annotations

from schemas.findings import Rule, Severity

_DEFRA = "DEFRA, green list waste export, bulk upload, May 2024"
_LAW = "Regulation (EC) 1013/2006, Annex VII and Article 3"
_LIST = "Decision 2000/532/EC"
_OURS = "weighbridge"
_ERROR = Severity.ERROR
_WARNING = Severity.WARNING

RULES = (
    Rule(
        "annex7.account.missing",
        _ERROR,
        "the file does not say whose records it holds: --set account=... "
        "(up to 64 letters, digits, dots, hyphens)",
        _OURS,
    ),
    Rule(
        "annex7.layout.ukm",
        _ERROR,
        "this is the layout UKM (144 columns), of waste moved within the United Kingdom: "
        "use the template for Annex VII records, with 145 columns",
        _DEFRA,
    ),
    Rule(
        "annex7.layout.ukwm",
        _ERROR,
        "this is the layout UKWM (184 columns), of waste moved within the United Kingdom: "
        "use the template for Annex VII records, with 145 columns",
        _DEFRA,
    ),
    Rule(
        "annex7.header.other",
        _ERROR,
        "the template has another header here: keep its two first rows and the order of its columns",
        _DEFRA,
    ),
    Rule(
        "annex7.rows.missing",
        _ERROR,
        "this is the empty template: fill in records from the third row on",
        _DEFRA,
    ),
    Rule(
        "annex7.row.cells",
        _ERROR,
        "the row has not 145 cells: export it again, with quotation marks around cells that hold commas",
        _DEFRA,
    ),
    Rule("annex7.reference.missing", _ERROR, "give the record a reference of its own", _DEFRA),
    Rule("annex7.reference.form", _ERROR, "a reference has 2 to 20 letters and digits, nothing else", _DEFRA),
    Rule(
        "annex7.reference.repeated",
        _ERROR,
        "the reference repeats that of an earlier row of this file, which counts: give this row its own, "
        "or send it in a later file if it corrects that row",
        _OURS,
    ),
    Rule(
        "annex7.reference.first",
        _WARNING,
        "this is the earlier row, whose reference a later row of this file repeats: this one counts",
        _OURS,
    ),
    Rule(
        "annex7.listing.missing",
        _ERROR,
        "state one code of Basel Annex IX, OECD, Annex IIIA or IIIB, or `yes` for a laboratory",
        _LAW,
    ),
    Rule("annex7.listing.several", _ERROR, "state a code in one of these columns only", _LAW),
    Rule(
        "annex7.listing.laboratory",
        _ERROR,
        "unlisted waste for a laboratory has no code: empty this column or the codes",
        _LAW,
    ),
    Rule(
        "annex7.basel.unknown",
        _ERROR,
        "state one code of Basel Annex IX, such as B1010: `weighbridge codes find` shows them",
        _DEFRA,
    ),
    Rule(
        "annex7.oecd.unknown",
        _ERROR,
        "state one green-list code of the OECD, such as GB040: `weighbridge codes find` shows them",
        _DEFRA,
    ),
    Rule(
        "annex7.iiia.unknown",
        _ERROR,
        "state two or more whole codes with semicolons between them, such as B1010;B1050",
        "Regulation (EC) 1013/2006, Annex IIIA",
    ),
    Rule(
        "annex7.iiib.unknown",
        _ERROR,
        "state BEU04 or BEU05",
        "Regulation (EC) 1013/2006, Annex IIIB",
    ),
    Rule("annex7.laboratory.unknown", _ERROR, "write `yes` or leave the cell empty", _DEFRA),
    Rule("annex7.laboratory.short", _WARNING, "write `yes` in full: the service takes nothing else", _DEFRA),
    Rule("annex7.ewc.missing", _ERROR, "state at least one List of Waste code", _DEFRA),
    Rule("annex7.ewc.count", _ERROR, "state at most five List of Waste codes", _DEFRA),
    Rule(
        "annex7.ewc.unknown",
        _ERROR,
        "state six digits of the List of Waste, leading zeros too, with semicolons between codes",
        _LIST,
    ),
    Rule("annex7.ewc.repeated", _WARNING, "a code is there twice: state it once", _OURS),
    Rule(
        "annex7.ewc.hazardous",
        _WARNING,
        "the List of Waste calls this hazardous, and the green list is for waste that is not: check the code",
        _LAW,
    ),
    Rule(
        "annex7.ewc.asterisk",
        _WARNING,
        "the List of Waste has no asterisk at this code: correct it",
        _LIST,
    ),
    Rule(
        "annex7.national.form",
        _ERROR,
        "a national code has up to 50 letters, digits, blanks, hyphens and backslashes",
        _DEFRA,
    ),
    Rule(
        "annex7.national.text",
        _WARNING,
        "no code that can be told from a text (up to eight letters and digits, one digit at least): "
        "it is not published",
        _OURS,
    ),
    Rule("annex7.description.missing", _ERROR, "describe the waste", _DEFRA),
    Rule("annex7.description.long", _ERROR, "describe the waste in at most 100 characters", _DEFRA),
    Rule("annex7.quantity.missing", _ERROR, "state tonnes, cubic metres or kilograms", _DEFRA),
    Rule("annex7.quantity.several", _ERROR, "state one of tonnes, cubic metres and kilograms", _DEFRA),
    Rule(
        "annex7.quantity.number",
        _ERROR,
        "write digits, and at most ten decimals behind a point; no unit and no commas",
        _DEFRA,
    ),
    Rule(
        "annex7.quantity.range",
        _ERROR,
        "more than 0 and less than 1,000,000 tonnes or cubic metres, after rounding to two decimals",
        _DEFRA,
    ),
    Rule(
        "annex7.kilograms.range",
        _ERROR,
        "more than 0 and at most 25 kilograms, after rounding to two decimals",
        _DEFRA,
    ),
    Rule(
        "annex7.kilograms.listed",
        _ERROR,
        "kilograms are for unlisted waste that goes to a laboratory: state tonnes or cubic metres",
        _DEFRA,
    ),
    Rule(
        "annex7.kilograms.missing",
        _ERROR,
        "unlisted waste that goes to a laboratory is stated in kilograms",
        _DEFRA,
    ),
    Rule("annex7.flag.unknown", _ERROR, "write `estimate` or `actual`", _DEFRA),
    Rule("annex7.date.missing", _ERROR, "state the date of collection", _DEFRA),
    Rule("annex7.date.form", _ERROR, "write the date as day, month and year: 31/01/2026", _DEFRA),
    Rule(
        "annex7.date.serial",
        _WARNING,
        "a spreadsheet made a number of the date, which was turned back: format the column as text",
        _OURS,
    ),
    Rule("annex7.party.absent", _ERROR, "this part of the form is compulsory: fill it in", _DEFRA),
    Rule("annex7.party.incomplete", _ERROR, "this cell is compulsory: fill it in", _DEFRA),
    Rule("annex7.text.long", _ERROR, "shorten the text: 250 characters, means of transport 200", _DEFRA),
    Rule(
        "annex7.nation.unknown", _ERROR, "write England, Scotland, Wales or Northern Ireland in full", _DEFRA
    ),
    Rule("annex7.postcode.form", _ERROR, "write a postcode of the United Kingdom or none", _DEFRA),
    Rule(
        "annex7.phone.form",
        _ERROR,
        "write the number with its leading 0, 00 or +: digits, blanks, hyphens and brackets",
        _DEFRA,
    ),
    Rule(
        "annex7.phone.number",
        _WARNING,
        "a spreadsheet made a number of the phone or fax number: format the column as text",
        _OURS,
    ),
    Rule("annex7.email.form", _ERROR, "write one e-mail address", _DEFRA),
    Rule("annex7.country.unknown", _ERROR, "write the whole name of the country or its ISO code", _DEFRA),
    Rule(
        "annex7.country.home",
        _ERROR,
        "waste that stays in the United Kingdom needs no Annex VII record: state the country abroad",
        _DEFRA,
    ),
    Rule(
        "annex7.destination.differs",
        _WARNING,
        "not the country of the first facility, which is published as the destination: check both",
        _OURS,
    ),
    Rule(
        "annex7.means.unknown",
        _ERROR,
        "write road, rail, sea, air or inland waterways",
        _DEFRA,
    ),
    Rule(
        "annex7.means.laboratory",
        _ERROR,
        "waste that goes to a laboratory states no means of transport: empty the cell",
        _DEFRA,
    ),
    Rule(
        "annex7.exit.form",
        _WARNING,
        "state places in up to 50 letters, digits, blanks, commas, points, hyphens; it is not published",
        _DEFRA,
    ),
    Rule(
        "annex7.transit.unknown",
        _ERROR,
        "write whole names of countries or ISO codes, with semicolons between them",
        _DEFRA,
    ),
    Rule("annex7.transit.repeated", _WARNING, "a transit country is there twice: it counts once", _OURS),
    Rule(
        "annex7.transit.end",
        _ERROR,
        "the United Kingdom, the importer's and the destination's country are no transit countries",
        _DEFRA,
    ),
    Rule(
        "annex7.facility.missing",
        _WARNING,
        "state the laboratory or the first recovery facility: the importer's country is taken instead",
        _DEFRA,
    ),
    Rule(
        "annex7.facility.laboratory",
        _ERROR,
        "waste that goes to a laboratory has no interim site and no recovery facility: empty this part",
        _DEFRA,
    ),
    Rule(
        "annex7.laboratory.listed",
        _ERROR,
        "listed waste goes to a recovery facility and not to a laboratory: empty this part",
        _DEFRA,
    ),
    Rule("annex7.operation.recovery", _ERROR, "state one recovery code, R1 to R13", _DEFRA),
    Rule("annex7.operation.interim", _ERROR, "an interim operation is R12 or R13", _DEFRA),
    Rule("annex7.operation.disposal", _ERROR, "state one disposal code, D1 to D15", _DEFRA),
    Rule(
        "annex7.disposal.country",
        _WARNING,
        "exports for disposal outside EU and EFTA are prohibited: check code and country",
        "Regulation (EC) 1013/2006, Article 34; Regulation (EU) 2024/1157, Article 37",
    ),
)
RULES_BY_ID = {rule.id: rule for rule in RULES}
