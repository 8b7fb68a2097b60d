"""Each of our adapters satisfies what every adapter must, on documents of our own writing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from producers import adapter as adapters
from producers.adapters.eu_movement import EuMovement
from producers.adapters.fr_registry import FrRegistry
from producers.adapters.it_rentri import ItRentri
from producers.adapters.table import Table
from producers.adapters.uk_annex_vii import UkAnnexVii
from producers.adapters.uk_packaging import UkPackaging
from producers.adapters.uk_receipt import UkReceipt
from producers.adapters.us_emanifest import UsEmanifest
from producers.conformance.suite import conformance_tests
from tests.support import tables
from tests.support.samples import ROOT

DOCUMENTS = ROOT / "tests" / "documents"


def documents(folder: str) -> Iterable[Path]:
    """Return the documents of an adapter in order of their names."""
    return sorted((DOCUMENTS / folder).rglob("*.*"))


def table_tests() -> type:
    """Return the tests of the table adapter on the same loads in each of its formats."""
    with TemporaryDirectory() as name:
        for form, make in tables.FORMATS.items():
            (Path(name) / f"loads.{form}").write_bytes(make())
        return conformance_tests(Table, Path(name), {"mapping": str(tables.EXAMPLE)})


TestEuMovement = conformance_tests(EuMovement, documents("eu_movement"))
TestFrRegistry = conformance_tests(FrRegistry, documents("fr_registry"), {"register": "incoming_waste"})
TestItRentri = conformance_tests(ItRentri, documents("it_rentri"))
TestTable = table_tests()
TestUkAnnexVii = conformance_tests(UkAnnexVii, documents("uk_annex_vii"), {"account": "ours"})
TestUkPackaging = conformance_tests(UkPackaging, documents("uk_packaging"))
TestUkReceipt = conformance_tests(UkReceipt, documents("uk_receipt"))
TestUsEmanifest = conformance_tests(UsEmanifest, documents("us_emanifest"))


def test_no_adapter_is_forgotten() -> None:
    """Each installed adapter of ours has its tests in this file."""
    ours = {
        adapter for adapter in adapters.available().values() if adapter.__module__.startswith("producers.")
    }

    assert {f"Test{adapter.__name__}" for adapter in ours} <= globals().keys()
