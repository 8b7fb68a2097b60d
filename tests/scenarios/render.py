"""The page of stories: `python -m tests.scenarios.render` writes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.scenarios.story import Step, Story, stories

PAGE = Path(__file__).parent / "README.md"
# Of a longer document the beginning, which says what it is, and the end, which says how much.
_FIRST_LINES, _LAST_LINES = 9, 25
_INTRODUCTION = """# Worked scenarios

What happens to waste, what the agencies' documents say of it, and what a hub then shows. Each story is one
file in `stories/`: this page is written from it, and a test plays it with the real adapters, the real
pipeline and a hub's real file. Tables have the columns of the hub's views (`weighbridge hub sql`), masses in
grams; what a table leaves out is not asserted. Keys stand under the names that a story gives to its
movements. Companies in these documents are invented.

Another test shuffles and repeats the events of all stories: no view ever changes. One story is played on a
real broker too.

A story of your own is one more file: title, story, steps with document, findings, number of events, tables.
"""
_FENCES = {"{": "json", "[": "json", "<": "xml"}


def page(told: Mapping[str, Story]) -> str:
    """Return the page of all stories."""
    contents = [f"- [{story.title}](#{_anchor(story.title)})" for story in told.values()]
    parts = [_INTRODUCTION, "\n".join(contents)]
    parts += [part for name, story in told.items() for part in _story(name, story)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _story(name: str, story: Story) -> Iterator[str]:
    yield f"## {story.title}"
    yield story.story
    if story.movements:
        names = [f"*{known}* `{reference}`" for known, reference in story.movements.items()]
        yield f"Movements: {', '.join(names)}."
    for number, step in enumerate(story.steps, 1):
        yield from _step(number, step)
    yield f"Played from [`stories/{name}.toml`](stories/{name}.toml)."


def _step(number: int, step: Step) -> Iterator[str]:
    yield f"**{number}.** {step.says}"
    if step.release:
        yield f"The hub releases {step.release}; at least three contributors, p = 10 %."
    else:
        yield _delivery(step)
        yield _document(step)
    for what in step.shows:
        yield what.table.strip() if step.release else f"`FROM {what.view}`\n\n{what.table.strip()}"


def _delivery(step: Step) -> str:
    told = f"`{step.agency}`, adapter `{step.adapter}`"
    if step.settings:
        told += "".join(f", `--set {name}={value}`" for name, value in step.settings.items())
    if step.delivered_at is not None:
        told += f", delivered {step.delivered_at:%Y-%m-%d %H:%M} UTC"
    published = "nothing is" if step.publishes == 0 else "1 event is" if step.publishes == 1 else None
    told += f": {published or f'{step.publishes} events are'} published"
    if step.finds:
        told += f"; found: {', '.join(f'`{rule}`' for rule in step.finds)}"
    return f"{told}."


def _document(step: Step) -> str:
    if step.cells:
        rows = [f"| {name} | {value} |" for name, value in step.cells.items()]
        return "\n".join(["| column | cell |", "|---|---|", *rows])
    lines = step.document.strip("\n").splitlines()
    kind = _FENCES.get(lines[0].strip()[:1], "text")
    left_out = len(lines) - _FIRST_LINES - _LAST_LINES
    if left_out > 1:
        lines[_FIRST_LINES:-_LAST_LINES] = [f"... {left_out} lines ..."]
    return "\n".join([f"```{kind}", *lines, "```"])


def _anchor(title: str) -> str:
    kept = "".join(sign for sign in title.casefold() if sign.isalnum() or sign in " -")
    return kept.replace(" ", "-")


if __name__ == "__main__":
    PAGE.write_text(page(stories()), encoding="utf-8")
