"""Archives in a folder: their members are resources, and no archive harms the machine."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import tarfile
import tracemalloc
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import pytest

from producers.sources import archives
from producers.sources.folder import Folder
from producers.sources.source import RefusedError

FILES = {"a.csv": b"1,2\n", "b/c.json": b"[{}]", ".hidden": b"-", "__MACOSX/._a.csv": b"-", "d.part": b"-"}
READ = {name: FILES[name] for name in ("a.csv", "b/c.json")}


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def tarred(files: Mapping[str, bytes], mode: Literal["w", "w:gz"] = "w") -> bytes:
    """Return a tar file; mode w:gz compresses it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def read(folder: Path, name: str, packed: bytes) -> dict[str, bytes | str]:
    """Return what the folder hands out of an archive: bytes, or the rule that refuses them."""
    (folder / name).write_bytes(packed)
    found: dict[str, bytes | str] = {}
    for resource in Folder(folder, settle_seconds=0).touched():
        if resource is None:
            continue
        digest = resource.sha256()
        try:
            with resource.open() as stream:
                content = stream.read()
        except RefusedError as error:
            found[resource.name] = error.rule
        else:
            assert (len(content), hashlib.sha256(content).digest()) == (resource.size_bytes, digest)
            found[resource.name] = content
        assert len(digest) == 32
        assert resource.delivered_at.timestamp() == pytest.approx((folder / name).stat().st_mtime)
    return found


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("x.zip", zipped(FILES)),
        ("x.ZIP", zipped(FILES, zipfile.ZIP_STORED)),
        ("x.tar", tarred(FILES)),
        ("x.tar.gz", tarred(FILES, "w:gz")),
        ("x.tgz", tarred(FILES, "w:gz")),
    ],
)
def test_members_are_resources_of_their_own(tmp_path: Path, name: str, packed: bytes) -> None:
    """Each member has its name within the archive and its own bytes; hidden ones are left out."""
    assert {f"{name}/{member}": content for member, content in READ.items()} == read(tmp_path, name, packed)


def test_a_compressed_file_is_one_member(tmp_path: Path) -> None:
    """A .gz file holds one file, whose name is its own without the ending."""
    assert {"a.csv.gz/a.csv": b"1,2\n"} == read(tmp_path, "a.csv.gz", gzip.compress(b"1,2\n"))


def test_an_archive_in_an_archive_is_read(tmp_path: Path) -> None:
    """One level of nesting is what systems produce."""
    inner = {"i.tgz": tarred(READ, "w:gz"), "z.csv": b"z"}

    assert {
        "x.zip/i.tgz/a.csv": READ["a.csv"],
        "x.zip/i.tgz/b/c.json": READ["b/c.json"],
        "x.zip/z.csv": b"z",
    } == read(tmp_path, "x.zip", zipped(inner))


def test_names_that_point_elsewhere_touch_nothing(tmp_path: Path) -> None:
    """A member's name is a name and no path: nothing is written where it points to."""
    inner = tmp_path / "in"
    inner.mkdir()
    names = {"../../evil.csv": b"1", "/etc/evil.csv": b"2"}
    found = read(inner, "x.tar", tarred(names))

    assert {"x.tar//etc/evil.csv": b"2"} == found
    assert [inner] == list(tmp_path.iterdir())


