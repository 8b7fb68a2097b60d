"""The generated part of ACCESS.md: what each may do. `python -m tests.support.access_page` writes it."""

from __future__ import annotations

from schemas.access import Grant, agency_grants, hub_grants, subscriber_grants
from tests.support.samples import ROOT

PAGE = ROOT / "deploy" / "ACCESS.md"
_BEGIN = "<!-- grants: generated from schemas/access.py -->"
_END = "<!-- end of grants -->"
_MEMBERS = {
    "agency": agency_grants("US-EPA"),
    "hub": hub_grants("north-1"),
    "subscriber": subscriber_grants(),
}


def grants_table() -> str:
    """Return the table of all grants."""
    rows = [_row(member, grant) for member, grants in _MEMBERS.items() for grant in grants]
    return "\n".join(["| who | may | what | for |", "|---|---|---|---|", *rows])


def with_grants(text: str) -> str:
    """Return a text with the table between its marks."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{grants_table()}\n{_END}{after}"


def _row(member: str, grant: Grant) -> str:
    name = f"`{grant.name}`" + (" and what begins so" if grant.is_prefix else "")
    resource = grant.resource.value.replace("-", " ")
    return f"| {member} | {grant.operation.value.lower()} | {resource} {name} | {grant.reason} |"


if __name__ == "__main__":
    PAGE.write_text(with_grants(PAGE.read_text("utf-8")), encoding="utf-8")
