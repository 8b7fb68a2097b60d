"""The two clusters of a copy: each is told by a settings file of its own, and by nothing else."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from schemas import refusals
from schemas.errors import ConfigurationError
from schemas.settings import KafkaSettings


def cluster(file: Path) -> KafkaSettings:
    """Return how to reach the cluster of a file's section `kafka`.

    Variables of the environment would hold for both clusters, so none is read.

    Raises:
        ConfigurationError: The file has no such section, or a value of it is refused.
    """
    try:
        section = tomllib.loads(file.read_text("utf-8"))["kafka"]
        return KafkaSettings.model_validate(section)
    except ValidationError as error:
        raise ConfigurationError(
            f"{file}: {refusals.told(error, whole='kafka')}", hint="look at its section kafka"
        ) from None
    except (KeyError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise ConfigurationError(f"{file} has no section kafka", hint="see deploy/hub.toml") from None
