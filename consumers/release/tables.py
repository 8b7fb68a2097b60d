"""The tables of a hub: their cells, made of settings and code lists and never of data.

The tables share one leaf: each dimension at the finest level that any of them shows. What is
behind a leaf is published together or not at all, whichever table shows it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import product
from math import prod

import polars as pl

from consumers.disclosure.problem import Rules
from schemas import codes
from schemas.errors import ConfigurationError
from schemas.settings import ReleaseSettings, TableSettings

DIMENSIONS = ("region", "partner", "material", "operation")
ALL = "ALL"
CROSS_BORDER = ("EXPORT", "IMPORT")
UNMAPPED = "UNMAPPED"
CELLS_MAX = 200_000
# This quarter, four before it, and everything older as one.
PERIODS = 6
EARLIER = "earlier"
LEVELS: Mapping[str, tuple[str, ...]] = {
    "region": ("country", "part"),
    "partner": ("country",),
    "material": ("group", "category", "material"),
    "operation": ("class",),
}
_UNKNOWN_PART = "ZZ"
# 0 to 2.4 percentage points: enough to blur what can be learned of p, and cheap.
_RAISES_PERMILLE = 25


@dataclass(frozen=True, slots=True)
class Node:
    """A code of a dimension at a level; 0 is the total."""

    level: int
    code: str


@dataclass(frozen=True, eq=False)
class Tree:
    """A dimension: what leads from a code of the hub to those of the tables.

    Attributes:
        name: Of the dimension.
        depth: Number of levels that the tables show.
        paths: Columns `name`, a code as the hub has it, and `<name>_0` (`ALL`) to `<name>_<depth>`.
    """

    name: str
    depth: int
    paths: pl.DataFrame

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of `paths` from coarse to fine, without the total."""
        return tuple(f"{self.name}_{level}" for level in range(1, self.depth + 1))

    @property
    def leaf(self) -> str:
        """The column of `paths` that has the leaf."""
        return f"{self.name}_{self.depth}"

    def nodes(self, depth: int) -> list[Node]:
        """Return the nodes down to a depth, each figure once: of several with the same leaves the finest."""
        found: dict[frozenset[str], Node] = {}
        for level in range(depth + 1):
            column = f"{self.name}_{level}"
            grouped = self.paths.group_by(column, maintain_order=True).agg(pl.col(self.name))
            for code, leaves in grouped.iter_rows():
                found[frozenset(leaves)] = Node(level, code)
        return list(found.values())


