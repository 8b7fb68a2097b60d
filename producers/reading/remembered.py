"""Functions of texts that come again and again: what they make of a text is remembered.

What is remembered is bounded in number and in size: whoever writes a file may write texts longer
than any sound one, and no two alike.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

CHARACTERS_MAX = 120

_Function = TypeVar("_Function", bound=Callable[..., Any])


def remembered(entries: int, characters: int = CHARACTERS_MAX) -> Callable[[_Function], _Function]:
    """Return a decorator for a function whose result depends on nothing but some texts; each may be None.

    Args:
        entries: How many results are remembered.
        characters: None is remembered of a longer text.
    """

    def remembering(function: _Function) -> _Function:
        known = lru_cache(entries)(function)

        @wraps(function)
        def recall(*texts: str | None) -> Any:
            for text in texts:
                if text is not None and len(text) > characters:
                    return function(*texts)
            return known(*texts)

        return cast("_Function", recall)

    return remembering
