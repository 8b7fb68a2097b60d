"""Bad documents among good ones: each becomes a reject with a rule and a hint, none stops the run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.exchange.exchange import Exchange
from tests.support.agency import DOCUMENTS, Agency, manifest, new_agency, write

PLAIN = json.dumps(manifest(1)).encode()


def quantity(value: Any, unit: str = "P") -> dict[str, Any]:
    """Return a manifest whose first line states another quantity."""
    native = manifest(7)
    native["wastes"][0]["quantity"] |= {"quantity": value, "unitOfMeasurement": {"code": unit}}
    return native


def without(*names: str) -> dict[str, Any]:
    """Return a manifest that lacks members."""
    return {name: value for name, value in manifest(8).items() if name not in names}


BAD_MANIFESTS: dict[str, tuple[Any, str]] = {
    "text": (b"manifest;status;date\n", "json.syntax"),
    "truncated": (PLAIN[:-40], "json.truncated"),
    "layout": ({"reportId": "1"}, "layout.unknown"),
    "utf16": (PLAIN.decode().encode("utf-16"), "json.encoding"),
    "latin1": (b'{"status": "Z\xfcrich"}', "json.encoding"),
    "unit": (quantity(1, unit="X"), "us.unit.unknown"),
    "date": (manifest(9, shippedDate="2025-02-30T00:00:00.000+0000"), "us.date.invalid"),
    "year": (manifest(9, shippedDate="1789-07-14"), "date.impossible"),
    "status": (manifest(9, status="Lost"), "us.status.unknown"),
    "negative": (quantity(-1), "us.quantity.whole"),
    "absurd": (quantity(10**11), "us.quantity.whole"),
    "more than a ship": (quantity(10**10, unit="T"), "quantity.absurd"),
    "number": (without("manifestTrackingNumber"), "us.mtn.missing"),
    "revision": (without("updatedDate"), "us.updated.missing"),
    "empty": (b"", "json.truncated"),
    "deep": (b"[" * 100_000, "json.syntax"),
    "deep object": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "json.syntax"),
}


def rows(**cells: Any) -> dict[str, Any]:
    """Return a log of one good row, and of one with other cells."""
    log: dict[str, Any] = json.loads((DOCUMENTS / "uk_packaging" / "exporter.json").read_text())
    good, bad = log["rows"][0], json.loads(json.dumps(log["rows"][0]))
    bad["rowId"] = 1001
    bad["data"] |= cells
    return log | {"rows": [good, bad]}


BAD_ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "date": ({"DATE_OF_EXPORT": "2026-02-30"}, "uk.date.impossible"),
    "negative": ({"TONNAGE_OF_UK_PACKAGING_WASTE_EXPORTED": -1}, "uk.tonnage.range"),
    "absurd": ({"TONNAGE_OF_UK_PACKAGING_WASTE_EXPORTED": 10**30}, "uk.tonnage.range"),
    "text": ({"TONNAGE_OF_UK_PACKAGING_WASTE_EXPORTED": "ten"}, "uk.tonnage.number"),
    "option": ({"WAS_THE_WASTE_REFUSED": "Perhaps"}, "uk.option.unknown"),
    "half a character": ({"OSR_ID": "\ud800"}, "text.surrogate"),
}


def first_rules(agency: Agency) -> dict[bytes, str]:
    """Return the first error of each reject by file, having looked at its form."""
    found = {}
    for record in agency.rejects():
        errors = [item for item in record.fields["findings"] if item["severity"] == "ERROR"]
        assert all(item["hint"] and item["path"].startswith("$") for item in errors)
        assert (record.fields["agency"], record.fields["source_id"]) == (agency.id, "inbox")
        found[record.fields["file_key"]] = errors[0]["rule"]
    return found


def test_bad_manifests_are_rejected_and_good_ones_published(exchange: Exchange, tmp_path: Path) -> None:
    """Each bad file is one reject with its rule; the good files beside them are published."""
    agency = new_agency(exchange, "XX-BAD1")
    good = [write(tmp_path, f"{name}.json", manifest(number)) for number, name in enumerate("az", 1)]
    for name, (content, _) in BAD_MANIFESTS.items():
        write(tmp_path, f"m {name}.json", content)
    run = agency.run(tmp_path)
    once = agency.sizes()
    agency.run(tmp_path)

    assert {
        agency.file_key(f"m {name}.json"): rule for name, (_, rule) in BAD_MANIFESTS.items()
    } == first_rules(agency)
    assert agency.truth(*good) == agency.published()
    assert len(BAD_MANIFESTS) == run.totals.rejected == once[2]
    assert once == agency.sizes()


def test_bad_rows_are_rejected_and_good_ones_published(exchange: Exchange, tmp_path: Path) -> None:
    """A bad row of a log is a reject; the rows beside it are published."""
    agency = new_agency(exchange, "XX-BAD2", "uk-packaging")
    for number, (name, (cells, _)) in enumerate(BAD_ROWS.items()):
        write(tmp_path, f"{name}.json", rows(**cells) | {"registration": f"reg-{number}"})
    run = agency.run(tmp_path)

    assert {agency.file_key(f"{name}.json"): rule for name, (_, rule) in BAD_ROWS.items()} == first_rules(
        agency
    )
    assert 2 * len(BAD_ROWS) == run.totals.documents
    assert agency.published() == agency.truth(*sorted(tmp_path.iterdir()))
    assert len(agency.published()) >= len(BAD_ROWS)


def test_an_unknown_code_travels_with_a_warning(exchange: Exchange, tmp_path: Path) -> None:
    """A code that is in no list keeps nothing from being published."""
    agency = new_agency(exchange, "XX-BAD3")
    native = manifest(1)
    native["wastes"][0]["hazardousWaste"]["federalWasteCodes"] = [{"code": "Z999"}]
    write(tmp_path, "a.json", native)
    run = agency.run(tmp_path)

    assert (6, 0) == (run.totals.events, run.totals.rejected)
    assert run.totals.warnings > 0


def test_an_unreadable_file_is_rejected_once_and_read_when_it_can_be(
    exchange: Exchange, tmp_path: Path
) -> None:
    """A file whose bytes cannot be read is one reject however often it is tried, and no obstacle."""
    agency = new_agency(exchange, "XX-BAD4")
    write(tmp_path, "a.json", manifest(1))
    write(tmp_path, "z.json", manifest(2))
    # A regular file that opens and whose first byte cannot be read, even by root.
    (tmp_path / "m.json").symlink_to("/proc/self/mem")
    (tmp_path / "n.json").symlink_to(tmp_path / "nowhere")
    run = agency.made(tmp_path)
    try:
        run.open()
        run.once()
        run.once()
    finally:
        run.close()
    agency.run(tmp_path)
    rejected = first_rules(agency)
    (tmp_path / "m.json").unlink()
    write(tmp_path, "m.json", manifest(3))
    agency.run(tmp_path)

    assert {agency.file_key("m.json"): "file.unreadable"} == rejected
    assert len(agency.rejects()) == 1
    assert agency.truth(*(tmp_path / name for name in ("a.json", "m.json", "z.json"))) == agency.published()


def test_a_file_that_vanishes_during_the_run_is_nothing(exchange: Exchange, tmp_path: Path) -> None:
    """A file taken away between look and reading is passed over; back again, it is read."""
    agency = new_agency(exchange, "XX-BAD5")
    first = write(tmp_path, "a.json", manifest(1))
    second = write(tmp_path, "b.json", manifest(2))
    aside = tmp_path / ".b.json"

    steps: list[str] = []

    def vanish(step: str) -> None:
        steps.append(step)
        if steps.count("begun") == 1 and second.exists():
            second.rename(aside)

    run = agency.made(tmp_path, on_step=vanish)
    try:
        run.open()
        run.once()
        without_second = agency.published()
        aside.rename(second)
        steps += ["begun"]
        run.once()
    finally:
        run.close()

    assert agency.truth(first) == without_second
    assert agency.truth(first, second) == agency.published()
    assert agency.rejects() == []


@pytest.mark.parametrize("name", [b"caf\xe9.json", "café.json".encode(), b"two\nlines.json"])
def test_any_file_name_can_be_read(exchange: Exchange, tmp_path: Path, name: bytes) -> None:
    """A name that is no UTF-8 keeps its file from nothing; the name is told as text."""
    agency = new_agency(exchange, f"XX-NAME{len(name)}")
    (Path(tmp_path) / name.decode("utf-8", "surrogateescape")).write_bytes(b"no JSON")
    agency.run(tmp_path)
    (reject,) = agency.rejects()

    assert agency.file_key(name.decode("utf-8", "backslashreplace")) == reject.fields["file_key"]
