"""What remains possible when everything works as it should: for contracts, and for people to know.

Each risk is one that no setting removes. The threat model names them, and `doctor` prints them.
"""

from __future__ import annotations

from typing import NamedTuple


class ResidualRisk(NamedTuple):
    """One thing that somebody can still do.

    Attributes:
        id: Stable name, to refer to.
        who: Who can do it.
        what: What he can do, in one sentence.
        remedy: What rules, or people, can do about it.
    """

    id: str
    who: str
    what: str
    remedy: str


RESIDUAL_RISKS = (
    ResidualRisk(
        "pseudonym.agency.guess",
        "an agency, or a thief of exchange.json",
        "It holds the key of the year, and can compute the pseudonyms of companies that it guesses.",
        "Agencies agree not to; keys lie in a token or a key service; keys of past years are destroyed.",
    ),
    ResidualRisk(
        "pseudonym.no.common.id",
        "nobody",
        "A company that two agencies know by different numbers, and no table joins, counts as two "
        "contributors: fewer companies than it seems may stand behind a cell.",
        "Agencies keep the table agency.groups, with EU-VAT, EORI or LEI as the canonical number.",
    ),
    ResidualRisk(
        "pseudonym.no.group",
        "a company of a group",
        "Sites and companies of a group count as several contributors until a table says that they are one.",
        "Agencies keep the table agency.groups, and look at the largest contributors first.",
    ),
    ResidualRisk(
        "pseudonym.habits",
        "a hub",
        "It can recognise a company in the next year by quantities, materials and partners that are like "
        "nobody else's, whatever its pseudonym.",
        "Hubs keep records of past years only as long as releases need them, as agreed with agencies.",
    ),
    ResidualRisk(
        "pseudonym.known.movement",
        "a hub that knows one movement from elsewhere",
        "It learns the pseudonyms of its companies for that year, and so all their movements of the year.",
        "Hubs are operated by authorities, and their staff is bound to secrecy.",
    ),
    ResidualRisk(
        "movement.agency.guess",
        "an agency, or a thief of exchange.json",
        "The key of movements is never rotated: who holds it can test whether a movement of a number that he "
        "guesses is in the ledger.",
        "As for pseudonyms of companies.",
    ),
    ResidualRisk(
        "key.kept",
        "a recipient of sealed parts",
        "What it opened, or the data key that it unwrapped, it can keep: shredding binds the broker and "
        "those who come later.",
        "Contracts say what is kept, how long, and who looks after it.",
    ),
    ResidualRisk(
        "key.opening.stolen",
        "a thief of an opening key",
        "He opens everything that was ever sealed to that agency, if he also has the records: there is no "
        "forward secrecy between agencies that do not talk to each other.",
        "Keys in a token or a key service, rotation, and shredding of what is no longer needed.",
    ),
    ResidualRisk(
        "key.in.memory",
        "whoever is root where an adapter runs",
        "Keys are in its memory while it runs, also those that a token or a key service unwrapped.",
        "A machine of its own, few people, no core dumps.",
    ),
    ResidualRisk(
        "directory.trust",
        "whoever can change a member's directory.toml",
        "He can have things sealed to himself, or records counted that he signed.",
        "Fingerprints are compared by telephone; the file belongs to root.",
    ),
    ResidualRisk(
        "signature.stolen",
        "a thief of a signing key with access to the topic",
        "He can publish in the agency's name until the key is out of the directory; then the honest records "
        "that it signed are refused too by a hub that reads the ledger anew.",
        "The runbook for stolen keys in deploy/KEYS.md.",
    ),
)