def test_links_and_devices_are_no_members(tmp_path: Path) -> None:
    """What is no regular file in an archive is passed over."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE):
            entry = tarfile.TarInfo("x")
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as zip_archive:
        zip_archive.writestr(link, "/etc/passwd")

    assert read(tmp_path, "x.tar", packed.getvalue()) == {}
    assert read(tmp_path, "y.zip", other.getvalue()) == {}


def encrypted(packed: bytes) -> bytes:
    """Say in both headers of the first member that it is encrypted."""
    changed = bytearray(packed)
    changed[6] |= 1
    changed[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def test_a_member_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    """An encrypted, damaged or unusually packed member is refused by itself."""
    damaged = zipped({"a.csv": b"0123456789", "b.csv": b"b"}, zipfile.ZIP_STORED).replace(b"0123", b"4567", 1)
    inner = zipped({"i.zip": b"no archive", "b.csv": b"b"})

    assert read(tmp_path, "1.zip", encrypted(zipped({"a.csv": b"a", "b.csv": b"b"}))) == {
        "1.zip/a.csv": "archive.encrypted",
        "1.zip/b.csv": b"b",
    }
    assert read(tmp_path, "2.zip", damaged)["2.zip/a.csv"] == "archive.broken"
    assert read(tmp_path, "2.zip", damaged)["2.zip/b.csv"] == b"b"
    assert (
        read(tmp_path, "3.zip", zipped({"a.csv": b"a"}, zipfile.ZIP_LZMA))["3.zip/a.csv"] == "archive.method"
    )
    assert read(tmp_path, "4.zip", inner)["4.zip/i.zip"] == "archive.broken"
    assert read(tmp_path, "4.zip", inner)["4.zip/b.csv"] == b"b"


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz", "x.gz"])
def test_what_is_no_archive_is_refused(tmp_path: Path, name: str) -> None:
    """Text under an archive's name, or nothing at all, is one reject."""
    for packed in (b"manifest;status\n" * 100, b"", b"\x1f\x8b\x08\x00"):
        if packed or not name.endswith("gz"):
            assert "archive.broken" in read(tmp_path, name, packed).values()


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz"])
def test_an_archive_cut_off_anywhere_is_told(tmp_path: Path, name: str) -> None:
    """Wherever an archive ends too early, what is missing is not passed over in silence."""
    files = {"a.csv": b"a" * 3000, "b.csv": b"b" * 3000}
    packed = zipped(files) if name == "x.zip" else tarred(files, "w:gz" if name.endswith("gz") else "w")
    end = len(packed.rstrip(b"\0"))
    for length in range(1, end, max(1, end // 40)):
        assert "archive.broken" in read(tmp_path, name, packed[:length]).values(), length


def test_a_damaged_header_in_a_tar_file_is_told(tmp_path: Path) -> None:
    """What follows a damaged header is not lost in silence."""
    packed = bytearray(tarred({"a.csv": b"a", "b.csv": b"b"}))
    packed[1024] ^= 1

    assert {"x.tar/a.csv": b"a", "x.tar": "archive.broken"} == read(tmp_path, "x.tar", bytes(packed))


@cache
def bombs() -> dict[str, bytes]:
    """Return archives that would fill memory or disk, each small by itself."""
    zeros = bytes(65 << 20)
    flat = zipped({"zeros.csv": zeros})
    pax = io.BytesIO()
    with tarfile.open(fileobj=pax, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        entry = tarfile.TarInfo("a")
        entry.pax_headers = {"comment": "0" * (40 << 20)}
        archive.addfile(entry)
    return {
        "flat.zip": flat,
        "stream.gz": gzip.compress(zeros),
        "tar.tar.gz": tarred({"zeros.csv": zeros}, "w:gz"),
        "nested.zip": zipped({f"{number}.zip": zipped({"i.zip": flat}) for number in range(16)}),
        "wide.zip": zipped({f"{number}.zip": flat for number in range(16)}),
        "header.tar.gz": pax.getvalue(),
    }


@pytest.mark.parametrize(
    "name", ["flat.zip", "stream.gz", "tar.tar.gz", "nested.zip", "wide.zip", "header.tar.gz"]
)
def test_a_bomb_is_one_reject(tmp_path: Path, name: str) -> None:
    """An archive that is made to fill memory or disk is one reject, and fills neither."""
    packed = bombs()[name]
    assert len(packed) < 2 << 20
    tracemalloc.start()
    found = read(tmp_path, name, packed)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert list(found) == [name]
    assert str(found[name]).removeprefix("archive.") in {"size", "nested"}
    assert peak < 50 << 20


def test_an_archive_of_too_many_members_is_one_reject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The count of members has a bound, whatever their size and however they are nested."""
    monkeypatch.setattr(archives, "MEMBERS_MAX", 3)
    inner = {f"{number}.zip": zipped({"a": b"", "b": b""}) for number in range(2)}

    assert read(tmp_path, "x.zip", zipped(dict.fromkeys("abcd", b""))).get("x.zip") == "archive.members"
    assert read(tmp_path, "y.zip", zipped(inner)).get("y.zip") == "archive.members"


def test_a_list_of_members_that_would_fill_the_memory_is_not_read(tmp_path: Path) -> None:
    """A list far longer than the bound on members is refused before it is taken apart."""
    packed = zipped({f"{'n' * 50}{number}": b"" for number in range(25_000)})

    assert {"x.zip": "archive.size"} == read(tmp_path, "x.zip", packed)


def test_a_large_table_that_repeats_itself_is_no_bomb(tmp_path: Path) -> None:
    """What shrinks to a fiftieth is a table as systems write them."""
    rows = "".join(f"{number},R3,150102,{number * 7 % 1000}\n" * 3 for number in range(100_000)).encode()
    packed = zipped({"t.csv": rows})

    assert {"x.zip/t.csv": rows} == read(tmp_path, "x.zip", packed)


def test_other_compressions_are_files_like_any_other(tmp_path: Path) -> None:
    """Only the archives that are named are opened."""
    packed = lzma.compress(b"1")

    assert {"x.xz": packed} == read(tmp_path, "x.xz", packed)


def test_a_changed_archive_is_read_again(tmp_path: Path) -> None:
    """An archive is known by size and date like a file, and what failed is tried again."""
    folder = Folder(tmp_path, settle_seconds=0)
    (tmp_path / "x.zip").write_bytes(zipped({"a": b"1", "b": b"2"}))

    def names() -> list[str]:
        return [item.name for item in folder.touched() if item is not None]

    assert ["x.zip/a", "x.zip/b"] == names()
    assert names() == []
    (tmp_path / "x.zip").write_bytes(zipped({"a": b"1", "c": b"22"}))
    found = [item for item in folder.touched() if item is not None]
    folder.again(found[0])

    assert ["x.zip/a", "x.zip/c"] == [item.name for item in found]
    assert ["x.zip/a", "x.zip/c"] == names()
