"""The suite: every behaviour, run for the command line or as tests of an adapter's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from producers.adapter import Adapter
from producers.conformance import behaviours, mutation
from producers.conformance.subject import Subject, samples_in

Behaviour = Callable[[Subject], Iterator[str]]

BEHAVIOURS: tuple[Behaviour, ...] = (
    behaviours.every_leaf_is_classified,
    behaviours.reading_is_deterministic,
    behaviours.rereading_publishes_nothing,
    behaviours.identities_are_stable,
    behaviours.revisions_only_rise,
    behaviours.order_does_not_matter,
    behaviours.findings_are_explained,
    behaviours.quantities_come_out_as_stated,
    behaviours.no_free_text_travels,
    behaviours.nothing_of_class_never_is_sealed,
)
_HOSTILE = behaviours.hostile_copies


def check(
    subject: Subject,
    *,
    mutants: int = mutation.MUTANTS,
    seed: int = 0,
    progress: Callable[[str, int], None] = lambda *_: None,
) -> dict[str, list[str]]:
    """Return by behaviour, as a sentence, what is wrong with an adapter: nothing, where all lists are empty.

    Args:
        subject: What is tested.
        mutants: How many spoiled copies of the samples it has to survive.
        seed: Same seed, same copies.
        progress: Told the behaviour at hand and the number of the copy.
    """
    hostile = title_of(_HOSTILE)
    found = {}
    for behaviour in BEHAVIOURS:
        progress(title_of(behaviour), 0)
        found[title_of(behaviour)] = list(dict.fromkeys(behaviour(subject)))
    copies = _HOSTILE(subject, mutants, seed, lambda number: progress(hostile, number))
    return found | {hostile: list(dict.fromkeys(copies))}


def conformance_tests(
    adapter: type[Adapter], samples: Path | Iterable[Path], values: Mapping[str, str] | None = None
) -> type:
    """Return a class of tests, one for each behaviour, to be assigned to a name that begins with Test.

    The pytest option `--mutants` says how many spoiled copies the adapter has to survive.
    """
    paths = [samples] if isinstance(samples, Path) else list(samples)
    subject = Subject(adapter, values or {}, samples_in(paths))
    tests = {f"test_{behaviour.__name__}": _test(behaviour, subject) for behaviour in BEHAVIOURS}
    tests[f"test_{_HOSTILE.__name__}"] = _hostile_test(subject)
    return type(f"TestConformanceOf{adapter.__name__}", (), tests)


def title_of(behaviour: Callable[..., Iterator[str]]) -> str:
    """Return the sentence that says what a behaviour is."""
    return str(behaviour.__doc__).strip().partition("\n")[0]


def _test(behaviour: Behaviour, subject: Subject) -> Callable[..., None]:
    def test(self: Any) -> None:  # noqa: ARG001  # a method of the class that is made
        _require_none(behaviour(subject))

    test.__doc__ = title_of(behaviour)
    return test


def _hostile_test(subject: Subject) -> Callable[..., None]:
    def test(self: Any, mutants: int) -> None:  # noqa: ARG001  # a method of the class that is made
        _require_none(_HOSTILE(subject, mutants, 0))

    test.__doc__ = title_of(_HOSTILE)
    return test


def _require_none(problems: Iterable[str]) -> None:
    found = list(dict.fromkeys(problems))
    assert not found, "\n".join(found)