@dataclass(frozen=True, slots=True)
class Table:
    """A table: to which depth it goes into each dimension."""

    name: str
    depths: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Tables:
    """The tables of one hub, and the rules under which it publishes them. Confidential.

    Attributes:
        countries: Whose waste is shown.
        owners: The hub that decides for each of them.
        trees: By dimension.
        p_permille: With what the key adds.
    """

    hub: str
    settings: ReleaseSettings
    countries: tuple[str, ...]
    owners: Mapping[str, str]
    trees: Mapping[str, Tree]
    tables: tuple[Table, ...]
    p_permille: int

    @property
    def rules(self) -> Rules:
        """The rules, for blocks as for last ones."""
        return Rules(self.settings.min_groups, self.p_permille)

    @property
    def owned(self) -> frozenset[str]:
        """Countries for which this hub decides."""
        return frozenset(country for country, owner in self.owners.items() if owner == self.hub)

    @property
    def foreign(self) -> frozenset[str]:
        """Countries for which other hubs decide, shown here or not."""
        shown = {country for countries in self.settings.hubs.values() for country in countries}
        return frozenset((shown | set(self.countries)) - self.owned)

    @property
    def has_partner(self) -> bool:
        """Whether a cell tells both ends, so that the books of two countries mirror each other."""
        return self.trees["partner"].depth > 0

    @cached_property
    def size(self) -> int:
        """Number of cells in each epoch."""
        return sum(self._size(table) for table in self.tables)

    def _size(self, table: Table) -> int:
        books = PERIODS * len(self.settings.measures) * len(self.settings.flows)
        return books * prod(len(self.trees[name].nodes(depth)) for name, depth in table.depths.items())

    def cells(self, table: Table, periods: Sequence[str]) -> pl.DataFrame:
        """Return every cell of a table in cell order.

        Returns:
            Columns `period`, `measure`, `flow`, and for each dimension its `<name>_level` and `<name>`.
        """
        return self._books("period", periods).join(self._places[table.name], how="cross")

    def leaves(self, countries: Iterable[str], periods: Sequence[str]) -> pl.DataFrame:
        """Return every leaf of some countries, whichever table shows it.

        Returns:
            Columns `slot`, `measure`, `flow`, and the path of each dimension.
        """
        trees = self.trees
        region = trees["region"].paths.filter(pl.col("region").str.head(2).is_in(list(countries)))
        paths = [region, *(trees[name].paths for name in DIMENSIONS[1:])]
        parts = (
            of.drop(name).unique(maintain_order=True) for name, of in zip(DIMENSIONS, paths, strict=True)
        )
        return self._books("slot", periods).join(_crossed(parts), how="cross")

    def _books(self, name: str, periods: Sequence[str]) -> pl.DataFrame:
        """Return every book of some periods, which stand in the column of that name."""
        books = product(periods, self.settings.measures, self.settings.flows)
        return pl.DataFrame(
            list(books), schema=dict.fromkeys((name, "measure", "flow"), pl.String), orient="row"
        )

    @cached_property
    def _places(self) -> Mapping[str, pl.DataFrame]:
        """The cells of each table, by its name, whatever the book."""
        return {
            table.name: _crossed(self._nodes(name, table.depths[name]) for name in DIMENSIONS)
            for table in self.tables
        }

    def _nodes(self, name: str, depth: int) -> pl.DataFrame:
        nodes = self.trees[name].nodes(depth)
        return pl.DataFrame(
            {f"{name}_level": [node.level for node in nodes], name: [node.code for node in nodes]},
            schema={f"{name}_level": pl.Int8, name: pl.String},
        )


