"""Movement references that both ends of a shipment know, in the one spelling that makes them meet.

Two agencies give a movement the same key only if they write its reference alike: without
blanks, slashes and hyphens, in capitals, the serial number with its zeros.

Source: Implementing Regulation (EU) 2025/1290, Article 15, for the numbers.
"""

from __future__ import annotations

import re

_SERIAL_DIGITS = 6
_DROPPED = re.compile(r"[\s/\-]+")
_SERIAL = re.compile(r"[0-9]{1,6}", re.ASCII)
# Authority (two letters, digits), year, serial; older notifications are shorter or longer. A7E and A7I
# begin the declarations of the French registry for shipments under Annex VII.
_NOTIFICATION = re.compile(r"(?:[A-Z]{2}|A7[EI])[A-Z0-9]{4,18}", re.ASCII)
# A word that stands where a number should, such as UNKNOWN, would make strangers' movements meet.
_NUMBER_DIGITS_MIN = 3
_ANNEX_VII = re.compile(r"GLW\.?[A-Z]{2}[A-Z0-9]{4,18}", re.ASCII)


def notification(number: str, serial: str | int) -> str | None:
    """Return the reference of one movement under a notification: `FR0026000123.000007`.

    Args:
        number: Notification number in any spelling.
        serial: Serial number of the movement under it, with or without zeros.

    Returns:
        None where either has not the form of one.
    """
    spelled, count = _spelled(number), str(serial).strip()
    if _SERIAL.fullmatch(count) is None or not _is_number(spelled, _NOTIFICATION):
        return None
    return f"{spelled}.{count.zfill(_SERIAL_DIGITS)}"


def annex_vii(number: str) -> str | None:
    """Return the reference of a movement by its Annex VII number: `GLWFR26...`; None where it is none."""
    spelled = _spelled(number)
    return spelled.replace(".", "") if _is_number(spelled, _ANNEX_VII) else None


def _is_number(spelled: str, form: re.Pattern[str]) -> bool:
    return form.fullmatch(spelled) is not None and sum(map(str.isdigit, spelled)) >= _NUMBER_DIGITS_MIN


def _spelled(number: str) -> str:
    return _DROPPED.sub("", number).upper()
