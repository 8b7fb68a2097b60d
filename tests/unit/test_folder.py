"""The folder source: what it yields, when it yields it again, and what it leaves alone."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Timer

import pytest

from producers.sources.folder import Folder
from schemas.errors import ConfigurationError


def names(folder: Folder) -> list[str]:
    """Return the names of the files that look new."""
    return [file.name for file in folder.touched() if file]


def test_new_files_are_yielded_once_by_name(tmp_path: Path) -> None:
    """Files of the folder and below it come in the order of their names, and only once."""
    (tmp_path / "b").mkdir()
    for name in ("c.json", "a.json", "b/z.json"):
        (tmp_path / name).write_text(name)
    folder = Folder(tmp_path, settle_seconds=0)

    assert names(folder) == ["a.json", "b/z.json", "c.json"]
    assert names(folder) == []


def test_a_file_that_looks_different_is_yielded_again(tmp_path: Path) -> None:
    """A file of another size or date is looked at again; the others are not."""
    for name in ("a.json", "b.json", "c.json"):
        (tmp_path / name).write_text("1")
    folder = Folder(tmp_path, settle_seconds=0)
    list(folder.touched())
    (tmp_path / "a.json").write_text("12")
    os.utime(tmp_path / "b.json", ns=(1, 1))

    assert names(folder) == ["a.json", "b.json"]


def test_a_file_asked_for_again_is_yielded_though_it_looks_the_same(tmp_path: Path) -> None:
    """What could not be read is offered at the next look."""
    (tmp_path / "a.json").write_text("1")
    folder = Folder(tmp_path, settle_seconds=0)
    for file in folder.touched():
        assert file is not None
        folder.again(file)

    assert names(folder) == ["a.json"]


def test_unfinished_and_special_files_are_left_alone(tmp_path: Path) -> None:
    """Hidden and partial files, folders, pipes and links that lead nowhere are no documents."""
    (tmp_path / ".hidden").mkdir()
    for name in (".hidden/a.json", ".a.json", "a.json.part", "a.json.tmp"):
        (tmp_path / name).write_text("1")
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "nowhere.json").symlink_to(tmp_path / "absent")
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")

    assert names(Folder(tmp_path, settle_seconds=0)) == []


def test_a_name_that_is_no_text_is_told_as_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 become escapes, so that the name can be hashed and written."""
    (tmp_path / b"caf\xe9.json".decode("utf-8", "surrogateescape")).write_text("1")

    assert names(Folder(tmp_path, settle_seconds=0)) == ["caf\\xe9.json"]


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    """A file is known by the SHA-256 of its bytes."""
    (tmp_path / "a.json").write_bytes(b"x" * 300_000)
    (file,) = Folder(tmp_path).files([])

    assert hashlib.sha256(b"x" * 300_000).digest() == file.sha256()
    assert file.size_bytes == 300_000


def test_a_folder_that_vanishes_yields_nothing(tmp_path: Path) -> None:
    """A share that is not mounted for a while is an empty folder, not the end."""
    folder = Folder(tmp_path, settle_seconds=0)
    tmp_path.rmdir()

    assert names(folder) == []


def test_no_folder_is_a_configuration_error(tmp_path: Path) -> None:
    """A path that is no folder stops before any work."""
    with pytest.raises(ConfigurationError, match="is no folder"):
        Folder(tmp_path / "absent")


def test_a_file_that_grows_is_left_until_it_rests(tmp_path: Path) -> None:
    """Who writes under the final name is waited for; the file beside it is read meanwhile."""
    (tmp_path / "a.json").write_text("1")
    (tmp_path / "b.json").write_text("1")
    folder = Folder(tmp_path, settle_seconds=0.3)
    Timer(0.1, (tmp_path / "b.json").write_text, ["12"]).start()

    assert names(folder) == ["a.json"]
    assert names(folder) == ["b.json"]


def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed folder fails when it is read, like a closed file, and hides no neighbour."""
    (tmp_path / "a.json").write_text("1")
    error = PermissionError(13, "closed", str(tmp_path / "closed"))

    def walk(root: Path, onerror: Callable[[OSError], None]) -> Iterator[tuple[str, list[str], list[str]]]:
        onerror(error)
        yield str(root), [], ["a.json"]

    monkeypatch.setattr(os, "walk", walk)
    file, closed = Folder(tmp_path, settle_seconds=0).touched()

    assert file is not None
    assert closed is not None
    assert ["a.json", "closed"] == [file.name, closed.name]
    with pytest.raises(PermissionError):
        closed.sha256()
