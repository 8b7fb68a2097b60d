"""Files of any size for each adapter, with plausible and seeded documents.

Companies are drawn from as many as a national system knows, so that no cache of pseudonyms looks
better than it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.loads import json_loads, table_loads, xml_loads
from tests.support import tables


@dataclass(frozen=True, slots=True)
class Load:
    """Files of one adapter in one format.

    Attributes:
        make: Text of the document of a number.
        head: What stands before the first document; then `separator` between two, `tail` behind the last.
        values: Settings of the adapter.
    """

    adapter: str
    form: str
    make: Callable[[int], str]
    head: str = ""
    separator: str = "\n"
    tail: str = "\n"
    values: Mapping[str, str] = field(default_factory=dict)

    def write(self, file: Path, *, documents: int | None = None, size_bytes: int | None = None) -> int:
        """Write one file and return how many documents it holds.

        Args:
            file: Where; an existing file is replaced.
            documents: How many; without it as many as `size_bytes` takes.
            size_bytes: Size at which the file ends.
        """
        number = 0
        with file.open("w", encoding="utf-8", newline="") as stream:
            written = stream.write(self.head)
            while number != documents and (size_bytes is None or written < size_bytes):
                written += stream.write((self.separator if number else "") + self.make(number))
                number += 1
            stream.write(self.tail)
        return number


LOADS = {
    load.adapter: load
    for load in (
        Load(
            "eu-movement",
            "xml",
            xml_loads.movement,
            head='<?xml version="1.0" encoding="UTF-8"?>\n<documents>\n',
            tail="\n</documents>\n",
        ),
        Load(
            "fr-registry",
            "csv",
            table_loads.register_line,
            head=table_loads.head(table_loads.REGISTER_FILE, 1),
        ),
        Load("it-rentri", "json", lambda number: json.dumps(json_loads.form(number))),
        Load(
            "table",
            "csv",
            table_loads.load_line,
            head=table_loads.head(table_loads.LOADS_FILE, 1),
            values={"mapping": str(tables.EXAMPLE)},
        ),
        Load(
            "uk-annex-vii",
            "csv",
            table_loads.green_list_row,
            head=table_loads.head(table_loads.GREEN_LIST_FILE, 2),
            values={"account": "bench"},
        ),
        Load(
            "uk-packaging",
            "json",
            lambda number: json.dumps(json_loads.row(number)),
            head=f'{json.dumps(json_loads.UPLOAD)[:-1]}, "rows": [\n',
            separator=",\n",
            tail="]}",
        ),
        Load("uk-receipt", "json", lambda number: json.dumps(json_loads.receipt(number))),
        Load(
            "us-emanifest",
            "json",
            lambda number: json.dumps(json_loads.manifest(number)),
            head="[\n",
            separator=",\n",
            tail="]",
        ),
    )
}


def write_workbook(file: Path, documents: int) -> None:
    """Write the rows of the table adapter as an Excel workbook."""
    file.write_bytes(tables.as_xlsx([table_loads.load(number) for number in range(documents)]))


def cut(file: Path) -> None:
    """Take the end of a file away, as a broken transfer does: all but its last documents are whole."""
    with file.open("r+b") as stream:
        stream.truncate(file.stat().st_size - 200)
