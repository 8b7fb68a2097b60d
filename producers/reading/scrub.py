"""Texts that may travel sealed, such as names and addresses of companies, without what is about people.

National systems write what they like into a name or an address: the extension of whoever answers the
telephone, an e-mail address, a number plate. They are taken out by their form, and rather too
much than too little.
"""

from __future__ import annotations

import re
from functools import lru_cache

TEXT_CHARACTERS_MAX = 500

_CACHED_TEXTS = 16_384
_CACHED_CHARACTERS_MAX = 120
_BLANK = " "
_ENDS = " ,;|"
# Characters that no reader sees, and that would hide what stands between them; halves of characters, which
# JSON may hold, have no bytes either.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ud800-\udfff]"
)
_SEPARATED = "[\\s./()\u2010-\u2015\u00b7-]{0,3}"
_LABEL = (
    r"\b(?:tel(?:ef(?:ono?|oon|ax)|ephone)?|t[\u00e9e]l(?:[\u00e9e]phone)?|phone|ph|fax|mob(?:ile?)?|mobiel|cell?"
    r"|cellulare|gsm|handy|portable|whatsapp|telecopie|t[\u00e9e]l[\u00e9e]copie)\b"
)
_PLATE_LABEL = (
    r"\b(?:(?:licen[cs]e|number|registration)\s?plate|plate|vehicle|vrn|reg(?:istration)?|targa|kfz"
    r"|kennzeichen|kenteken|immat(?:riculation)?|matr[i\u00ed]cula|nummernschild)\b"
)
_TELEPHONES = (
    # Behind a word that says it, and international.
    rf"{_LABEL}[^\w+(]{{0,4}}(?:n[or\u00b0]\.?\s?)?[+(]{{0,2}}\d(?:{_SEPARATED}\d){{5,}}",
    rf"(?:\+|(?<!\d)00){_SEPARATED}[1-9](?:{_SEPARATED}\d){{6,}}",
    # With the zero of national numbers; but US postal codes of nine digits may begin with one.
    rf"(?<!\w)(?!0\d{{4}}-\d{{4}}(?!\d))\(?0(?:{_SEPARATED}\d){{8,}}",
    r"(?<!\d)(?:1[\s.-]?)?\(?[2-9]\d\d\)?[\s.-]{0,2}[2-9]\d\d[\s.-]?\d{4}(?!\d)(?:\s?(?:x|ext\.?)\s?\d{1,5})?",
    r"(?<!\d)3\d\d[\s./-]?\d{6,7}(?!\d)",
    # Three groups of digits and more, or figures as long as no house number or postal code is.
    r"(?<!\d)(?=\d(?:[\s./-]?\d){8})\d{2,4}(?:[\s./-]\d{2,4}){2,}(?!\d)",
    r"(?<!\d)\d{9,}",
)
_PLATES = (
    # France and Italy, Great Britain, Germany; the Netherlands and Belgium.
    r"\b[A-Z]{2}[\s-]?\d{3}[\s-]?[A-Z]{2}\b",
    r"\b[A-Z]{2}\d\d\s?(?!LTD|PLC|LLP|LLC|INC|SRL|SPA)[A-Z]{3}\b",
    r"\b[A-Z\u00c4\u00d6\u00dc]{1,3}-[A-Z]{1,2}\s?\d{1,4}[EH]?\b",
    r"\b(?=[A-Z\d-]{8,9}\b)(?=[\d-]*[A-Z])(?=[A-Z-]*\d)(?:[A-Z]{1,3}|\d{1,3})(?:-(?:[A-Z]{1,3}|\d{1,3})){2}\b",
    rf"(?i:{_PLATE_LABEL})[^\w]{{0,4}}(?=[A-Z-]{{0,6}}\s?\d|\d)[A-Z\d]{{1,4}}(?:[\s-]?[A-Z\d]{{1,4}}){{0,3}}\b",
)
_EMAILS = (
    r"(?<!\S)\S*?\s?[(\[{]\s?(?i:at)\s?[)\]}]\s?\S*",
    r"(?<!\S)\S*[@\uff20\ufe6b]\S*",
)
_EMAIL = re.compile("|".join(_EMAILS))
_TELEPHONE = re.compile("|".join(_TELEPHONES), re.IGNORECASE)
_PLATE = re.compile("|".join(_PLATES))
# What every one of a kind has is looked for first: it takes a tenth of the time that the forms take.
_EMAIL_SIGNS = re.compile("[@\uff20\ufe6b([{]")
_TELEPHONE_SIGNS = re.compile(rf"\d(?:{_SEPARATED}\d){{5}}")
_PLATE_SIGNS = re.compile(r"[A-Z]{2}\s?\d")
_PLATE_WORDS = (
    "plate",
    "vehicle",
    "vrn",
    "reg",
    "targa",
    "kfz",
    "kennzeichen",
    "kenteken",
    "immat",
    "matr",
    "nummernschild",
)


def scrubbed(text: str) -> str | None:
    """Return a name or an address without e-mail addresses, telephone and fax numbers and number plates.

    What is left has single blanks, and is never longer than before. It goes only by forms, and so:

    - It does not know the name of a person: `Smith & Sons, attn. J. Smith` stays as it is. Fields that
      hold persons must never be given to it.
    - Of numbers it knows those behind a word such as `tel`, the international ones, and the usual
      national forms from nine digits on. A local number such as `555-0123` looks like a postal code.
    - Of number plates it knows those behind a word such as `plate`, and the forms of France, Italy, Great
      Britain, Germany, the Netherlands and Belgium; `1234 BCD` may be a house number in its street.
    - It takes out more than it should: registration numbers of nine digits and more, and a
      postal code that directly follows a telephone number.

    Args:
        text: At most `TEXT_CHARACTERS_MAX` characters.

    Returns:
        None where nothing but blanks and punctuation is left, and for a text that is longer.
    """
    if len(text) <= _CACHED_CHARACTERS_MAX:
        return _cached(text)
    return _scrubbed(text) if len(text) <= TEXT_CHARACTERS_MAX else None


def _scrubbed(text: str) -> str | None:
    seen = text if text.isprintable() else _UNSEEN.sub("", text)
    left = _BLANK.join(seen.split()).strip(_ENDS)
    # What is taken out may bring together what is to be taken out in turn.
    while (less := _without(left)) != left:
        left = less
    return left if any(map(str.isalnum, left)) else None


_cached = lru_cache(_CACHED_TEXTS)(_scrubbed)


def _without(text: str) -> str:
    if _EMAIL_SIGNS.search(text):
        text = _EMAIL.sub(_BLANK, text)
    if _TELEPHONE_SIGNS.search(text):
        text = _TELEPHONE.sub(_BLANK, text)
    if _may_hold_plate(text):
        text = _PLATE.sub(_BLANK, text)
    return _BLANK.join(text.split()).strip(_ENDS)


def _may_hold_plate(text: str) -> bool:
    if "-" in text or _PLATE_SIGNS.search(text):
        return True
    words = text.lower()
    return any(word in words for word in _PLATE_WORDS)
