"""The generated part of the mapping manual: its keys. `python -m tests.support.mapping_page` writes it."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from producers.adapters.table import model
from producers.adapters.table.model import CommonKeys, StatementKeys
from schemas.confidentiality import Confidentiality
from tests.support.samples import ROOT

PAGE = ROOT / "producers" / "adapters" / "table" / "MAPPING.md"
_BEGIN = "<!-- keys: generated from producers/adapters/table/model.py -->"
_END = "<!-- end of keys -->"
SECTIONS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("[table]", model.TableKeys),
    ("[identity]", model.IdentityKeys),
    ("[cancel]", model.CancelKeys),
    ("[movement]", model.MovementKeys),
    ("notification", model.NotificationKeys),
    ("own", model.OwnKeys),
    ("[sealed]", model.SealedKeys),
    ("references", model.ReferenceKeys),
    ("[[sealed.party]]", model.PartyKeys),
    ("[[statement]], [common]", StatementKeys),
    ("when", model.Condition),
    ("origin, destination", model.PlaceKeys),
    ("codes", model.CodeKeys),
    ("quantity", model.QuantityKeys),
    ("contributor, group, counterparty", model.CompanyKeys),
)
# Elsewhere what is sealed leaves as a keyed hash alone.
_SEALED_SECTIONS = (model.SealedKeys, model.ReferenceKeys, model.PartyKeys)
_LEAVES = {
    Confidentiality.PUBLIC: "public",
    Confidentiality.HUB: "to hubs",
    Confidentiality.SEALED: "as a keyed hash",
    Confidentiality.NEVER: "never",
}


def keys() -> str:
    """Return the tables of all keys."""
    return "\n".join(line for title, section in SECTIONS for line in _table(title, section)).strip()


def with_keys(text: str) -> str:
    """Return a text with the keys between their marks."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{keys()}\n{_END}{after}"


def _table(title: str, section: type[BaseModel]) -> Iterator[str]:
    yield from (f"### `{title}`", "", (section.__doc__ or "").strip(), "")
    yield "| key | needed | what it says | such as | its cells leave the agency |"
    yield "|---|---|---|---|---|"
    for name, field in sorted(section.model_fields.items(), key=lambda item: item[0] != "stage"):
        yield f"| {' | '.join(_cells(name, field, section))} |"
    yield ""


def _cells(name: str, field: FieldInfo, section: type[BaseModel]) -> tuple[str, ...]:
    classes = [item for item in field.metadata if isinstance(item, Confidentiality)]
    is_common = section is StatementKeys and name in CommonKeys.model_fields
    needed = ("yes, here or in `[common]`" if is_common else "yes") if field.is_required() else ""
    examples = "<br>".join(f"`{example}`".replace("|", "\\|") for example in field.examples or ())
    leaves = _LEAVES[classes[0]] if classes else ""
    if section in _SEALED_SECTIONS and Confidentiality.SEALED in classes:
        leaves = "encrypted, to authorities"
    return f"`{field.alias or name}`", needed, field.description or "", examples, leaves


if __name__ == "__main__":
    PAGE.write_text(with_keys(PAGE.read_text("utf-8")), encoding="utf-8")
