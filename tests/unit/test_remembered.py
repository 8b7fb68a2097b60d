"""What functions of texts remember, and what they do not."""

from __future__ import annotations

from producers.reading.remembered import CHARACTERS_MAX, remembered


def test_short_texts_are_remembered_and_long_ones_are_not() -> None:
    """A short text is looked at once, a long one each time, so that no file fills the memory."""
    asked: list[tuple[str, str | None]] = []

    @remembered(entries=8)
    def both(first: str, second: str | None) -> str:
        asked.append((first, second))
        return f"{first}{second or ''}"

    long = "x" * (CHARACTERS_MAX + 1)
    for _ in range(2):
        assert both("a", None) == "a"
        assert both("a", long) == f"a{long}"

    assert asked == [("a", None), ("a", long), ("a", long)]
