"""An adapter that fails with what it reads on its lips, in each way in which one can."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, BinaryIO, ClassVar

from pydantic import BaseModel, TypeAdapter

from producers.statement import Company, Identity, Place, Quantity, Reading, Statement, When
from schemas.confidentiality import Confidentiality
from schemas.findings import Rule
from schemas.movement import Basis, Side, Stage

GOOD: Any = Statement(
    line_number=0,
    stage=Stage.RECEIVED,
    side=Side.DOMESTIC,
    when=When(date(2026, 1, 5)),
    movement_reference="XX:1",
    origin=Place("GB"),
    destination=Place("GB"),
    quantity=Quantity(Decimal(1), "TNE", Basis.WEIGHED),
)


class Failure(BaseException):
    """What no handler of exceptions takes."""


def chained(text: str) -> None:
    """Fail while a failure is being handled."""
    try:
        json.loads(text)
    except ValueError as error:
        raise RuntimeError(text) from error


def unhashable(text: str) -> None:
    """Fail as a library does that shows its input."""
    TypeAdapter(int).validate_python(text)


def undecodable(text: str) -> None:
    """Fail with the bytes as an attribute."""
    (text.encode() + b"\xff").decode("ascii")


def raising(kind: Callable[[str], BaseException]) -> Callable[[str], None]:
    """Return what raises an exception of a kind with a text."""

    def fail(text: str) -> None:
        raise kind(text)

    return fail


RAISED: dict[str, Callable[[str], None]] = {
    "value": raising(ValueError),
    "key": raising(KeyError),
    "attribute": raising(AttributeError),
    "system": raising(OSError),
    "numbered-system": raising(lambda text: OSError(5, text, text)),
    "missing": raising(lambda text: FileNotFoundError(2, text, text)),
    "module": raising(lambda text: ModuleNotFoundError(text, name=text)),
    "assertion": raising(AssertionError),
    "memory": raising(MemoryError),
    "stop": raising(StopIteration),
    "exit": raising(SystemExit),
    "base": raising(Failure),
    "chained": chained,
    "pydantic": unhashable,
    "unicode": undecodable,
}
# Statements that no adapter may make, for what protects, encodes or counts them.
STATED: dict[str, Callable[[str], Any]] = {
    "line": lambda text: GOOD._replace(line_number=text),
    "stage": lambda text: GOOD._replace(stage=text),
    "side": lambda text: GOOD._replace(side=text),
    "day": lambda text: GOOD._replace(when=When(text)),  # type: ignore[arg-type]  # what is attacked
    "country": lambda text: GOOD._replace(origin=Place(text)),
    "region": lambda text: GOOD._replace(destination=Place("GB", text)),
    "transit": lambda text: GOOD._replace(transit_countries=(text,)),
    "operation": lambda text: GOOD._replace(operation_code=text, native_operation_code=text),
    "unit": lambda text: GOOD._replace(quantity=Quantity(Decimal(1), text, Basis.WEIGHED)),
    "basis": lambda text: GOOD._replace(quantity=Quantity(Decimal(1), "TNE", text)),  # type: ignore[arg-type]  # as above
    "quantity": lambda text: GOOD._replace(quantity=text),
    "count": lambda text: GOOD._replace(load_count=text),
    "great-count": lambda _: GOOD._replace(load_count=1 << 70),
    "company": lambda text: GOOD._replace(contributor=Company(text, text)),
    "no-company": lambda text: GOOD._replace(contributor=text),
    "relation": lambda text: GOOD._replace(related=((text, text),)),
    "instant": lambda text: GOOD._replace(release_at=text),
    "no-statement": lambda text: text,
}


class Document(BaseModel):
    """One document."""

    text: Annotated[str, Confidentiality.NEVER]


class Leaky:
    """Takes a file for one document, and does with it what `--set how=` says."""

    name: ClassVar[str] = "leaky"
    source_format: ClassVar[str] = "leaky/1"
    version: str = "1"
    default_agency: str = "QX-LEAKY"
    settings: ClassVar[Mapping[str, str]] = {"how": "what to do"}
    native_models: ClassVar[tuple[type[BaseModel], ...]] = (Document,)
    rules: ClassVar[tuple[Rule, ...]] = ()
    has_complete_sets: ClassVar[bool] = False

    def __init__(self, values: Mapping[str, str]) -> None:
        """Take what to do."""
        self.how = values["how"]

    def read(self, stream: BinaryIO) -> Iterator[Reading]:
        """Fail, or state what no adapter may state."""
        text = stream.read().decode()
        if self.how in RAISED:
            RAISED[self.how](text)
        yield Reading("$", Identity(f"document of {text}"), (STATED[self.how](text),))
