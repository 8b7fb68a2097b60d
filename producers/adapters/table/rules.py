"""Rules of tables: what is wrong, how severe, what to do about it.

They are about a file and its rows under a mapping; what every statement has to pass stands in
`producers.harmonise` and `producers.validate`. No rule ever quotes a cell.
"""

from __future__ import annotations

from schemas.findings import Rule, Severity

_OURS = "weighbridge"
_XLSX = "ECMA-376"
_PARQUET = "Apache Parquet"
_LOW = "Decision 2000/532/EC"
_ERROR = Severity.ERROR
_WARNING = Severity.WARNING

RULES = (
    Rule("table.file.empty", _ERROR, "there is no header row: export the table again", _OURS),
    Rule(
        "table.file.format",
        _ERROR,
        "this is not the format that the mapping declares: export the table as that, or change `format`",
        _OURS,
    ),
    Rule(
        "table.xlsx.old",
        _ERROR,
        "an old workbook or one with a password: save it as .xlsx, without a password",
        _OURS,
    ),
    Rule("table.xlsx.broken", _ERROR, "no workbook that can be read: open it and save it as .xlsx", _XLSX),
    Rule("table.xlsx.sheet", _ERROR, "the workbook has no sheet of this name: mend `sheet`", _OURS),
    Rule(
        "table.xlsx.size",
        _ERROR,
        "more than 4 million cells from the first to the last, 32,767 characters in a cell, 128 MB of text, "
        "or 256 MB unpacked: delete what stands far out, split it, or export it as CSV, which may be of any "
        "size",
        "weighbridge: a workbook has to fit the memory",
    ),
    Rule("table.parquet.broken", _ERROR, "no Parquet file that can be read: write it again, whole", _PARQUET),
    Rule(
        "table.parquet.size",
        _ERROR,
        "the mapped columns of one row group take more than 80 MB unpacked, or the file has more than 80 "
        "million rows: write the file again with fewer rows a group, and no remarks in the columns of codes, "
        "or split it",
        "weighbridge: a page of a column has to fit the memory",
    ),
    Rule(
        "table.column.missing",
        _ERROR,
        "these columns of the mapping are not in the table: mend the mapping or the export, or delete those "
        "keys of the mapping that are not needed and have no column; look at `header_row`, `sheet` and "
        "`delimiter` too",
        _OURS,
    ),
    Rule(
        "table.column.repeated",
        _ERROR,
        "several columns have this name, and the mapping uses it: name them apart",
        _OURS,
    ),
    Rule(
        "table.column.undecided",
        _WARNING,
        "the mapping says nothing of these columns, so they are not read: map them or list them in `ignore`",
        _OURS,
    ),
    Rule(
        "table.row.width",
        _ERROR,
        "the row has not as many cells as the header: look for a delimiter or line end inside a cell, and "
        "put that cell between quotation marks",
        "RFC 4180",
    ),
    Rule("table.row.kind", _ERROR, "a row is an object {column: value} with every column", _OURS),
    Rule(
        "table.row.repeated",
        _ERROR,
        "another row of the file has the same identity and version: name more columns in `document`, or "
        "delete the row",
        _OURS,
    ),
    Rule(
        "table.row.unselected",
        _WARNING,
        "no `when` of the mapping is about this row: nothing is published of it, nothing is taken back",
        _OURS,
    ),
    Rule(
        "table.row.silent",
        _WARNING,
        "the row has no date, so nothing has happened yet: nothing is published of it",
        _OURS,
    ),
    Rule(
        "table.cell.formula",
        _ERROR,
        "a formula failed here: mend it in the workbook, and export the table again",
        _OURS,
    ),
    Rule("table.cell.kind", _ERROR, "the cell holds more than one value: export one value a cell", _OURS),
    Rule(
        "table.cell.size",
        _ERROR,
        "more than 200 characters: the mapping takes a column of remarks for one of codes, numbers or names",
        _OURS,
    ),
    Rule(
        "table.cell.digits",
        _ERROR,
        "more digits than a number keeps, so the last ones are lost: format the column as text and enter it "
        "again",
        _OURS,
    ),
    Rule("table.cell.encoding", _ERROR, "the text is no UTF-8: write the file again", _PARQUET),
    Rule("table.document.missing", _ERROR, "without it nobody knows which row this is: fill it in", _OURS),
    Rule("table.revision.form", _ERROR, "number the versions with whole numbers from 0", _OURS),
    Rule(
        "table.recorded_at.form",
        _ERROR,
        "write when the row was changed, in the format of the mapping; no system is older than 1970",
        _OURS,
    ),
    Rule(
        "table.reference.missing",
        _ERROR,
        "no reference of the movement is filled in: fill in one of those of the mapping",
        _OURS,
    ),
    Rule(
        "table.notification.form",
        _ERROR,
        "write the notification number, such as BE 0012 003456, and a serial number of up to six digits",
        "Implementing Regulation (EU) 2025/1290, Article 15",
    ),
    Rule(
        "table.annex_vii.form",
        _ERROR,
        "write the Annex VII number, such as GLW.BE26001234567",
        "Implementing Regulation (EU) 2025/1290, Article 15",
    ),
    Rule("table.side.unknown", _ERROR, "origin, destination, transit or domestic: add `words`", _OURS),
    Rule("table.side.missing", _ERROR, "fill in from whose books the row comes", _OURS),
    Rule("table.line.form", _ERROR, "number the wastes of a movement with whole numbers from 0", _OURS),
    Rule(
        "table.date.form",
        _ERROR,
        "no date in the format of the mapping, or none of the calendar; a bare number is a date whose cells "
        "are not formatted as dates",
        _OURS,
    ),
    Rule(
        "table.date.missing",
        _WARNING,
        "the row says that this happened, but not when: fill in the date; nothing is published of it",
        _OURS,
    ),
    Rule(
        "table.date.order",
        _WARNING,
        "the waste arrives, or is treated, before it left: check the dates",
        _OURS,
    ),
    Rule(
        "table.country.unknown",
        _ERROR,
        "no country that is known: write its two letters, or add the word to `words` of the mapping",
        "ISO 3166-1",
    ),
    Rule("table.country.missing", _WARNING, "the country counts as unknown: fill it in", _OURS),
    Rule(
        "table.region.form",
        _WARNING,
        "no code of a region: write it as BE-VLG, or add the word to `words`; it is not published",
        "ISO 3166-2, NUTS",
    ),
    Rule(
        "table.low.form",
        _WARNING,
        "write the six digits of a List of Waste code; where a leading zero was lost, format the column as "
        "text; it is not published",
        _LOW,
    ),
    Rule(
        "table.low.asterisk",
        _WARNING,
        "an asterisk on a waste that is not hazardous by the List of Waste: correct the code",
        _LOW,
    ),
    Rule(
        "table.hazardous.conflict",
        _WARNING,
        "the List of Waste says otherwise: correct the code or the column; it travels as stated",
        _LOW,
    ),
    Rule(
        "table.basel.form",
        _WARNING,
        "write one Basel or OECD code, such as B3011 or GC010; it is not published",
        _OURS,
    ),
    Rule(
        "table.hs.form",
        _WARNING,
        "write a customs code of 6, 8 or 10 digits as text, with its leading zero; it is not published",
        "Harmonised System",
    ),
    Rule(
        "table.code.form",
        _WARNING,
        "a code has up to eight letters and digits, and a digit: write the code alone; it is not published",
        _OURS,
    ),
    Rule("table.hazardous.unknown", _ERROR, "neither yes nor no: add the word to `words`", _OURS),
    Rule(
        "table.operation.form",
        _WARNING,
        "write an operation, R1 to R13 or D1 to D15; it is not published",
        "Directive 2008/98/EC, Annexes I and II",
    ),
    Rule(
        "table.number.form",
        _ERROR,
        "no number in the notation of the mapping: write digits and the `decimal` sign, no unit; where "
        "groups of three are separated, declare `thousands`",
        _OURS,
    ),
    Rule(
        "table.quantity.missing",
        _WARNING,
        "the row states no quantity: it counts as unknown, never as zero",
        _OURS,
    ),
    Rule(
        "table.unit.unknown",
        _ERROR,
        'no unit that is known: add the word to `words`, such as t = "TNE"',
        "UN/ECE Recommendation 20",
    ),
    Rule("table.unit.missing", _ERROR, "a quantity without its unit: fill it in", _OURS),
    Rule("table.basis.unknown", _ERROR, "neither weighed nor estimated: add the word to `words`", _OURS),
    Rule("table.count.form", _ERROR, "write the number of loads as a whole number from 0", _OURS),
)
RULES_BY_ID = {rule.id: rule for rule in RULES}
