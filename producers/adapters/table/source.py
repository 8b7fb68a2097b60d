"""Sources: where a value of a statement comes from, as a key of the mapping says it.

A key names a column, `"Net weight"`, or a column with more about it, `{ column = "Unit",
words = { t = "TNE" } }`, or the same value for every row, `{ value = "FR" }`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pydantic import BaseModel
from pydantic_core import PydanticCustomError

from producers.adapters.table.cells import folded
from producers.adapters.table.date_format import DateFormat
from producers.adapters.table.meaning import Meaning

DATE_WANTED = '"iso", or day, month and year in their order, such as "dd/mm/yyyy" or "yyyy-mm-dd hh:mm"'


class Source(NamedTuple):
    """A column of the table, or a constant.

    Attributes:
        column: Name in the header row, None for a constant.
        words: What the cells say, folded, and what it means.
        value: The constant, as the mapping has it.
        form: Format of dates, None for that of the table.
    """

    column: str | None = None
    words: tuple[tuple[str, str], ...] = ()
    value: str | None = None
    form: DateFormat | None = None


def mistake(what: str) -> PydanticCustomError:
    """Return the error of a key; `what` says what is wrong and what to write instead."""
    # Braces of examples are no placeholders.
    return PydanticCustomError("mapping", "{what}", {"what": what})


def cell(raw: object) -> Source:
    """Return a source that is a column and no more."""
    return _source(raw, frozenset({"column"}))


def date_cell(raw: object) -> Source:
    """Return a source that is a column of dates, with its format where it has one of its own."""
    return _source(raw, frozenset({"column", "format"}))


def meant(raw: object, meaning: Meaning) -> Source:
    """Return a source whose cells, words or constant have a meaning."""
    if isinstance(raw, str) and meaning.read(raw) is not None:
        raise mistake(
            f'a column of this name, or the same for every row? Write {{ column = "{raw}" }} or '
            f'{{ value = "{raw}" }}'
        )
    source = _source(raw, frozenset({"column", "words", "value"}))
    stated = ([] if source.value is None else [source.value]) + [word for _, word in source.words]
    wrong = [item for item in stated if meaning.read(item) is None]
    if wrong:
        raise mistake(f"{_listed(wrong)} cannot stand here: write {meaning.wanted}")
    return source


def read_date_format(raw: object) -> DateFormat:
    """Return the format of dates that a text names."""
    form = DateFormat(raw.strip().lower()) if isinstance(raw, str) else None
    if form is None or not form.is_known():
        raise mistake(f"no format of dates: write {DATE_WANTED}; the year has four digits")
    return form


def sources(value: object) -> list[Source]:
    """Return every source in a part of the mapping, in its order."""
    if isinstance(value, Source):
        return [value]
    if isinstance(value, BaseModel):
        value = [getattr(value, name) for name in type(value).model_fields]
    if isinstance(value, dict):
        value = list(value.values())
    return [item for part in value for item in sources(part)] if isinstance(value, list | tuple) else []


def _source(raw: object, allowed: frozenset[str]) -> Source:
    if isinstance(raw, str):
        return Source(_name(raw))
    shapes = _shapes(allowed)
    if not isinstance(raw, dict):
        raise mistake(f"write {shapes}")
    unknown = sorted(set(raw) - allowed)
    if unknown:
        raise mistake(f"{_listed(unknown)} has no meaning here: write {shapes}")
    if ("column" in raw) == ("value" in raw) or ("value" in raw and len(raw) > 1):
        raise mistake(f"state either a column or a value: write {shapes}")
    return Source(
        column=_name(raw["column"]) if "column" in raw else None,
        words=_words(raw.get("words", {})),
        value=_text(raw["value"]) if "value" in raw else None,
        form=read_date_format(raw["format"]) if "format" in raw else None,
    )


def _shapes(allowed: frozenset[str]) -> str:
    shapes = ['"Name of a column"']
    if "format" in allowed:
        shapes.append('{ column = "Name", format = "dd/mm/yyyy" }')
    if "words" in allowed:
        shapes.append('{ column = "Name", words = { "word in a cell" = "what it means" } }')
    if "value" in allowed:
        shapes.append('{ value = "the same for every row" }')
    return " or ".join(shapes)


def _name(raw: object) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise mistake('name a column of the table as its header row does: write "Name of a column"')
    return " ".join(raw.split())


def _text(raw: object) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise mistake('a value is a text between quotation marks: write { value = "..." }')
    return raw.strip()


def _words(raw: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(raw, dict) or any(not isinstance(word, str) for word in raw.values()):
        raise mistake('words are pairs of texts: write words = { "word in a cell" = "what it means" }')
    words = {folded(word): meaning.strip() for word, meaning in raw.items()}
    if len(words) < len(raw):
        raise mistake("two words differ in capitals or blanks only: keep one of them")
    return tuple(sorted(words.items()))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
