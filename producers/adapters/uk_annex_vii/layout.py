"""Which layout a file has, by its header row: this one, or another one by its name.

The same service takes two more layouts, for waste that stays in the country. Their
columns have other meanings at the same places, so such a file is refused whole.
"""

from __future__ import annotations

from producers.adapters.uk_annex_vii import columns
from producers.adapters.uk_annex_vii.rules import RULES_BY_ID
from producers.reading.csv_stream import Row
from producers.reading.file_rules import FILE_RULES_BY_ID
from schemas.findings import Finding

# More headers than this that differ are another layout, not slips.
_SLIPS_MAX = 20
# Headers of the two domestic layouts that this one has not: one of both, one of UKWM alone.
_DOMESTIC, _WITH_COMPONENTS = "producer organisation name", "chemical and biological components of the waste"


def findings(header: Row | None) -> tuple[Finding, ...]:
    """Return why the file cannot be read by this layout; nothing where it can.

    Args:
        header: The second row of the file, None where there is none.
    """
    if header is None:
        return (FILE_RULES_BY_ID["layout.unknown"].at("$"),)
    path = f"line[{header.line}]"
    if header.rule is not None:
        return (FILE_RULES_BY_ID[header.rule].at(path),)
    stated = [columns.normalised(cell) for cell in header.cells]
    if len(stated) == len(columns.HEADERS):
        slips = tuple(columns.different(stated))
        if len(slips) <= _SLIPS_MAX:
            return tuple(RULES_BY_ID["annex7.header.other"].at(f"{path}.{name}") for name in slips)
    return (_other_layout(stated, path),)


def _other_layout(stated: list[str], path: str) -> Finding:
    if _DOMESTIC not in stated:
        return FILE_RULES_BY_ID["layout.unknown"].at(path)
    return RULES_BY_ID["annex7.layout.ukwm" if _WITH_COMPONENTS in stated else "annex7.layout.ukm"].at(path)
