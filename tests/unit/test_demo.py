"""What the demonstration delivers, and how its summary tells of it."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from deploy.demo import deliveries, summary
from deploy.demo.deliveries import Delivery
from deploy.demo.demo import Results
from producers import adapter as adapters
from producers.pipeline import Pipeline
from producers.positions import Positions
from schemas.identity import DEMONSTRATION_KEYS
from tests.support.samples import sample


def test_each_installed_adapter_has_documents(tmp_path: Path) -> None:
    """A newcomer sees every adapter of ours at work, and none has an empty folder."""
    ours = {
        name for name, adapter in adapters.available().items() if adapter.__module__.startswith("producers.")
    }
    found = list(deliveries.own(tmp_path))

    assert ours == {delivery.heading.adapter for delivery in found}
    assert all(any(delivery.folder.iterdir()) for delivery in found)


def test_documents_are_delivered_in_the_order_of_their_names(tmp_path: Path) -> None:
    """A correction is younger than what it corrects, whenever the files were checked out."""
    for delivery in deliveries.own(tmp_path):
        files = sorted(delivery.folder.iterdir())
        written = [file.stat().st_mtime_ns for file in files]

        assert sorted(set(written)) == written


def test_a_source_has_a_name_of_its_own(tmp_path: Path) -> None:
    """No delivery fences another one or takes over its positions."""
    names = [delivery.source_id for delivery in deliveries.own(tmp_path)]

    assert len(set(names)) == len(names)


def test_green_list_records_are_of_one_account_a_file(tmp_path: Path) -> None:
    """Real files repeat each other's references; each is published under an account of its own."""
    found = [
        delivery
        for delivery in deliveries.real(sample("SOURCES.md").parent, tmp_path)
        if delivery.heading.adapter == deliveries.ANNEX_VII
    ]

    assert found
    assert all(len(list(delivery.folder.iterdir())) == 1 for delivery in found)
    assert len({delivery.values["account"] for delivery in found}) == len(found)


def test_a_receipt_that_is_replaced_by_itself_is_published_once(tmp_path: Path) -> None:
    """Each real request is read twice, as reported and as replaced, and gives events once."""
    (delivery,) = (
        delivery
        for delivery in deliveries.real(sample("SOURCES.md").parent, tmp_path)
        if delivery.heading.adapter == "uk-receipt"
    )
    events = _events(delivery)
    reported = {name: count for name, count in events.items() if name.startswith("receive_")}

    assert len(events) == 2 * len(reported)
    assert sum(reported.values()) > 0
    assert sum(events.values()) == sum(reported.values())


def test_what_both_sides_report_is_told_without_a_mass() -> None:
    """The line about pairs says how far they are apart, and that only the hub's staff sees it."""
    text = _shown(Results(pairs=[("BE-OVAM", "FR-DGPR", -77)]))

    assert "1 shipment is in the books of BE-OVAM and FR-DGPR" in text
    assert "differ by 7.7 %" in text
    assert "The hub's own staff sees this" in text


def test_several_pairs_are_told_by_their_largest_gap() -> None:
    """A line that is short counts like one that is in excess."""
    text = _shown(Results(pairs=[("BE-OVAM", "FR-DGPR", -77), ("FR-DGPR", "IT-MASE", 12)]))

    assert "2 shipments are in the books of BE-OVAM and FR-DGPR and IT-MASE" in text
    assert "differ by up to 7.7 %" in text


def test_without_pairs_nothing_is_told_of_them() -> None:
    """An exchange whose agencies have no common shipment has no line about both sides."""
    assert "both sides" not in _shown(Results())


def _events(delivery: Delivery) -> dict[str, int]:
    pipeline = Pipeline(
        adapters.create(delivery.heading.adapter, delivery.values),
        delivery.heading.agency,
        DEMONSTRATION_KEYS,
        Positions("test"),
    )
    return {
        file.name: sum(len(outcome.events) for outcome in pipeline.outcomes(_opened(file), file.name))
        for file in sorted(delivery.folder.iterdir())
    }


def _opened(file: Path) -> io.BytesIO:
    return io.BytesIO(file.read_bytes())


def _shown(results: Results) -> str:
    console = Console(file=io.StringIO(), width=80, highlight=False)
    summary.show(results, Path("demo"), console)
    assert isinstance(console.file, io.StringIO)
    return " ".join(console.file.getvalue().split())
