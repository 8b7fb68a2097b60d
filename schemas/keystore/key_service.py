"""Wrapping by AWS KMS: the key never leaves the service, and the service keeps the record of its uses.

Needs the extra `kms`. Region, credentials and endpoint are those of AWS's own configuration.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
)
from botocore.exceptions import (
    ConnectionError as NoConnectionError,
)

from schemas.errors import ConfigurationError, RetriableError

_PURPOSE = "weighbridge keys"
_HINT = "look at the key's name and policy, the region and the credentials"


@dataclass(frozen=True, slots=True)
class KeyService:
    """One symmetric key of the service.

    Attributes:
        key: Its id, ARN or alias, such as `alias/weighbridge`.
    """

    key: str

    def wrap(self, key: bytes, label: str) -> bytes:
        """Return a key encrypted by the service; raises as `unwrap`."""
        with _answered():
            answer = _client().encrypt(KeyId=self.key, Plaintext=key, EncryptionContext=_context(label))
        return bytes(answer["CiphertextBlob"])

    def unwrap(self, wrapped: bytes, label: str) -> bytes:
        """Return a key that the service decrypts.

        Raises:
            ConfigurationError: Key, credentials or region are wrong, or the bytes were altered.
            RetriableError: The service cannot be reached.
        """
        with _answered():
            answer = _client().decrypt(
                KeyId=self.key, CiphertextBlob=wrapped, EncryptionContext=_context(label)
            )
        return bytes(answer["Plaintext"])


def _context(label: str) -> dict[str, str]:
    """Return what the service binds to the ciphertext and writes into its audit log."""
    return {"purpose": _PURPOSE, "document": label}


def _client() -> Any:
    return boto3.client("kms")


@contextmanager
def _answered() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        if (
            error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            >= HTTPStatus.INTERNAL_SERVER_ERROR
        ):
            raise RetriableError(f"the key service fails: {code}", hint="try again") from None
        raise ConfigurationError(f"the key service refuses: {code}", hint=_HINT) from None
    except (NoConnectionError, HTTPClientError) as error:
        raise RetriableError(
            f"the key service cannot be reached: {type(error).__name__}",
            hint="look at the network, try again",
        ) from None
    except BotoCoreError as error:
        raise ConfigurationError(f"the key service: {type(error).__name__}", hint=_HINT) from None
