"""Small Excel workbooks, written part by part, so that a test can spoil any of them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from xml.sax.saxutils import escape

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_FIRST_DAY = date(1899, 12, 30)
_SECONDS_PER_DAY = 86400
# Formats of the styles below: 14 is a date, 22 a date with a time.
_DATE_STYLE, _TIME_STYLE = 1, 2

PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet2.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="Loads" sheetId="1" r:id="r2"/><sheet name="Notes" sheetId="2" r:id="r1"/>'
    "</sheets></workbook>",
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{_OFFICE}/worksheet" Target="/xl/worksheets/sheet2.xml"/>'
    f'<Relationship Id="r3" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet {_MAIN}><cellXfs count="3">'
    '<xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/></cellXfs></styleSheet>',
    "xl/worksheets/sheet1.xml": f'<worksheet {_MAIN}><sheetData><row r="1"><c r="A1" t="inlineStr">'
    "<is><t>Look at the other sheet</t></is></c></row></sheetData></worksheet>",
}


class FormulaError(str):
    """A cell whose formula failed."""

    __slots__ = ()


def workbook(rows: Iterable[Sequence[object]], **parts: str | bytes) -> bytes:
    """Return a workbook whose first sheet, Loads, holds some rows; the second one is Notes.

    Args:
        rows: Cells: texts, numbers, dates, booleans, FormulaError; None for none.
        parts: Parts in place of those of PARTS; `sheet2` is the sheet itself.
    """
    written = PARTS | {"xl/worksheets/sheet2.xml": parts.pop("sheet2", sheet(rows))} | parts
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in written.items():
            archive.writestr(name, text)
    return packed.getvalue()


def sheet(rows: Iterable[Sequence[object]]) -> str:
    """Return the part of a sheet."""
    lines = (f'<row r="{number}">{"".join(_cells(row, number))}</row>' for number, row in enumerate(rows, 1))
    return f"<worksheet {_MAIN}><sheetData>{''.join(lines)}</sheetData></worksheet>"


def _cells(row: Sequence[object], number: int) -> Iterable[str]:
    for place, value in enumerate(row):
        if value is not None and value != "":
            yield f'<c r="{_letters(place)}{number}"{_cell(value)}</c>'


def _cell(value: object) -> str:
    if isinstance(value, FormulaError):
        return f' t="e"><f>1/0</f><v>{value}</v>'
    if isinstance(value, bool):
        return f' t="b"><v>{int(value)}</v>'
    if isinstance(value, datetime):
        seconds = Decimal((value - datetime.combine(value.date(), datetime.min.time())).seconds)
        return f' s="{_TIME_STYLE}"><v>{_days(value.date()) + seconds / _SECONDS_PER_DAY:.12f}</v>'
    if isinstance(value, date):
        return f' s="{_DATE_STYLE}"><v>{_days(value)}</v>'
    if isinstance(value, int | float | Decimal):
        return f"><v>{value}</v>"
    return f' t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is>'


def _days(on: date) -> int:
    return (on - _FIRST_DAY).days


def _letters(place: int) -> str:
    rest, last = divmod(place, 26)
    return (_letters(rest - 1) if rest else "") + chr(ord("A") + last)
