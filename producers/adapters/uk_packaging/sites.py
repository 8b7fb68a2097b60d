"""Sites abroad, which the log names by numbers that mean something within one registration only."""

from __future__ import annotations

from producers.adapters.uk_packaging.model import Upload
from producers.statement import Company

SITE_SCHEME = "GB-EPR-OVERSEAS-SITE"

_DIGITS = 3


def overseas_site(upload: Upload, stated: str | None) -> Company | None:
    """Return the site of a number as stated, with or without its zeros; None where none is."""
    if stated is None:
        return None
    return Company(SITE_SCHEME, f"{upload.organisation}:{upload.registration}:{stated.zfill(_DIGITS)}")
