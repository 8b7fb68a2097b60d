"""Where histories take place: what moves from where to where, and which hubs tell of it in which tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from itertools import product
from typing import Any, NamedTuple, TypeAlias

from consumers.release.tables import Tables, configured
from schemas.settings import Calendar, ReleaseSettings, TableSettings
from tests.support.worlds import Scene

_BY_MATERIAL = TableSettings(name="materials", material="group")
_BY_CATEGORY = TableSettings(name="categories", material="category")
_BY_REGION = TableSettings(name="regions", region="part")
_BY_BOTH = TableSettings(name="both", region="part", material="group")
_BY_PARTNER = TableSettings(name="partners", partner="country")
_NORTH = ("FR", "NL", "SE", "BE", "DK", "FI")
_SOUTH = ("DE", "ES", "AT", "PT", "GR", "PL")
# Two parts of some countries; the others are told by an unknown part, or have none.
_PARTS = {"FR": ("FR-BRE", "FR-IDF"), "DE": ("DE-BE", "DE-BY"), "ES": ("ES-AN", "ES-MD")}
_ABROAD = "IT-25"

_Way: TypeAlias = tuple[str, str]


class Stage(NamedTuple):
    """A scene, and the hubs that tell of it, in the order in which they release."""

    scene: Scene
    hubs: tuple[Tables, ...]

    @property
    def countries(self) -> int:
        """How many countries the hubs tell of."""
        return len({country for of in self.hubs for country in of.countries})


def hub(name: str, countries: tuple[str, ...], **told: Any) -> Tables:
    """Return the tables of a hub of some countries; what is not told is the usual."""
    usual: dict[str, Any] = {
        "epoch": Calendar.WEEK,
        "final_epochs": 2,
        "countries": countries,
        "measures": ("RECEIVED",),
        "flows": ("DOMESTIC",),
        "tables": (_BY_MATERIAL,),
    }
    return configured(name, ReleaseSettings(**usual | told), name.encode())


def _inside(countries: tuple[str, ...]) -> list[_Way]:
    return [(part, part) for country in countries for part in _PARTS.get(country, (country,))]


def _across(north: tuple[str, ...], south: tuple[str, ...]) -> list[_Way]:
    """Return ways between two countries each, there and back, and between one of them and abroad."""
    parts = [[_inside((country,))[0][0] for country in side] for side in (north, south)]
    there = list(zip(*parts, strict=True))
    return [*there, *(way[::-1] for way in there), (parts[0][0], _ABROAD), (_ABROAD, parts[0][0])]


def _alone(**told: Any) -> Callable[[int], Stage]:
    """Return a hub that tells what moves inside of its countries."""

    def stage(size: int) -> Stage:
        countries = (*_NORTH, *_SOUTH)[:size]
        scene = Scene(ways=_inside(countries), measures=told.get("measures", ("RECEIVED",)))
        return Stage(scene, (hub("north", countries, **told),))

    return stage


def _of_public_records(size: int) -> Stage:
    scene, hubs = _alone(tables=(_BY_BOTH,))(size)
    public = frozenset(f"{country}-B" for of in hubs for country in of.countries)
    return Stage(Scene(ways=scene.ways, public=public), hubs)


def _of_measures_by_part(size: int) -> Stage:
    """Return a hub to which a load is dispatched in one part of a country, and received in another."""
    measures = "DISPATCHED", "RECEIVED"
    scene, hubs = _alone(measures=measures, tables=(_BY_BOTH,))(size)
    ways = [(one[0], other[0]) for one, other in product(scene.ways, repeat=2) if one[0][:2] == other[0][:2]]
    return Stage(Scene(ways=ways, measures=measures), hubs)


def _of_exports(size: int) -> Stage:
    """Return a hub with one book, and tables of which none has all dimensions."""
    north, south = _sides(size)
    told: dict[str, Any] = {"flows": ("EXPORT",), "tables": (_BY_MATERIAL, _BY_PARTNER)}
    return Stage(Scene(ways=_across(north, south)), (hub("north", north, **told),))


_BOOKS: dict[str, Any] = {"flows": ("EXPORT", "IMPORT"), "tables": (_BY_MATERIAL, _BY_PARTNER)}


def _of_both_books(size: int, *, tells_both: bool = True) -> Stage:
    north, south = _sides(size)
    scene = Scene(ways=_across(north, south), tells_both=tells_both)
    return Stage(scene, (hub("north", (*north, *south), **_BOOKS),))


def _of_all_flows(size: int) -> Stage:
    """Return a hub that tells what moves inside of its countries, and what comes and goes."""
    north, south = _sides(size)
    both = *north, *south
    told: dict[str, Any] = _BOOKS | {"flows": ("DOMESTIC", "EXPORT", "IMPORT")}
    return Stage(Scene(ways=[*_inside(both), *_across(north, south)]), (hub("north", both, **told),))


def _of_two_hubs(size: int, *, tells_both: bool = True) -> Stage:
    north, south = _sides(size)
    scene = Scene(ways=_across(north, south), tells_both=tells_both)
    return Stage(
        scene,
        (
            hub("north", north, hubs={"south": south}, **_BOOKS),
            hub("south", south, hubs={"north": north}, **_BOOKS),
        ),
    )


def _of_overlapping_hubs(size: int) -> Stage:
    north, south = _sides(size)
    both, owners = (*north, *south), dict.fromkeys(north, "owner")
    return Stage(
        Scene(ways=_inside(both)),
        (
            hub("owner", north, hubs={"other": both}, owners=owners),
            hub("other", both, hubs={"owner": north}, owners=owners),
        ),
    )


def _sides(size: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    each = (size + 1) // 2
    return _NORTH[:each], _SOUTH[:each]


_MAKERS: Mapping[str, Callable[[int], Stage]] = {
    "one table": _alone(),
    "linked tables": _alone(tables=(_BY_MATERIAL, _BY_REGION)),
    "crossed table": _alone(tables=(_BY_BOTH,)),
    "deep table": _alone(tables=(_BY_CATEGORY, _BY_MATERIAL)),
    "two measures": _alone(measures=("DISPATCHED", "RECEIVED")),
    "measures by part": _of_measures_by_part,
    "exports": _of_exports,
    "public records": _of_public_records,
    "both books": _of_both_books,
    "two hubs": _of_two_hubs,
    "untold ends": lambda size: _of_two_hubs(size, tells_both=False),
    "overlapping hubs": _of_overlapping_hubs,
}
_MORE_MAKERS: Mapping[str, Callable[[int], Stage]] = {
    "untold books": lambda size: _of_both_books(size, tells_both=False),
    "all flows": _of_all_flows,
}
STAGES = tuple(_MAKERS)
# Beside those, where histories are built to hurt.
MORE_STAGES = tuple(_MORE_MAKERS)


@cache
def stage(name: str, size: int) -> Stage:
    """Return a stage with about so many countries, 1 to 12."""
    return {**_MAKERS, **_MORE_MAKERS}[name](size)
