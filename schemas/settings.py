"""Settings of all roles: one TOML file, then the environment, then flags; later ones win.

The file is `weighbridge.toml` in the current folder or what WEIGHBRIDGE_CONFIG names.
Environment variables are WEIGHBRIDGE_<SECTION>__<NAME>. Unknown keys are refused.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from schemas import refusals, topics
from schemas.errors import ConfigurationError

VARIABLE_PREFIX = "WEIGHBRIDGE_"
CONFIG_VARIABLE = f"{VARIABLE_PREFIX}CONFIG"
CONFIG_FILE = "weighbridge.toml"


def _agency_name(text: str) -> str:
    if re.match(topics.AGENCY, text) is None:
        raise ValueError("write it like US-EPA: a country, a hyphen, up to 12 capital letters or digits")
    return text


def _hub_name(text: str) -> str:
    if re.match(topics.HUB, text) is None:
        raise ValueError("write it like north-1: up to 31 small letters, digits and hyphens, a letter first")
    return text


Port = Annotated[int, Field(ge=0, le=65_535)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SecurityProtocol(StrEnum):
    """How a client talks to the broker: encrypted or not, with a user or not."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_SSL = "SASL_SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"

    @property
    def has_tls(self) -> bool:
        """Say whether what travels is encrypted and the broker shows a certificate."""
        return self in {self.SSL, self.SASL_SSL}

    @property
    def has_user(self) -> bool:
        """Say whether the client logs in by SASL."""
        return self in {self.SASL_SSL, self.SASL_PLAINTEXT}


class AccessSettings(_Section):
    """Whom to trust and how to log in; every file is PEM.

    Attributes:
        ca_file: Authorities to trust; None: those that the system trusts.
        certificate_file: Our own certificate, followed by those between it and its authority.
        key_file: Its private key, which only we may read.
        key_password: What the key is encrypted with, or `key_password_file` that holds it.
        username: Our user.
        password: Its password, or `password_file` that holds it.
    """

    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    key_password: SecretStr | None = None
    key_password_file: Path | None = None
    username: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None

    @property
    def has_tls_files(self) -> bool:
        """Say whether anything is given that only TLS uses."""
        return any((self.ca_file, self.certificate_file, self.key_file))

    @model_validator(mode="after")
    def _check_pairs(self) -> Self:
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("certificate_file and key_file belong together")
        if self.password and self.password_file:
            raise ValueError("give password or password_file")
        if self.key_password and self.key_password_file:
            raise ValueError("give key_password or key_password_file")
        if (self.username is None) != (self.password is None and self.password_file is None):
            raise ValueError("username and its password belong together")
        return self


class RegistrySettings(AccessSettings):
    """How to log in to the schema registry: by user and password, by certificate, or not at all."""


# What would have a client trust anybody; there is no reason to want that.
_TRUSTING_ANYBODY = {
    "enable.ssl.certificate.verification": {"false", "f", "0", "no", "off"},
    "ssl.endpoint.identification.algorithm": {"none"},
}


