"""The seven registers: whose books each is, what it reports, and what each of its lines has to hold.

Source: Code de l'environnement, articles R. 541-43 and R. 541-43-1; arrêté of 31 May 2021; the
registry's own rules for its second version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from producers.adapters.fr_registry.columns import columns
from schemas.movement import Stage
from schemas.sealed import PartyRole

_KEY = ("publicId", "reportForCompanySiret")
_ALWAYS = ("weightValue", "weightIsEstimate")
_RECEIVED = (*_ALWAYS, "wastePop", "receptionDate", "emitterCompanyType", "operationCode")
_DISPATCHED = (*_ALWAYS, "wastePop", "dispatchDate", "destinationCompanyType", "operationCode")
# Read by nobody, but its label tells registers of soil from those of waste.
_DESCRIPTION = "wasteDescription"
_NO_LETTERS = re.compile(r"[^a-z]+")


@dataclass(frozen=True, eq=False)
class Register:
    """One register.

    Attributes:
        name: As settings, envelopes and document ids have it.
        label: In words, for hints.
        stage: What a line reports; None for traders and waste brokers, whose register is a third
            report of loads that others dispatch and receive.
        owner: What the owner of the register does in the movement.
        dates: Members that may hold the date of the fact; exactly one of them is stated.
        required: Members that no line may lack, beside those of its key.
        weighed_operations: Operations that take no estimated weight.
        has_mode: True where a final operation has to say in which way it recovers or disposes.
        is_traced: True where an interim operation has to say which one follows.
    """

    name: str
    label: str
    stage: Stage | None
    owner: PartyRole
    dates: tuple[str, ...]
    required: tuple[str, ...]
    weighed_operations: frozenset[str] = field(default_factory=frozenset)
    has_mode: bool = False
    is_traced: bool = False

    @cached_property
    def columns(self) -> Mapping[str, str]:
        """Return the member of each label, folded, of a file of this register."""
        return columns(self.name)

    @cached_property
    def required_columns(self) -> frozenset[str]:
        """Return the members that a file has to have a column for."""
        return frozenset((*_KEY, *self.required, _DESCRIPTION))

    @cached_property
    def days(self) -> tuple[str, ...]:
        """Return the members that hold a day."""
        return tuple(member for member in self.columns.values() if member.endswith("Date"))

    @cached_property
    def has_sender(self) -> bool:
        """Say whether the waste comes from somebody else than the register's owner."""
        return "emitterCompanyType" in self.required

    @cached_property
    def has_destination(self) -> bool:
        """Say whether it goes to somebody else."""
        return "destinationCompanyType" in self.columns.values()


REGISTERS = (
    Register(
        "incoming_waste",
        "waste received",
        Stage.RECEIVED,
        PartyRole.FACILITY,
        ("receptionDate",),
        (*_RECEIVED, "wasteCode"),
        weighed_operations=frozenset({"R1", "D5", "D10"}),
        has_mode=True,
        is_traced=True,
    ),
    Register(
        "incoming_texs",
        "soil received",
        Stage.RECEIVED,
        PartyRole.FACILITY,
        ("receptionDate",),
        _RECEIVED,
        is_traced=True,
    ),
    Register(
        "outgoing_waste",
        "waste dispatched",
        Stage.DISPATCHED,
        PartyRole.SENDER,
        ("dispatchDate",),
        (*_DISPATCHED, "wasteCode"),
    ),
    Register(
        "outgoing_texs", "soil dispatched", Stage.DISPATCHED, PartyRole.SENDER, ("dispatchDate",), _DISPATCHED
    ),
    Register(
        "transported",
        "transports",
        Stage.TRANSFERRED,
        PartyRole.CARRIER,
        ("collectionDate",),
        (
            *_ALWAYS,
            "collectionDate",
            "unloadingDate",
            "emitterCompanyType",
            "destinationCompanyType",
            "reportForTransportIsWaste",
        ),
    ),
    Register(
        "managed",
        "traders and waste brokers",
        None,
        PartyRole.REGISTRANT,
        ("managingStartDate",),
        (
            *_ALWAYS,
            "wastePop",
            "managingStartDate",
            "managingEndDate",
            "emitterCompanyType",
            "destinationCompanyType",
            "operationCode",
        ),
    ),
    Register(
        "ssd",
        "end of waste",
        Stage.END_OF_WASTE,
        PartyRole.REGISTRANT,
        ("useDate", "dispatchDate"),
        (*_ALWAYS, "wasteCode", "processingDate", "operationCode"),
        has_mode=True,
    ),
)
_BY_LETTERS = {_NO_LETTERS.sub("", register.name): register for register in REGISTERS}


def find(name: object) -> Register | None:
    """Return a register by its name as `incoming_waste`, `INCOMING_WASTE` or `incomingWaste`."""
    return _BY_LETTERS.get(_NO_LETTERS.sub("", name.lower())) if isinstance(name, str) else None
