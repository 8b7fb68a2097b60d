"""When the waste is collected, as a row says it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

from producers.adapters.uk_annex_vii.model import Entry
from producers.adapters.uk_annex_vii.noticing import Notice
from producers.adapters.uk_annex_vii.quantity import ACTUAL, ESTIMATE, flag
from producers.statement import When

# A longer text is no date.
_CHARACTERS_MAX, _REMEMBERED_MAX = 10, 4096
_DATE = re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4})", re.ASCII)
_SERIAL = re.compile(r"[0-9]{5}", re.ASCII)
# Spreadsheets count days from here; what they got wrong before March 1900 does not matter.
_SERIAL_ORIGIN = date(1899, 12, 30)


def collection(entry: Entry, notice: Notice) -> When | None:
    """Return the day of collection, None where it is wrong; `notice` is told why, and where."""
    when = _when(entry.collection_date, notice)
    if flag(entry.date_flag) not in {ESTIMATE, ACTUAL}:
        notice("annex7.flag.unknown", "date_flag")
    return when


def _when(stated: str, notice: Notice) -> When | None:
    when, rule = _read(stated) if len(stated) <= _CHARACTERS_MAX else (None, "annex7.date.form")
    if rule is not None:
        notice(rule, "collection_date")
    return when


@lru_cache(_REMEMBERED_MAX)
def _read(stated: str) -> tuple[When | None, str | None]:
    """Return the day that a short text says, and the rule that it breaks."""
    if _SERIAL.fullmatch(stated):
        return When(_SERIAL_ORIGIN + timedelta(days=int(stated))), "annex7.date.serial"
    written = _DATE.fullmatch(stated)
    on = _calendar_day(written) if written is not None else None
    if on is None:
        return None, "annex7.date.form" if stated else "annex7.date.missing"
    return When(on), None


def _calendar_day(written: re.Match[str]) -> date | None:
    day, month, year = map(int, written.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None
