"""Settings of all roles: one TOML file, then the environment, then flags; later ones win.

The file is `weighbridge.toml` in the current folder or what WEIGHBRIDGE_CONFIG names.
Environment variables are WEIGHBRIDGE_<SECTION>__<NAME>. Unknown keys are refused.
"""

from __future__ import annotations

import os
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from schemas import topics
from schemas.errors import ConfigurationError

CONFIG_VARIABLE = "WEIGHBRIDGE_CONFIG"
CONFIG_FILE = "weighbridge.toml"


Port = Annotated[int, Field(ge=0, le=65_535)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KafkaSettings(_Section):
    """How to reach broker and registry; `client` is passed to librdkafka as it is."""

    bootstrap_servers: str = "127.0.0.1:9092"
    registry_url: Annotated[str, Field(pattern=r"^https?://[^\[\]]+$")] = (
        "http://127.0.0.1:8081/apis/ccompat/v7"
    )
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    username: str | None = None
    password: SecretStr | None = None
    client: dict[str, str] = {}


class AgencySettings(_Section):
    """An adapter beside one agency's system.

    Attributes:
        keys: Where the keys lie: a folder, or the address of another key store.
        directory: File of the members of the exchange.
        groups: File of companies that are one, and of enterprise groups.
    """

    id: Annotated[str, Field(pattern=topics.AGENCY)] | None = None
    keys: str | None = None
    directory: Path | None = None
    groups: Path | None = None
    commit_interval_seconds: Annotated[float, Field(gt=0, le=5)] = 0.5
    commit_events: Annotated[int, Field(gt=0, le=100_000)] = 10_000
    poll_interval_seconds: Annotated[float, Field(gt=0)] = 5.0
    metrics_host: str = "127.0.0.1"
    metrics_port: Port = 9464


class SourceSettings(_Section):
    """What the source of an adapter logs in with; everything else stands in the file that describes it."""

    api_id: SecretStr | None = None
    api_key: SecretStr | None = None
    password: SecretStr | None = None


class ReleaseRules(_Section):
    """When a cell may be published. Confidential: never logged, never published."""

    min_groups: Annotated[int, Field(ge=3)] = 3
    p_percent: Annotated[int, Field(ge=1, le=100)] = 15


class HubSettings(_Section):
    """A regional hub: one file, one topic, its aggregates.

    Attributes:
        directory: File of the members of the exchange.
    """

    name: Annotated[str, Field(pattern=topics.HUB)] = "hub"
    file: Path = Path("hub.duckdb")
    directory: Path | None = None
    batch_rows: Annotated[int, Field(gt=0, le=1_000_000)] = 50_000
    batch_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    memory_limit: str = "1GB"
    metrics_host: str = "127.0.0.1"
    metrics_port: Port = 9465
    release: ReleaseRules = ReleaseRules()


class Settings(BaseSettings):
    """All settings of one installation."""

    model_config = SettingsConfigDict(
        env_prefix="WEIGHBRIDGE_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    kafka: KafkaSettings = KafkaSettings()
    agency: AgencySettings = AgencySettings()
    source: SourceSettings = SourceSettings()
    hub: HubSettings = HubSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # not among our sources
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # not among our sources
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: flags, environment, file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, _config_file())


def load(**flags: dict[str, Any]) -> Settings:
    """Return the settings; `flags` are sections with the values given on the command line.

    Raises:
        ConfigurationError: A value is refused; the message names it, never shows it.
    """
    given = {
        section: {name: value for name, value in values.items() if value is not None}
        for section, values in flags.items()
    }
    try:
        return Settings(**{section: values for section, values in given.items() if values})  # type: ignore[arg-type]  # the model checks what is in it
    except (TOMLDecodeError, SettingsError) as error:
        raise ConfigurationError(
            f"settings cannot be read: {error}",
            hint=f"look at {_config_file()} and at WEIGHBRIDGE_* variables",
        ) from error
    except ValidationError as error:
        places = (
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
            for item in error.errors(include_input=False, include_url=False, include_context=False)
        )
        raise ConfigurationError(
            f"settings: {'; '.join(places)}", hint=f"look at {_config_file()} and at WEIGHBRIDGE_* variables"
        ) from None


def _config_file() -> Path:
    named = os.environ.get(CONFIG_VARIABLE)
    if named and not Path(named).is_file():
        raise ConfigurationError(f"no settings at {named}", hint=f"mend or unset {CONFIG_VARIABLE}")
    return Path(named or CONFIG_FILE)
