"""The certificate of a publication: what the verifier needs to believe it. Confidential.

A witness and its opposite lie on both sides of the truth, so whoever has a certificate has what
the publication withholds. Only its digest may be shown.

Its JSON: `digests` of what it is about; `ledger`, the position after which it was made; the
names of the `attackers`; `vectors`, each a list of cells (numbered by levels, then by codes)
and a list of their moves; `witnesses`, each the number of a vector and what its moves are
divided by; `targets`, each a list of cells, their level, and the numbers of attacker and witness.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from consumers.disclosure.proving import Proofs
from consumers.disclosure.verifier import verifier

if TYPE_CHECKING:
    from consumers.disclosure.disclosure import Protected

_NOTICE = "CONFIDENTIAL: tells withheld values. Never publish it."


def text(protected: Protected, published: bytes, ledger: str = "") -> bytes:
    """Return the certificate of what was decided: the same bytes for the same decision.

    Args:
        protected: The decision; a target without a witness is left out, which the verifier tells.
        published: What leaves: the content of published.csv.
        ledger: Position in whatever was released before.
    """
    vectors, witnesses = _vectors(protected.proofs)
    attackers = sorted({target.attacker for target in protected.targets})
    number = {attacker: place for place, attacker in enumerate(attackers)}
    content = {
        "notice": _NOTICE,
        "version": verifier.VERSION,
        "ledger": ledger,
        "digests": verifier.digests(protected.problem, published),
        "attackers": [protected.attackers[attacker].name for attacker in attackers],
        "vectors": vectors,
        "witnesses": witnesses,
        "targets": [
            [list(target.cells), target.level, number[target.attacker], int(witness)]
            for target, witness in zip(protected.targets, protected.proofs.witness_of, strict=True)
            if witness >= 0
        ],
    }
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


def _vectors(proofs: Proofs) -> tuple[list[tuple[list[int], list[int]]], list[tuple[int, int]]]:
    """Return each vector once, and of each witness the vector and the scale."""
    number: dict[int, int] = {}
    vectors: list[tuple[list[int], list[int]]] = []
    witnesses: list[tuple[int, int]] = []
    for witness in proofs.witnesses:
        if id(witness.moves) not in number:
            number[id(witness.moves)] = len(vectors)
            vectors.append((witness.cells.tolist(), witness.moves.tolist()))
        witnesses.append((number[id(witness.moves)], witness.scale))
    return vectors, witnesses
