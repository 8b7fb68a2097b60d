"""Each story is played with the real adapters, the real pipeline and a hub's real file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from consumers.hub import queries
from consumers.hub.store import Store
from producers.changes import Event
from tests.scenarios import render
from tests.scenarios.stage import Delivered, InProcess, cells_shown, shown
from tests.scenarios.story import Step, Story, stories
from tests.support.hub import stored_bodies, views_kept
from tests.support.kept import Kept

STORIES = stories()
VIEWS = (
    "facts",
    "uncounted",
    "contributions",
    "pairs",
    "links",
    "families",
    "taken_back",
    "lifecycle",
    "outcomes",
    "treatments",
)
# Which record of the topic it was is no figure.
_PLACE = {"kafka_partition", "kafka_offset", "waste_id"}
# Under which version of a document a fact was published depends on which versions were read.
_VERSION = {"event_id", "revision", "edition", "change", "recorded_at", "told_on"}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[InProcess]:
    """Return agencies and a hub that know nothing yet."""
    opened = InProcess(Store(tmp_path / "hub.duckdb"))
    with views_kept(opened.store):
        yield opened
    opened.store.close()


def figures(store: Store, left_out: set[str]) -> dict[str, list[str]]:
    """Return all that the views show but for some columns, whatever the order of rows."""
    connection = store.cursor()
    queries.create_views(connection)
    found = {}
    for view in VIEWS:
        answer = connection.execute(f"FROM {view}")
        kept = [number for number, (name, *_) in enumerate(answer.description) if name not in left_out]
        found[view] = sorted(repr([row[number] for number in kept]) for row in answer.fetchall())
    connection.close()
    return found


def played(steps: Iterable[Step], left_out: set[str]) -> tuple[list[Event], dict[str, list[str]]]:
    """Return the events that deliveries lead to, and all that the hub then shows."""
    with tempfile.TemporaryDirectory() as folder:
        stage = InProcess(Store(Path(folder) / "hub.duckdb"))
        for step in steps:
            stage.deliver(step)
        shown_last = figures(stage.store, left_out)
        stage.store.close()
    return stage.published, shown_last


def deliveries(story: Story) -> list[Step]:
    """Return the steps of a story that deliver something."""
    return [step for step in story.steps if not step.release]


@pytest.mark.parametrize("name", STORIES)
def test_the_hub_shows_what_the_story_tells(name: str, stage: InProcess) -> None:
    """Every step finds, publishes and shows what it says, and no release is ever another one afterwards."""
    story = STORIES[name]
    for number, step in enumerate(story.steps, 1):
        if step.release:
            decision = stage.release(step.release)
            for what in step.shows:
                assert what.rows == cells_shown(stage, decision, story, what), f"step {number}"
            continue
        assert Delivered(step.finds, step.publishes) == stage.deliver(step), f"step {number}"
        for what in step.shows:
            assert what.rows == shown(stage, story, what), f"step {number}, {what.view}"
        assert [] == list(stage.released_again())


@settings(max_examples=5, phases=[Phase.generate])
@given(data=st.data())
def test_events_of_all_stories_in_any_order_show_the_same(data: st.DataObject) -> None:
    """However the events of all stories are shuffled, repeated and cut into batches, no view changes.

    And whoever kept contributions of the first batch has those of now by what changed since.
    """
    bodies, expected = _of_all_stories()
    again = data.draw(st.lists(st.sampled_from(bodies), max_size=20))
    arrivals = data.draw(st.permutations(bodies + again))
    cut = data.draw(st.integers(0, len(arrivals)))
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "hub.duckdb")
        kept = []
        for partition, batch in enumerate((arrivals[:cut], arrivals[cut:])):
            stored_bodies(store, batch, partition)
            kept.append(Kept.of(store))
        found, brought_up = figures(store, _PLACE), kept[0].brought_up(store)
        store.close()

    assert found == expected
    assert kept[1].figures == brought_up


@cache
def _of_all_stories() -> tuple[list[tuple[bytes, bytes]], dict[str, list[str]]]:
    steps = [step for story in STORIES.values() for step in deliveries(story)]
    events, expected = played(steps, _PLACE)
    return [(event.key, event.body) for event in events], expected


def test_documents_in_reverse_order_show_the_same() -> None:
    """Where documents have an order of their own, that in which they are delivered makes no difference."""
    steps = [step for story in STORIES.values() if story.in_any_order for step in deliveries(story)]
    left_out = _PLACE | _VERSION

    assert played(steps, left_out)[1] == played(steps[::-1], left_out)[1]


def test_the_page_of_stories_is_current() -> None:
    """The stories are read where newcomers look, as they are tested."""
    assert render.PAGE.read_text("utf-8") == render.page(STORIES), "run python -m tests.scenarios.render"
