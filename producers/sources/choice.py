"""Which source a file describes: its `kind` chooses one of the descriptions."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, TypeAdapter, ValidationError

from producers.sources.database import Database
from producers.sources.emanifest import Emanifest, EmanifestDescription
from producers.sources.emanifest_service import EmanifestService
from producers.sources.http_service import HttpService
from producers.sources.outbox import Outbox, OutboxDescription
from producers.sources.source import Source
from producers.sources.sql import Sql, SqlDescription
from schemas import refusals
from schemas.errors import ConfigurationError
from schemas.settings import SourceSettings

AnyDescription = EmanifestDescription | SqlDescription | OutboxDescription
_DESCRIPTION: TypeAdapter[AnyDescription] = TypeAdapter(
    Annotated[AnyDescription, Field(discriminator="kind")]
)
_EXAMPLES = "deploy/sources/ has an example of each kind"


def described(file: Path, secrets: SourceSettings) -> Source:
    """Return the source that a file describes; nothing is connected yet.

    Raises:
        ConfigurationError: Something in the file, or what it needs to log in, is wrong or missing.
    """
    description = read(file)
    if isinstance(description, EmanifestDescription):
        return Emanifest(description, _emanifest_service(description, secrets))
    database = Database(description.url, secrets.password)
    if isinstance(description, SqlDescription):
        return Sql(description, database)
    return Outbox(description, database)


def read(file: Path) -> AnyDescription:
    """Return what a file says.

    Raises:
        ConfigurationError: It cannot be read, or a key is wrong or missing; the message names the key.
    """
    try:
        return _DESCRIPTION.validate_python(tomllib.loads(file.read_text("utf-8")))
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}", hint=_EXAMPLES) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} is no TOML: {error}", hint=_EXAMPLES) from None
    except ValidationError as error:
        # The first step of a place is the kind, which the file has once.
        places = refusals.told(error, above=1, whole="kind")
        raise ConfigurationError(f"{file}: {places}", hint=_EXAMPLES) from None


def _emanifest_service(description: EmanifestDescription, secrets: SourceSettings) -> EmanifestService:
    http = HttpService(description.url, description.requests_per_second)
    api_id = _given(secrets.api_id, "API_ID")
    return EmanifestService(http, api_id, _given(secrets.api_key, "API_KEY"), description.area)


def _given(secret: SecretStr | None, name: str) -> SecretStr:
    if secret is None:
        raise ConfigurationError(
            f"the service needs WEIGHBRIDGE_SOURCE__{name}",
            hint="set this variable, best from a secret store",
        )
    return secret
