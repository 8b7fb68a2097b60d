"""The next release of the program, whose movements have one field more: this one, copied and changed.

What is changed is what CONTRIBUTING.md asks of whoever adds a field. Its program is a command
of its own, as it would be in an environment of its own.
"""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
import sys
from pathlib import Path

from schemas import compatibility, contract
from tests.support.samples import ROOT

FIELD, VALUE = "seal_unit", "NEXT"
_PACKAGES = ("schemas", "producers", "consumers", "deploy")
_MODEL = ("    release_at: datetime | None = None\n", "    seal_unit: str | None = None\n")
# The part, what a cancellation has in it, and what a statement has.
_PROTECTION = (
    ('    "related release_at": True,\n', '    "seal_unit": True,\n'),
    ("            ((), None),\n", "            None,\n"),
    (
        "        (_related(statement.related, keys.movement_key), statement.release_at),\n",
        '        "NEXT",\n',
    ),
)
_PROGRAM = """\
#!/bin/sh
PYTHONPATH={folder} exec {python} -c 'from deploy.cli import main; main()' "$@"
"""


def install(folder: Path) -> Path:
    """Make the next release in a folder, and return its program."""
    for package in _PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    _behind(folder / "schemas" / "movement.py", *_MODEL)
    for before, added in _PROTECTION:
        _behind(folder / "producers" / "protect.py", before, added)
    _add_version(folder / "schemas" / "avro")
    program = folder / "bin" / "weighbridge"
    program.parent.mkdir()
    program.write_text(_PROGRAM.format(folder=folder, python=sys.executable))
    program.chmod(0o755)
    return program


def _add_version(folder: Path) -> None:
    """Add a version of the movement's schema, and lock it as released."""
    schema = copy.deepcopy(contract.latest("movement"))
    like = next(field for field in schema["fields"] if field["name"] == "unit")
    schema["fields"].append(like | {"name": FIELD, "doc": "A field of the next release."})
    number = len(contract.versions("movement")) + 1
    path = folder / "movement" / f"v{number}.avsc"
    path.write_text(json.dumps(schema))
    lock = folder / compatibility.FINGERPRINTS
    known = json.loads(lock.read_text()) | {
        f"movement/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
    }
    lock.write_text(json.dumps(known))


def _behind(path: Path, before: str, added: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(before) == 1, f"{path} has another form: change this module too"
    path.write_text(text.replace(before, before + added))