class KafkaSettings(AccessSettings):
    """How to reach broker and registry.

    Attributes:
        sasl_mechanism: How the user logs in where the protocol has one.
        registry: Of its own: nothing that is given for the broker is used for the registry.
        client: Passed to librdkafka as it is; comes before everything above.
    """

    bootstrap_servers: str = "127.0.0.1:9092"
    # Without a user and password in it, as it is shown in messages.
    registry_url: Annotated[str, Field(pattern=r"^https?://[^\[\]@]+$")] = (
        "http://127.0.0.1:8081/apis/ccompat/v7"
    )
    security_protocol: SecurityProtocol = SecurityProtocol.PLAINTEXT
    sasl_mechanism: str = "SCRAM-SHA-512"
    registry: RegistrySettings = RegistrySettings()
    client: dict[str, str] = {}

    @model_validator(mode="after")
    def _check_nothing_goes_in_clear(self) -> Self:
        """Refuse what looks like protection and would be none."""
        if self.has_tls_files and not self.security_protocol.has_tls:
            raise ValueError("with a certificate or authority, security_protocol is SSL or SASL_SSL")
        if self.username and not self.security_protocol.has_user:
            raise ValueError("with a username, security_protocol is SASL_SSL")
        is_http = self.registry_url.startswith("http:")
        if is_http and (self.registry.username or self.registry.has_tls_files):
            raise ValueError("with a user, certificate or authority of the registry, registry_url is https")
        if self.security_protocol is SecurityProtocol.SASL_PLAINTEXT and self.sasl_mechanism == "PLAIN":
            raise ValueError("PLAIN sends the password as it is: security_protocol is SASL_SSL")
        if "security.protocol" in self.client:
            raise ValueError("client: give security.protocol as security_protocol")
        for name, refused in _TRUSTING_ANYBODY.items():
            if self.client.get(name, "").lower() in refused:
                raise ValueError(f"client: {name} would trust any server; give its authority as ca_file")
        return self


class MemberSettings(NamedTuple):
    """Who one is among the members of an exchange, and where its keys and their directory lie."""

    name: str
    keys: str
    directory: Path


class AgencySettings(_Section):
    """An adapter beside one agency's system.

    Attributes:
        keys: Where the keys lie: a folder, or the address of another key store.
        directory: File of the members of the exchange.
        groups: File of companies that are one, and of enterprise groups.
    """

    id: Annotated[str, AfterValidator(_agency_name)] | None = None
    keys: str | None = None
    directory: Path | None = None
    groups: Path | None = None
    commit_interval_seconds: Annotated[float, Field(gt=0, le=5)] = 0.5
    commit_events: Annotated[int, Field(gt=0, le=100_000)] = 10_000
    poll_interval_seconds: Annotated[float, Field(gt=0)] = 5.0
    metrics_host: str = "127.0.0.1"
    metrics_port: Port = 9464

    def member(self) -> MemberSettings:
        """Return who we are among the members of the exchange.

        Raises:
            ConfigurationError: Name, keys or directory are not given.
        """
        if self.id is None or self.keys is None or self.directory is None:
            raise ConfigurationError(
                "which agency, with which keys, among whom?",
                hint="give --agency, --keys and --directory, or settings",
            )
        return MemberSettings(self.id, self.keys, self.directory)


class SourceSettings(_Section):
    """What the source of an adapter logs in with; everything else stands in the file that describes it."""

    api_id: SecretStr | None = None
    api_key: SecretStr | None = None
    password: SecretStr | None = None


class Calendar(StrEnum):
    """How long an epoch is: what is released together."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


class TableSettings(_Section):
    """One table: how far it goes into each dimension; measure, flow and period are always told apart.

    Attributes:
        region: By country, or by its largest parts too.
        partner: Whether the country at the other end is told.
        material: All waste, its groups, their categories, or the finest materials.
        operation: Whether the class of the operation is told.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
    region: Literal["country", "part"] = "country"
    partner: Literal["none", "country"] = "none"
    material: Literal["none", "group", "category", "material"] = "none"
    operation: Literal["none", "class"] = "none"


Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Measure = Annotated[str, Field(pattern=r"^[A-Z_]+(-[1-9][0-9]?)?$")]


