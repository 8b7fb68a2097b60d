"""Rules about a file as a whole and its syntax, the same for every adapter."""

from __future__ import annotations

from schemas.findings import Rule, Severity

_JSON = "RFC 8259"
_CSV = "RFC 4180"

FILE_RULES = (
    Rule(
        "json.syntax",
        Severity.ERROR,
        "no JSON from here on, or a number or nesting beyond all use; the rest was not read: export it again",
        _JSON,
    ),
    Rule(
        "json.several",
        Severity.ERROR,
        "something follows the document, and was not read: send it as its own file",
        _JSON,
    ),
    Rule("json.truncated", Severity.ERROR, "the file ends in the middle: send the whole file again", _JSON),
    Rule(
        "json.encoding", Severity.ERROR, "save the file as UTF-8 and send it again", "RFC 8259, section 8.1"
    ),
    Rule(
        "csv.encoding",
        Severity.ERROR,
        "save the file as UTF-8: in a spreadsheet program choose `CSV UTF-8`",
        _CSV,
    ),
    Rule(
        "csv.row",
        Severity.ERROR,
        "a quotation mark or a line end stands where none may: export the row again; mind that a quoted "
        "cell may have swallowed the rows after it",
        _CSV,
    ),
    Rule(
        "csv.row.size",
        Severity.ERROR,
        "one row is longer than 1 MB: look for a quotation mark that is never closed before it",
        "weighbridge",
    ),
    Rule(
        "file.unreadable",
        Severity.ERROR,
        "the file cannot be opened or read: look at its owner, its permissions and the disk",
        "weighbridge",
    ),
    Rule("json.document.size", Severity.ERROR, "one document is larger than 32 MB: split it", "weighbridge"),
    Rule(
        "layout.unknown",
        Severity.ERROR,
        "this is no document of this system: choose its adapter",
        "weighbridge",
    ),
)

FILE_RULES_BY_ID = {rule.id: rule for rule in FILE_RULES}
