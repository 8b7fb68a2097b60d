"""CSV files as they come: every row in its place, a broken one beside its neighbours, and an end to them."""

from __future__ import annotations

import io

from producers.reading import csv_stream
from producers.reading.csv_stream import BROKEN_ROWS_MAX, ROW_CHARACTERS_MAX, Row
from producers.reading.file_rules import FILE_RULES_BY_ID


def rows(data: bytes, delimiter: str = ",") -> list[Row]:
    """Return the rows of a file."""
    return [row._replace(lines=()) for row in csv_stream.rows(io.BytesIO(data), delimiter)]


def rules(data: bytes) -> list[str | None]:
    """Return what keeps each row of a file from being read."""
    return [row.rule for row in rows(data)]


def test_marks_and_line_ends_are_no_cells() -> None:
    """The mark of UTF-8 and either line end are the file's, not of its first and last cell."""
    expected = [Row(1, ["a", "b"], None, 1), Row(2, ["c", "d"], None, 2)]

    assert expected == rows(b"\xef\xbb\xbfa;b\r\nc;d\r\n", ";")
    assert expected == rows(b"a;b\nc;d", ";")


def test_rows_are_counted_as_people_count_them() -> None:
    """A cell with a line end is on two lines, and in one row; an empty line is a row that is not told."""
    assert [
        Row(1, ["a", "x\ny"], None, 1),
        Row(4, ["b", 'say "no"'], None, 3),
    ] == rows(b'a,"x\ny"\n\nb,"say ""no"""\n')


def test_each_row_is_given_as_written() -> None:
    """Quotation marks, line ends and bytes of another encoding are as they stand in the file."""
    data = b'a,"x\ny"\r\nStra\xdfe,1\n"b"c,1\nlast'

    assert [b'a,"x\ny"\r\n', b"Stra\xdfe,1\n", b'"b"c,1\n', b"last"] == [
        row.source() for row in csv_stream.rows(io.BytesIO(data))
    ]


def test_other_encoding_is_told_in_its_row() -> None:
    """A row that is no UTF-8 hides no other one."""
    assert [None, "csv.encoding", None] == rules(b"a,b\nStra\xdfe,1\nc,d\n")


def test_quotation_mark_inside_a_cell_is_told_in_its_row() -> None:
    """What follows a quoted cell without a delimiter is told, the next row read."""
    assert [None, "csv.row", None] == rules(b'a,b\n"x"y,1\nc,d\n')


def test_row_that_is_too_long_is_told_in_its_place() -> None:
    """A row beyond the limit is passed over, whether it is one line or many in a cell."""
    assert [None, "csv.row.size", None] == rules(b"a\n" + b"x" * (3 * ROW_CHARACTERS_MAX) + b"\nb\n")
    assert "csv.row.size" == rules(b'"' + (b"x" * 1000 + b'\n","') * 2000)[0]


def test_file_of_broken_rows_has_an_end() -> None:
    """After a thousand rows that cannot be read one says that the rest was not read."""
    found = rules(b"a,b\n" + b'"x"y,1\n' * (3 * BROKEN_ROWS_MAX))

    assert [None, *["csv.row"] * BROKEN_ROWS_MAX, "csv.rows.broken"] == found
    assert f"{BROKEN_ROWS_MAX:,}" in FILE_RULES_BY_ID["csv.rows.broken"].hint


def test_broken_rows_among_good_ones_hide_none() -> None:
    """However many rows cannot be read, those between them are, unless a thousand stand on end."""
    data = (b"\xff\n" * BROKEN_ROWS_MAX + b"a\n") * 2

    assert [*["csv.encoding"] * BROKEN_ROWS_MAX, None] * 2 == rules(data)