def _crossed(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return all combinations of rows."""
    return reduce(lambda one, other: one.join(other, how="cross"), frames)


def configured(hub: str, settings: ReleaseSettings, key: bytes) -> Tables:
    """Return the tables of a hub.

    Args:
        hub: Its name.
        settings: What it publishes.
        key: A secret of the hub that never changes; it decides by how much p is raised.

    Raises:
        ConfigurationError: The tables have too many cells, or hubs share a region without an owner.
    """
    countries = settings.countries or tuple(sorted(_parts()))
    depths = {
        name: max(_depth(table, name) for table in settings.tables)  # the leaf is as fine as the finest table
        for name in DIMENSIONS
    }
    tables = Tables(
        hub=hub,
        settings=settings,
        countries=countries,
        owners=_owners(hub, settings, countries),
        trees={name: _tree(name, depths[name], countries) for name in DIMENSIONS},
        tables=tuple(
            Table(table.name, {name: _depth(table, name) for name in DIMENSIONS}) for table in settings.tables
        ),
        p_permille=_p_permille(settings, key),
    )
    if tables.size > CELLS_MAX:
        raise ConfigurationError(
            f"the tables have {tables.size:,} cells in each epoch, and {CELLS_MAX:,} are the most",
            hint="name fewer countries, measures or flows, or go less far into a dimension",
        )
    return tables


def _depth(table: TableSettings, name: str) -> int:
    level: str = getattr(table, name)
    return 0 if level == "none" else LEVELS[name].index(level) + 1


def _owners(hub: str, settings: ReleaseSettings, countries: Sequence[str]) -> dict[str, str]:
    if unknown := set(settings.order) - {hub} - settings.hubs.keys():
        raise ConfigurationError(
            f"nobody has said what {min(unknown)} shows", hint="list its countries in [hub.release.hubs]"
        )
    shown = {name: set(theirs) for name, theirs in settings.hubs.items() if name != hub}
    shown[hub] = set(countries)
    return {country: _owner(country, shown, settings) for country in countries}


def _owner(country: str, shown: Mapping[str, set[str]], settings: ReleaseSettings) -> str:
    hubs = [name for name, countries in shown.items() if country in countries]
    if len(hubs) == 1:
        return hubs[0]
    owner = settings.owners.get(country)
    if owner not in hubs:
        raise ConfigurationError(
            f"{country} is shown by {' and '.join(sorted(hubs))}, and none of them is its owner",
            hint="name one of them in [hub.release.owners], the same with all of them",
        )
    return owner


def _p_permille(settings: ReleaseSettings, key: bytes) -> int:
    """Return p with the largest of what the key adds for the tables, as they are decided together."""
    raises = (_raise_permille(key, table.name) for table in settings.tables)
    return min(10 * settings.p_percent + max(raises), 1_000)


def _raise_permille(key: bytes, table: str) -> int:
    digest = hmac.digest(key, b"weighbridge p of a table\0" + table.encode(), hashlib.sha256)
    return int.from_bytes(digest[:8]) % _RAISES_PERMILLE


def _tree(name: str, depth: int, countries: Iterable[str]) -> Tree:
    paths = _paths(name, countries)
    columns: dict[str, list[str]] = {name: list(paths), f"{name}_0": [ALL] * len(paths)}
    for level in range(1, depth + 1):
        columns[f"{name}_{level}"] = [path[level - 1] for path in paths.values()]
    return Tree(name, depth, pl.DataFrame(columns))


def _paths(name: str, countries: Iterable[str]) -> dict[str, tuple[str, ...]]:
    match name:
        case "region":
            return _regions(countries)
        case "partner":
            return {code: (code,) for code in _countries()}
        case "material":
            return _materials()
        case _:
            return _operations()


def _countries() -> list[str]:
    return [row["code"] for row in codes.rows("countries")]


def _regions(countries: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return country and part by code; without parts a country is its own part."""
    unknown = set(countries) - set(_countries())
    if unknown:
        raise ConfigurationError(f"{min(unknown)} is no country", hint="two letters, as in ISO 3166-1")
    paths: dict[str, tuple[str, ...]] = {}
    for country in countries:
        parts = [*_parts()[country], f"{country}-{_UNKNOWN_PART}"] if country in _parts() else [country]
        paths |= {part: (country, part) for part in parts}
    return paths


def _parts() -> dict[str, list[str]]:
    """Return the largest parts of each country that has any, as the hub's facts tell them."""
    rows = [(row["parent"], row["code"]) for row in codes.rows("regions") if "-" in row["code"]]
    inner = {code for parent, code in rows if "-" in parent}
    parts: dict[str, list[str]] = {}
    for parent, code in rows:
        if "-" not in parent and code.startswith(f"{parent}-") and code not in inner:
            parts.setdefault(parent, []).append(code)
    return {country: sorted(found) for country, found in parts.items()}


def _materials() -> dict[str, tuple[str, ...]]:
    parent = {row["code"]: row["parent"] for row in codes.rows("materials")}
    inner = set(parent.values())
    return {code: _path(code, parent) for code in parent if code not in inner}


def _path(code: str, parent: Mapping[str, str]) -> tuple[str, ...]:
    """Return the codes above one, coarse to fine, then itself as often as levels are left."""
    path = [code]
    while parent[path[0]] != ALL:
        path.insert(0, parent[path[0]])
    return (*path, *[code] * (len(LEVELS["material"]) - len(path)))


def _operations() -> dict[str, tuple[str, ...]]:
    classes = sorted({row["class"] for row in codes.rows("operation_class")})
    return {code: (code,) for code in (*classes, UNMAPPED)}
