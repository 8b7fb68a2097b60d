"""Rules about a file as a whole and its syntax, the same for every adapter."""

from __future__ import annotations

from schemas.findings import Rule, Severity

_JSON = "RFC 8259"
_CSV = "RFC 4180"
_ARCHIVE = "PKWARE APPNOTE, RFC 1952, POSIX pax"
_XML = "Extensible Markup Language (XML) 1.0"

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
        "csv.rows.broken",
        Severity.ERROR,
        "more than 1,000 rows on end cannot be read: look for a quotation mark that is never closed before "
        "them, and export the file again; the rest was not read",
        "weighbridge",
    ),
    Rule(
        "xml.syntax",
        Severity.ERROR,
        "no well-formed XML from here on; the rest was not read: export it again",
        _XML,
    ),
    Rule("xml.truncated", Severity.ERROR, "the file ends in the middle: send the whole file again", _XML),
    Rule(
        "xml.encoding",
        Severity.ERROR,
        "save the file as UTF-8, and let its first line say so; the rest was not read",
        f"{_XML}, section 4.3.3",
    ),
    Rule(
        "xml.dtd",
        Severity.ERROR,
        "remove the document type declaration and its entities: nothing of such a file is read",
        "weighbridge: entities can name files and grow without bounds",
    ),
    Rule(
        "xml.depth",
        Severity.ERROR,
        "more than 256 elements inside each other: no document is so deep; the rest was not read",
        "weighbridge",
    ),
    Rule(
        "xml.size",
        Severity.ERROR,
        "one document is larger than 8 MB or 100,000 elements, attachments left out: split it; "
        "the rest was not read",
        "weighbridge",
    ),
    Rule(
        "file.unreadable",
        Severity.ERROR,
        "the file cannot be opened or read: look at its owner, its permissions and the disk",
        "weighbridge",
    ),
    Rule(
        "archive.broken",
        Severity.ERROR,
        "the archive, or this member, is damaged or cut off; its rest was not read: pack and send it again",
        _ARCHIVE,
    ),
    Rule("archive.encrypted", Severity.ERROR, "a password protects it: send it without one", _ARCHIVE),
    Rule("archive.method", Severity.ERROR, "pack it again as plain ZIP (deflate) or .tar.gz", _ARCHIVE),
    Rule(
        "archive.members",
        Severity.ERROR,
        "more than 10,000 members; the rest was not read: split the archive",
        "weighbridge",
    ),
    Rule(
        "archive.size",
        Severity.ERROR,
        "it unpacks to more than 8 GB, or to 200 times its size, or one member to more than 1 GB; the rest "
        "was not read: send the files unpacked or split",
        "weighbridge",
    ),
    Rule(
        "archive.nested",
        Severity.ERROR,
        "archives in archives in archives; the rest was not read: unpack one level",
        "weighbridge",
    ),
    Rule(
        "source.refused",
        Severity.ERROR,
        "the service does not give this document: look at what its user may see",
        "weighbridge",
    ),
    Rule(
        "source.empty",
        Severity.ERROR,
        "the row has no document: fill the column, or leave such rows out with a view",
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
