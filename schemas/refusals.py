"""What a model refuses of a file of settings: where and why, never the value."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError


def told(error: ValidationError, *, above: int = 0, whole: str = "") -> str:
    """Return each place with what is wrong there, separated by semicolons.

    Args:
        error: What the model raised.
        above: How many steps of a place its file does not show.
        whole: What to call the place that is left with no step.
    """
    return "; ".join(f"{'.'.join(map(str, place[above:])) or whole}: {text}" for place, text in each(error))


def each(error: ValidationError) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Yield each place in the model with what is wrong there."""
    for item in error.errors(include_input=False, include_url=False, include_context=False):
        yield item["loc"], item["msg"]
