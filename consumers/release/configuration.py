"""What the tables of a hub mean, as one digest that everybody may know."""

from __future__ import annotations

import json

from consumers.hub import queries
from consumers.release.release import digest_of
from schemas import codes
from schemas.settings import ReleaseSettings

# What decides what a figure means.
_QUERIES = ("movement", "latest", "release_at", "counted", "facts", "behind")
# The rules are left out: a digest over a handful of small numbers would tell them to anyone who
# tries them all. So is what differs from machine to machine.
_LEFT_OUT = {"min_groups", "p_percent", "keys"}


def configuration_digest(settings: ReleaseSettings) -> bytes:
    """Return the SHA-256 over tables, calendar, code lists and queries."""
    chosen = json.dumps(settings.model_dump(mode="json", exclude=_LEFT_OUT), sort_keys=True)
    texts = [chosen, codes.VERSION, *map(queries.text, _QUERIES)]
    return digest_of(text.encode() for text in texts)
