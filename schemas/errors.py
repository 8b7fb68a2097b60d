"""Every error of weighbridge; its class says what the caller does next.

A message says what is wrong and where, a hint says what to do. No error ever
carries a value from a document or a record: those may be confidential.
"""

from __future__ import annotations

from enum import StrEnum

EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_FENCED = 3
EXIT_STUCK = 4


class Awaited(StrEnum):
    """What a process may wait for: the closed list of reasons to wait."""

    BROKER = "broker"
    TRANSACTION = "transaction"
    REGISTRY = "registry"
    SOURCE = "source"
    DEAD_LETTERS = "dead_letters"


class WeighbridgeError(Exception):
    """Base of all errors; `str()` is the message, `hint` the remedy."""

    exit_code = EXIT_FAILURE

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ConfigurationError(WeighbridgeError):
    """Settings, keys or files are wrong: stop before any work."""

    exit_code = EXIT_USAGE


class ContractError(WeighbridgeError):
    """Schema, topic or code list differs from what this release agrees to: stop and page."""


class FatalError(WeighbridgeError):
    """The process cannot go on: stop without committing."""


class FencedError(FatalError):
    """A newer instance with the same transactional id took over: stop, do not restart."""

    exit_code = EXIT_FENCED


class RetriableError(WeighbridgeError):
    """Broker, registry or source is away for the moment: back off, reject nothing."""

    def __init__(self, message: str, *, hint: str = "", awaited: Awaited = Awaited.BROKER) -> None:
        super().__init__(message, hint=hint)
        self.awaited = awaited


class ShutdownRequested(Exception):  # noqa: N818  # a signal, not an error
    """The process was told to stop while it waited; it ends well, and nothing is lost."""


class RejectedRecordError(WeighbridgeError):
    """One record is refused; the stream goes on."""


class SealError(RejectedRecordError):
    """Something sealed does not open: altered, moved, cut, shredded, or meant for somebody else."""
