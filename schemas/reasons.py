"""Why a hub refuses a record, and what breaks the ledger: closed lists, the same words everywhere.

A reason never holds a value of the record. The record itself stays in the ledger, where
its coordinates find it again once the cause is mended.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A reason for a dead letter."""

    TOMBSTONE = "record.tombstone"
    UNFRAMED = "record.unframed"
    SCHEMA_UNKNOWN = "schema.unknown"
    SCHEMA_FOREIGN = "schema.foreign"
    BODY_CORRUPT = "body.corrupt"
    KEY_MISMATCH = "key.mismatch"
    IDENTIFIER_LENGTH = "identifier.length"
    ENUM_UNKNOWN = "enum.unknown"
    COUNTRY_FORM = "country.form"
    RELATION_UNKNOWN = "relation.unknown"
    QUANTITY_FORM = "quantity.form"
    NUMBER_NEGATIVE = "number.negative"
    MASS_IMPLAUSIBLE = "mass.implausible"
    DATE_IMPLAUSIBLE = "date.implausible"
    CODE_SEPARATOR = "code.separator"
    FORGED = "record.forged"


class Breach(StrEnum):
    """What is wrong with signatures, or with the records that they cover."""

    SIGNATURE_INVALID = "signature.invalid"
    RECORDS_MISSING = "records.missing"
    RECORDS_ALTERED = "records.altered"
    CHAIN_REPEATED = "chain.repeated"
    CHAIN_FORKED = "chain.forked"
    CHAIN_GAP = "chain.gap"


HINTS: dict[Reason, str] = {
    Reason.TOMBSTONE: "the ledger is append-only: withdraw a statement with change CANCELLED",
    Reason.UNFRAMED: "write values in Confluent framing: a zero byte, the schema id, the Avro body",
    Reason.SCHEMA_UNKNOWN: "register the schema before it is used: weighbridge schemas apply",
    Reason.SCHEMA_FOREIGN: "write values with the Movement schema of the exchange's registry",
    Reason.BODY_CORRUPT: "the body is not what its schema says: repair the writer, send the event again",
    Reason.KEY_MISMATCH: "the record key is the event's movement_key, or its ends do not meet",
    Reason.IDENTIFIER_LENGTH: "keys, ids and pseudonyms are 16 bytes long",
    Reason.ENUM_UNKNOWN: "use a symbol of the schema; UNKNOWN is for readers, not for writers",
    Reason.COUNTRY_FORM: "countries are ISO 3166-1 alpha-2 codes, ZZ where unknown",
    Reason.RELATION_UNKNOWN: "relations are REPLACES, REPLACED_BY, RESIDUE_OF, RETURN_OF or ONWARD_OF",
    Reason.QUANTITY_FORM: "a quantity is decimal text of at most 16 and 22 digits, without an exponent",
    Reason.NUMBER_NEGATIVE: "line, step, revision, edition and mass are zero or more",
    Reason.MASS_IMPLAUSIBLE: "the mass is beyond any movement: check the unit and the decimal point",
    Reason.DATE_IMPLAUSIBLE: "dates lie between 1990 and 2099: check the source's date format",
    Reason.CODE_SEPARATOR: "waste codes hold no '|', their schemes neither '|' nor ':'",
    Reason.FORGED: "no valid signature of the agency that it names covers it: who may write to the topic?",
}

BREACH_HINTS: dict[Breach, str] = {
    Breach.SIGNATURE_INVALID: "no listed key of the agency that it names made it: is the directory current?",
    Breach.RECORDS_MISSING: "records that it covers are not there, or covered before: restore the topic",
    Breach.RECORDS_ALTERED: "its records are not what was signed: restore the topic",
    Breach.CHAIN_REPEATED: "its writer has signed another time with this number: somebody copied it",
    Breach.CHAIN_FORKED: "it does not follow the one before it: are two writers using one source's keys?",
    Breach.CHAIN_GAP: "a signature of its writer is missing, with the records it covered: restore the topic",
}
