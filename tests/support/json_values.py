"""Any place of a document, and anything that may stand there: for properties about spoiled documents."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

JSON: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.just([]),
    st.just({}),
    st.just([None]),
    st.just({"code": None}),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every member and element of a document, branches and leaves."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    nested = [place for key, item in items for place in places(item, (*path, key))]
    return [*([path] if path else []), *nested]


def put(document: Any, path: tuple[Any, ...], value: Any) -> None:
    """Put a value into a place of a document."""
    for step in path[:-1]:
        document = document[step]
    document[path[-1]] = value
