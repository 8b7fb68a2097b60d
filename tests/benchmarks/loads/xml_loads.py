"""Movement documents in XML, of any number: our own test documents with other numbers and companies."""

from __future__ import annotations

import random
import re
from functools import cache

from tests.benchmarks.loads.json_loads import FACILITIES, GENERATORS
from tests.support.samples import ROOT

_KINDS = ("announcement", "dispatch", "transfer", "border", "facility_receipt", "completion")
_MOVEMENTS_PER_NOTIFICATION = 999
_QUANTITY = re.compile(r'(<cbc:Quantity unitCode="TNE">)[0-9.]+')
_COUNT = re.compile(r"(<cbc:ConsignmentQuantity>)[0-9]+")
_SERIAL = re.compile(r"(<cbc:SequenceNumberID>)[0-9]+")
_NOTIFICATION, _GENERATOR, _FACILITY = "FR 01 26 000123", "99900010100017", "0999000133"


def movement(number: int) -> str:
    """Return a document without XML declaration; the same number gives the same."""
    dice = random.Random(number)  # noqa: S311  # a seeded load
    notification, serial = divmod(number, _MOVEMENTS_PER_NOTIFICATION)
    text = _templates()[number % len(_KINDS)]
    for pattern, value in (
        (_SERIAL, serial + 1),
        (_COUNT, _MOVEMENTS_PER_NOTIFICATION),
        (_QUANTITY, dice.randrange(100, 2_500) / 100),
    ):
        text = pattern.sub(rf"\g<1>{value}", text)
    return (
        text.replace(_NOTIFICATION, f"FR 01 26 {notification:06d}")
        .replace(_GENERATOR, f"{dice.randrange(GENERATORS):014d}")
        .replace(_FACILITY, f"{dice.randrange(FACILITIES):010d}")
    )


@cache
def _templates() -> list[str]:
    folder = ROOT / "tests" / "documents" / "eu_movement"
    texts = ((folder / f"{kind}.xml").read_text("utf-8") for kind in _KINDS)
    return [text.partition("?>")[2].strip() for text in texts]