class ReleaseSettings(_Section):
    """When a hub releases, and what. Confidential: the rules help whoever attacks a table.

    Attributes:
        epoch: Calendar of publication.
        lateness_hours: How long after its calendar end an epoch still takes what comes late.
        order: Hubs of one ledger in the order in which they release an epoch; none: this one alone.
        keys: Where the hub's keys lie: a folder, or the address of another key store.
        final_epochs: How many epochs after that of its last day a period gets its last block.
        countries: Whose waste the tables show; none: that of all countries.
        measures: What the tables tell apart as measures.
        flows: What they tell apart as flows.
        is_one_mass: Whether different measures tell nearly the same mass, so that one may only be
            shown where all may.
        hubs: By name of another hub of the ledger, the countries whose waste its tables show.
        owners: By country that several hubs show, the hub that decides for all of them.
        tables: The tables; they are linked, and decided together.
    """

    min_groups: Annotated[int, Field(ge=3)] = 3
    p_percent: Annotated[int, Field(ge=1, le=100)] = 15
    epoch: Calendar = Calendar.MONTH
    lateness_hours: Annotated[int, Field(ge=0, le=24 * 366)] = 240
    order: tuple[Annotated[str, AfterValidator(_hub_name)], ...] = ()
    keys: str | None = None
    final_epochs: Annotated[int, Field(ge=1, le=366)] = 4
    countries: tuple[Country, ...] = ()
    measures: Annotated[tuple[Measure, ...], Field(min_length=1)] = ("DISPATCHED", "RECEIVED")
    flows: Annotated[tuple[Literal["EXPORT", "IMPORT", "DOMESTIC", "TRANSIT"], ...], Field(min_length=1)] = (
        "EXPORT",
        "IMPORT",
        "DOMESTIC",
    )
    is_one_mass: bool = True
    hubs: dict[Annotated[str, AfterValidator(_hub_name)], tuple[Country, ...]] = {}
    owners: dict[Country, Annotated[str, AfterValidator(_hub_name)]] = {}
    tables: Annotated[tuple[TableSettings, ...], Field(min_length=1)] = (
        TableSettings(name="movements", material="group"),
    )

    @property
    def lateness(self) -> timedelta:
        """How long after its calendar end an epoch closes."""
        return timedelta(hours=self.lateness_hours)

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if len(set(self.order)) != len(self.order):
            raise ValueError("order: a hub releases an epoch once")
        return self

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        for name in ("countries", "measures", "flows"):
            if len(set(getattr(self, name))) != len(getattr(self, name)):
                raise ValueError(f"{name}: name each once")
        if len({table.name for table in self.tables}) != len(self.tables):
            raise ValueError("tables: two have the same name")
        return self


class HubSettings(_Section):
    """A regional hub: one file, one topic, its aggregates.

    Attributes:
        directory: File of the members of the exchange.
    """

    name: Annotated[str, AfterValidator(_hub_name)] = "hub"
    file: Path = Path("hub.duckdb")
    directory: Path | None = None
    batch_rows: Annotated[int, Field(gt=0, le=1_000_000)] = 50_000
    batch_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    # A hub of ten million events then stays below 1 GB, whatever it is asked.
    memory_limit: str = "384MB"
    metrics_host: str = "127.0.0.1"
    metrics_port: Port = 9465
    release: ReleaseSettings = ReleaseSettings()


class Settings(BaseSettings):
    """All settings of one installation."""

    model_config = SettingsConfigDict(
        env_prefix=VARIABLE_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
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
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_file())


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
    except (TOMLDecodeError, UnicodeDecodeError, SettingsError) as error:
        raise ConfigurationError(
            f"settings cannot be read: {error}",
            hint=f"look at {config_file()} and at WEIGHBRIDGE_* variables, or ask weighbridge doctor",
        ) from None
    except ValidationError as error:
        raise ConfigurationError(
            f"settings: {refusals.told(error)}",
            hint=f"look at {config_file()} and at WEIGHBRIDGE_* variables, or ask weighbridge doctor",
        ) from None


def config_file() -> Path:
    """Return the file of settings, whether it is there or not.

    Raises:
        ConfigurationError: CONFIG_VARIABLE names one that is not there.
    """
    named = os.environ.get(CONFIG_VARIABLE)
    if named and not Path(named).is_file():
        raise ConfigurationError(f"no settings at {named}", hint=f"mend or unset {CONFIG_VARIABLE}")
    return Path(named or CONFIG_FILE)


def variables() -> frozenset[str]:
    """Return the names of the variables that begin as ours do, in capitals: small letters mean the same."""
    names = (name.upper() for name in os.environ)
    return frozenset(name for name in names if name.startswith(VARIABLE_PREFIX))
