"""What a Kafka error means for the caller: the one place where client codes are judged."""

from __future__ import annotations

from confluent_kafka import KafkaError, KafkaException

from schemas.errors import ConfigurationError, FatalError, FencedError, RetriableError, WeighbridgeError

_FENCED = {KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH}  # noqa: SLF001  # librdkafka's public code, private by its name only
# A partition that was just added is unknown for a moment, which passes by itself.
_MISSING = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC}  # noqa: SLF001  # as above
_DENIED = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
}
# What clients say of a host without an address, a closed port and a silent one, and of a topic of
# which nobody has told them yet; it is no more exact.
_SILENT = {
    KafkaError._TIMED_OUT,  # noqa: SLF001  # as above
    KafkaError._TRANSPORT,  # noqa: SLF001  # as above
    KafkaError._RESOLVE,  # noqa: SLF001  # as above
    KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001  # as above
    KafkaError._NOENT,  # noqa: SLF001  # as above
}
_FATAL = KafkaError._FATAL  # noqa: SLF001  # as above
_BY_CODE: dict[int, tuple[type[WeighbridgeError], str, str]] = {
    **dict.fromkeys(
        _FENCED, (FencedError, "another instance took over", "run one instance for each source or hub")
    ),
    **dict.fromkeys(_MISSING, (FatalError, "a topic is missing", "weighbridge topics apply")),
    KafkaError.MSG_SIZE_TOO_LARGE: (
        FatalError,
        "a record is larger than the broker takes",
        "raise message.max.bytes of broker and client",
    ),
    **dict.fromkeys(
        _DENIED,
        (
            ConfigurationError,
            "the broker refuses this user",
            "look at the user and at its grants: weighbridge topics acl",
        ),
    ),
}


def classified(error: KafkaException | KafkaError, what: str) -> WeighbridgeError:
    """Return the error to raise in place of a client's; `what` names the act that failed.

    Fencing ends the process for good, a missing topic or permission until somebody acts, a
    fatal client until it starts again; everything else passes by itself.
    """
    cause: KafkaError = error.args[0] if isinstance(error, KafkaException) else error
    if cause.code() in _BY_CODE:
        kind, message, hint = _BY_CODE[cause.code()]
        return kind(f"{what}: {message}", hint=hint)
    if cause.fatal() or cause.code() == _FATAL:
        return FatalError(f"{what}: {cause.name()}", hint="start the process again")
    problem = f"the broker does not answer ({cause.name()})" if cause.code() in _SILENT else cause.name()
    return RetriableError(
        f"{what}: {problem}",
        hint="is it up, is bootstrap_servers its address, does it want TLS or a user? weighbridge doctor",
    )
