"""Chaos: the real processes on the real exchange, disturbed in all ways for as long as you like.

python -m tests.chaos --minutes 5 --seed 7
python -m tests.chaos --minutes 60 --brokers 3
python -m tests.chaos --seed 7 --story 3          # one story again
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.chaos import catalogue
from tests.chaos.cluster import Cluster, running_cluster
from tests.chaos.report import Tally
from tests.chaos.story import Plan, told
from tests.chaos.world import LINKS


def main() -> int:
    """Tell stories for some time, and return 1 where one of them goes wrong."""
    given = _arguments()
    # So that whoever asks it to end leaves no process, disk or broker behind; a story comes to its end first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for reason in catalogue.left_out():
        _say(reason)
    folder, total, begun = Path(tempfile.mkdtemp(prefix="chaos-")), Tally(), time.monotonic()
    with running_cluster(folder / "exchange", given.brokers, LINKS) as cluster:
        for number in _numbers(given.story, lambda: time.monotonic() - begun < given.minutes * 60):
            tally = _told(Plan(given.seed, number), cluster, folder / f"story-{number}")
            total.add(tally)
            _say(f"story {number}: {tally.summary}")
            if not tally.is_well:
                again = f"--seed {given.seed} --story {number} --brokers {given.brokers}"
                _say("\n".join(f"  {line}" for line in tally.complaints))
                _say(f"  again: python -m tests.chaos {again}")
            if not tally.is_whole:
                break
    minutes = (time.monotonic() - begun) / 60
    _say(total.details)
    _say(f"seed {given.seed}, brokers {given.brokers}, {total.kills.total() / minutes:.0f} kills a minute")
    _say(f"{total.summary}, {minutes:.0f} minutes")
    if total.is_well:
        shutil.rmtree(folder)
    else:
        _say(f"logs of what went wrong: {folder}")
    return 0 if total.is_well else 1


def _told(plan: Plan, cluster: Cluster, folder: Path) -> Tally:
    """Tell a story; one that cannot be told to its end is the last one."""
    try:
        return told(plan, cluster, folder)
    except Exception:  # noqa: BLE001  # whatever it is, it is reported with all the stories before
        return Tally(stories=1, stuck=[traceback.format_exc()], is_whole=False)


def _numbers(chosen: int | None, has_time: Callable[[], bool]) -> Iterator[int]:
    """Yield the number of the chosen story, or those of stories from 1 as long as there is time."""
    if chosen is not None:
        yield chosen
        return
    number = 1
    while number == 1 or has_time():
        yield number
        number += 1


def _arguments() -> argparse.Namespace:
    summary, _, examples = str(__doc__).partition("\n\n")
    parser = argparse.ArgumentParser(
        "python -m tests.chaos",
        description=summary,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--minutes", type=float, default=5, help="how long; the last story is told to its end"
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=secrets.randbelow(10**6),
        help="decides all but the moments; drawn where it is not given, and told",
    )
    parser.add_argument("--story", type=int, help="tell this story only")
    parser.add_argument("--brokers", type=int, choices=(1, 3), default=1, help="of the exchange")
    return parser.parse_args()


def _say(*parts: object) -> None:
    print(*parts, flush=True)  # noqa: T201  # a report for people


if __name__ == "__main__":
    sys.exit(main())
