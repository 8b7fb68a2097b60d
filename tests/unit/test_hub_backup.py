"""A backup of a hub's file: one moment of it, whole, private, and of use in its place."""

from __future__ import annotations

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from consumers.hub.offline import backed_up
from consumers.hub.questions import Questions
from consumers.hub.service import Service
from consumers.hub.store import Identity, Store
from deploy.cli import app
from schemas.errors import ConfigurationError, FatalError
from tests.support import events
from tests.support.hub import asked, stored
from tests.support.small_disk import small_disk

OURS = Identity("north", "cluster", "weighbridge.movements", "topic-1", "topic-9")
LIMIT = "1GB"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a hub's file with some events, as a hub has it open."""
    opened = Store(tmp_path / "hub.duckdb")
    opened.claim(OURS)
    stored(opened, (events.movement(number) for number in range(50)))
    return opened


def test_a_backup_is_one_moment_of_a_file_that_goes_on(store: Store, tmp_path: Path) -> None:
    """While batches are stored, each backup holds whole batches, and the offset that belongs to them."""
    is_over = threading.Event()

    def go_on() -> None:
        number = 1_000
        while not is_over.is_set():
            stored(store, (events.movement(number + extra) for extra in range(10)))
            number += 10

    writing = threading.Thread(target=go_on)
    with (
        closing(Questions(store.cursor)) as questions,
        closing(Service(store.path, questions.handlers())) as service,
    ):
        service.start()
        writing.start()
        try:
            found = [backed_up(store.path, LIMIT, tmp_path / f"{number}.duckdb") for number in range(5)]
        finally:
            is_over.set()
            writing.join()
    held = [status["events"] for status in found]
    store.close()

    assert all(status["next_offsets"] == {"0": status["events"]} for status in found)
    assert all(count % 10 == 0 for count in held)
    assert 50 <= held[0] < held[-1]
    assert not (tmp_path / "hub.duckdb.backup").exists()


def test_backups_at_the_same_time_wait_for_each_other(store: Store, tmp_path: Path) -> None:
    """Each is whole: none removes what another one has not taken away yet."""
    with (
        closing(Questions(store.cursor)) as questions,
        closing(Service(store.path, questions.handlers())) as service,
        ThreadPoolExecutor(3) as threads,
    ):
        service.start()
        names = [tmp_path / f"{number}.duckdb" for number in range(6)]
        found = [*threads.map(lambda out: backed_up(store.path, LIMIT, out), names)]
    store.close()

    assert [50] * 6 == [status["events"] for status in found]
    assert not (tmp_path / "hub.duckdb.backup").exists()


def test_a_backup_in_place_of_the_file_goes_on(store: Store) -> None:
    """A hub that opens it has its rows, its offsets and the numbers that it gave, and stores more."""
    rows = asked(store, "FROM contributions ORDER BY ALL")
    with closing(Questions(store.cursor)) as questions:
        copy = Path(questions.backup())
    store.close()
    mode = stat.S_IMODE(copy.stat().st_mode)
    with closing(Store(copy)) as again:
        again.claim(OURS)
        same = asked(again, "FROM contributions ORDER BY ALL")
        stored(again, [events.movement(50)])
        held = asked(again, "SELECT count(*) FROM movement")

    assert rows == same
    assert [(51,)] == held
    assert 0o600 == mode


def test_the_command_backs_up_a_file_that_no_hub_holds(store: Store, tmp_path: Path) -> None:
    """A stopped hub's file is copied too, into a folder that it makes, readable by its owner alone."""
    store.close()
    out = tmp_path / "backups" / "north.duckdb"
    answer = CliRunner().invoke(app, ["hub", "backup", "--file", str(store.path), "--out", str(out)])

    assert "50 events of hub north" in answer.stdout
    assert 0o600 == stat.S_IMODE(out.stat().st_mode)
    assert 0o700 == stat.S_IMODE(out.parent.stat().st_mode)
    assert [out] == [*out.parent.iterdir()]


def test_a_backup_replaces_none(store: Store, tmp_path: Path) -> None:
    """A name that is taken is refused before anything is written."""
    store.close()
    (tmp_path / "taken.duckdb").write_text("another one")

    with pytest.raises(ConfigurationError, match="exists already"):
        backed_up(store.path, LIMIT, tmp_path / "taken.duckdb")
    assert "another one" == (tmp_path / "taken.duckdb").read_text()


def test_where_no_copy_can_be_written_the_file_stays_as_it_is(store: Store, tmp_path: Path) -> None:
    """The refusal names the place, and neither it nor what is left tells of what the file holds."""
    with closing(Questions(store.cursor)) as questions:
        (tmp_path / "hub.duckdb.backup").write_text("in the way")
        with pytest.raises(FatalError, match="cannot be written"):
            questions.backup()
        (tmp_path / "hub.duckdb.backup").unlink()
        Path(questions.backup()).unlink()
    held = asked(store, "SELECT count(*) FROM event")
    store.close()

    assert [(50,)] == held


def test_a_backup_that_does_not_fit_leaves_nothing(store: Store, tmp_path: Path) -> None:
    """Neither its disk nor that of the hub keeps a copy or a part of one."""
    store.close()
    with small_disk(tmp_path / "disk", 1) as disk:
        with pytest.raises(OSError, match="No space left"):
            backed_up(store.path, LIMIT, disk / "north.duckdb")
        left = [*disk.iterdir()]

    assert left == []
    assert not (tmp_path / "hub.duckdb.backup").exists()
