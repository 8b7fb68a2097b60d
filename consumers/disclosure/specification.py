"""The specification file of a problem: reads SPEC.toml and the data that it names.

The only way from files to a Problem. Errors name file and key, what is allowed and the
remedy, never a value of the data.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import polars as pl
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from consumers.disclosure import decimals
from consumers.disclosure.decimals import Decimals
from consumers.disclosure.microdata import Microdata
from consumers.disclosure.problem import (
    AGENCY,
    ALL_ATTACKERS,
    AMOUNT_MAX,
    GROUPS,
    IS_PUBLIC,
    IS_WAIVED,
    VALUE,
    AttackerKind,
    Cost,
    Dimension,
    Problem,
    Protection,
    Rules,
    Table,
)
from consumers.disclosure.twins import twins
from schemas.errors import ConfigurationError

_PERCENT_MAX = 100

_Name = Annotated[str, Field(min_length=1)]
_Names = Annotated[list[_Name], Field(min_length=1)]


def _percent(value: Any) -> Decimal:
    number = Decimal(value) if type(value) is int else value
    is_number = isinstance(number, Decimal) and number.is_finite()
    if not is_number or not 1 <= number <= _PERCENT_MAX or number * 10 % 1:
        raise PydanticCustomError("percent", "Input should be 1 to 100 with at most one decimal place")
    return Decimal(number)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class _Data(_Section):
    file: _Name
    value: _Name
    contributor: _Name | None = None
    group: _Name | None = None
    weight: _Name | None = None
    waiver: _Name | None = None
    agency: _Name | None = None
    public: _Name | None = None


class _Rules(_Section):
    min_groups: Annotated[int, Field(ge=3)]
    p_percent: Annotated[Decimal, BeforeValidator(_percent)]
    coalition: Annotated[int, Field(ge=1)] = 1


class _Protection(_Section):
    unions: bool = True
    attackers: list[AttackerKind] | None = None
    cost: Cost = "sqrt"


class _Dimension(_Section):
    name: _Name
    columns: _Names


class _Table(_Section):
    dimensions: _Names


class Specification(_Section):
    """A specification file, section by section."""

    data: _Data
    rules: _Rules
    protection: _Protection = _Protection()
    dimension: Annotated[list[_Dimension], Field(min_length=1)]
    table: list[_Table] = []


def read(path: Path) -> Problem:
    """Return the problem that a specification file states.

    Args:
        path: The specification; the file that it names is relative to it.

    Values are exact, in units of the last decimal place that occurs. Where there are weights, a
    contribution is value times weight, rounded to a unit: the weighted record counts as one
    contributor, which is stricter than to take it for several like it. Without a group the
    contributor is the group, and without both each row is one.

    Raises:
        ConfigurationError: The specification or its data are not what they must be.
    """
    specification = _specification(path)
    _check(path, specification)
    return _problem(path, specification)


def _specification(path: Path) -> Specification:
    try:
        sections = tomllib.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal)
        return Specification.model_validate(sections)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read", hint="name a specification file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: is not TOML in UTF-8: {error}", hint="correct the file") from error
    except ValidationError as error:
        found = "; ".join(_told(error))
        raise ConfigurationError(f"{path}: {found}", hint="correct the specification") from None


def _told(error: ValidationError) -> Iterator[str]:
    """Yield what is wrong with each key, and what is allowed there."""
    for item in error.errors(include_input=False, include_url=False, include_context=False):
        place = ".".join(map(str, item["loc"]))
        if item["type"] == "extra_forbidden":
            yield f"{place}: not a key of this section; allowed are {', '.join(_keys(item['loc']))}"
        else:
            yield f"{place}: {item['msg']}"


def _keys(place: tuple[int | str, ...]) -> list[str]:
    sections: dict[str, type[_Section]] = {
        "data": _Data,
        "rules": _Rules,
        "protection": _Protection,
        "dimension": _Dimension,
        "table": _Table,
    }
    section = sections[str(place[0])] if len(place) > 1 else Specification
    return list(section.model_fields)


def _check(path: Path, specification: Specification) -> None:
    """Refuse what a section may say by itself, but not beside the others."""
    found = [
        *_wrong_dimensions(specification.dimension),
        *_wrong_tables(specification),
        *_wrong_attackers(specification),
    ]
    if found:
        raise ConfigurationError(f"{path}: {'; '.join(found)}", hint="correct the specification")


def _wrong_dimensions(dimensions: list[_Dimension]) -> Iterator[str]:
    taken = {"table", "value", "status"}
    for number, dimension in enumerate(dimensions):
        columns = {dimension.name, f"{dimension.name}_level"}
        if columns & taken:
            yield f"dimension.{number}.name: another column of the results has this name"
        taken |= columns
        if len(set(dimension.columns)) < len(dimension.columns):
            yield f"dimension.{number}.columns: names a column twice"


def _wrong_tables(specification: Specification) -> Iterator[str]:
    names = [dimension.name for dimension in specification.dimension]
    taken: list[set[str]] = []
    for number, table in enumerate(specification.table):
        dimensions = set(table.dimensions)
        if not dimensions <= set(names):
            yield f"table.{number}.dimensions: not a dimension; allowed are {', '.join(names)}"
        if dimensions in taken or len(dimensions) < len(table.dimensions):
            yield f"table.{number}.dimensions: the same table or dimension twice"
        taken.append(dimensions)


def _wrong_attackers(specification: Specification) -> Iterator[str]:
    attackers = specification.protection.attackers
    if attackers is not None and "outsider" not in attackers:
        yield "protection.attackers: without outsider, who is everybody"


def _problem(path: Path, specification: Specification) -> Problem:
    named = specification.data.model_dump(exclude={"file"}, exclude_none=True).values()
    columns = [column for dimension in specification.dimension for column in dimension.columns]
    data = Microdata.read(path.parent / specification.data.file, [*named, *columns])
    values = _values(data, specification.data)
    dimensions = tuple(_dimension(dimension) for dimension in specification.dimension)
    tables = _tables(specification)
    contributions = pl.DataFrame(
        [
            *(codes for dimension in specification.dimension for codes in _codes(data, dimension)),
            values.units.alias(VALUE),
            *_contributors(data, specification.data),
        ]
    )
    return Problem(
        contributions=contributions,
        dimensions=dimensions,
        tables=tables,
        rules=Rules(
            min_groups=specification.rules.min_groups,
            p_permille=int(specification.rules.p_percent * 10),
            coalition=specification.rules.coalition,
        ),
        protection=_protection(specification),
        mirrors=twins(contributions, dimensions, tables),
        decimals=values.places,
    )


def _dimension(dimension: _Dimension) -> Dimension:
    # Named anew: a file's column may have the name of another column of the problem.
    names = (f"{dimension.name}_{level}" for level, _ in enumerate(dimension.columns, start=1))
    return Dimension(dimension.name, tuple(names))


def _codes(data: Microdata, dimension: _Dimension) -> Iterator[pl.Series]:
    codes = [data.codes(column) for column in dimension.columns]
    for coarse, fine in pairwise(codes):
        parents = pl.select(coarse.alias("coarse"), fine.alias("fine"))
        first = parents.select(pl.col("coarse").first().over("fine")).to_series()
        data.refuse(
            fine.name,
            first != coarse,
            f"its code has another parent in {coarse.name} than in a row before",
            hint="give each code one parent, or name the columns from coarse to fine",
        )
    yield from (code.alias(name) for code, name in zip(codes, _dimension(dimension).columns, strict=True))


def _values(data: Microdata, section: _Data) -> Decimals:
    values = data.decimals(section.value)
    if section.weight is not None:
        weights = data.decimals(section.weight)
        data.refuse(section.weight, weights.units < 0, "a negative weight", hint="give weights of 0 or more")
        values = decimals.product(values, weights)
        data.refuse(section.weight, values.units.is_null(), "value times weight is too large", hint=_SMALLER)
    if values.units.abs().cast(pl.Float64).sum() >= AMOUNT_MAX:
        raise ConfigurationError(
            f"{data.path}, {section.value}: the absolute values add up to {AMOUNT_MAX:,} or more "
            "in units of the last decimal place",
            hint=_SMALLER,
        )
    return values


_SMALLER = "round the values to fewer decimal places, or give them in a larger unit"


def _contributors(data: Microdata, section: _Data) -> Iterator[pl.Series]:
    """Yield the columns of a problem that say whose each contribution is."""
    count = data.rows.height
    of_group = section.group or section.contributor
    rows = pl.Series(range(count), dtype=pl.Int64).cast(pl.String)
    group = rows if of_group is None else data.texts(of_group)
    yield pl.select(pl.concat_list(group)).to_series().alias(GROUPS)
    nobody = pl.Series([None], dtype=pl.String).new_from_index(0, count)
    yield (nobody if section.agency is None else data.texts(section.agency)).alias(AGENCY)
    never = pl.Series([False]).new_from_index(0, count)
    for column, name in ((section.waiver, IS_WAIVED), (section.public, IS_PUBLIC)):
        yield (never if column is None else data.flags(column)).alias(name)


def _tables(specification: Specification) -> tuple[Table, ...]:
    names = [dimension.name for dimension in specification.dimension]
    of_tables = [table.dimensions for table in specification.table] or [names]
    return tuple(Table(" x ".join(dimensions), tuple(dimensions)) for dimensions in of_tables)


def _protection(specification: Specification) -> Protection:
    section, data = specification.protection, specification.data
    has_column = {"agency": data.agency is not None, "public": data.public is not None}
    chosen = ALL_ATTACKERS if section.attackers is None else section.attackers
    return Protection(
        unions=section.unions,
        attackers=tuple(kind for kind in ALL_ATTACKERS if kind in chosen and has_column.get(kind, True)),
        cost=section.cost,
    )
