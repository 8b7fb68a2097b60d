"""One installation: its settings as far as they are right, and what several checks ask of its exchange."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any

from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported without saying so
    AdminClient,
    TopicDescription,
)
from pydantic import BaseModel, ValidationError

from deploy.doctor import descriptions
from deploy.doctor.given import Given
from schemas import directory as directories
from schemas import refusals, topics
from schemas.access import Member, Resource, Role
from schemas.directory import Directory
from schemas.errors import ConfigurationError
from schemas.runtime import clients
from schemas.settings import Settings
from schemas.topics import Topic


@dataclass
class Installation:
    """An agency's or a hub's.

    Attributes:
        role: What is installed.
        given: Where its settings come from.
        refusals: By section, which of its values are refused, so that none of it is in force.
    """

    role: Role
    given: Given
    settings: Settings = field(init=False)
    refusals: dict[str, list[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Take over each section that is right; of another one its defaults stand."""
        merged = self.given.merged()
        sections: dict[str, Any] = {
            name: self._section(name, merged.get(name, {})) for name in Settings.model_fields
        }
        # Without looking at the environment again, where the same values stand.
        self.settings = Settings.model_construct(**sections)

    @property
    def name(self) -> str | None:
        """What the agency or hub is called; None: nobody says."""
        return self.settings.agency.id if self.role is Role.AGENCY else self.settings.hub.name

    @property
    def keys(self) -> str | None:
        """Where its keys lie."""
        found = self.settings
        return found.agency.keys if self.role is Role.AGENCY else found.hub.release.keys

    @property
    def directory_file(self) -> Path | None:
        """Where the directory of the exchange lies."""
        found = self.settings
        return found.agency.directory if self.role is Role.AGENCY else found.hub.directory

    @property
    def member(self) -> Member:
        """It, among those who are granted something; its principal is the broker's to know."""
        return Member(self.role, self._named(), "")

    @cached_property
    def admin(self) -> AdminClient:
        """A client that may ask everything that the user may; raises as `clients.admin`."""
        return clients.admin(self.settings.kafka)

    @cached_property
    def directory(self) -> Directory:
        """The members of the exchange.

        Raises:
            ConfigurationError: No directory is given, or it is absent or malformed.
        """
        if self.directory_file is None:
            raise ConfigurationError(
                "no directory of the exchange is given", hint="give --directory, such as directory.toml"
            )
        return directories.load(self.directory_file)

    @cached_property
    def known_topics(self) -> dict[str, TopicDescription | int]:
        """What the broker tells of our topics, and of all others that the user may see, by their names.

        In the place of a topic stands the code of its error; raises RetriableError.
        """
        ours = [topic.name for topic in self.wanted()]
        seen = [name for name in descriptions.names(self.admin) if name.startswith(f"{topics.PREFIX}.")]
        return descriptions.of_topics(self.admin, dict.fromkeys([*ours, *self.sealed, *seen]))

    @property
    def sealed(self) -> dict[str, str]:
        """The topics to which an agency seals, each with its recipient; none without a directory."""
        if self.role is not Role.AGENCY:
            return {}
        try:
            members = self.directory.members
        except ConfigurationError:
            return {}
        return {topics.sealed(name): name for name, member in sorted(members.items()) if member.opening_key}

    def wanted(self, movement_partitions: int = topics.MOVEMENT_PARTITIONS) -> list[Topic]:
        """Return the topics that its grants name; raises ConfigurationError where nobody says whose it is."""
        member = self.member
        agencies = [member.name] if member.role is Role.AGENCY else []
        hubs = [member.name] if member.role is Role.HUB else []
        named = {grant.name for grant in member.grants if grant.resource is Resource.TOPIC}
        every = topics.all_topics(agencies, hubs, movement_partitions)
        return [topic for topic in every if topic.name in named]

    def _named(self) -> str:
        if self.name is None:
            raise ConfigurationError("nobody says which agency this is", hint="give --agency, such as US-EPA")
        return self.name

    def _section(self, name: str, values: Any) -> BaseModel:
        model = Settings.model_fields[name].annotation
        assert isinstance(model, type)
        assert issubclass(model, BaseModel)
        try:
            return model.model_validate(values)
        except ValidationError as error:
            self.refusals[name] = [
                self._refused((name, *place), text) for place, text in refusals.each(error)
            ]
            return model()

    def _refused(self, place: tuple[str | int, ...], text: str) -> str:
        """Say what is wrong with a value, where it comes from, and nothing of it."""
        names = tuple(map(str, takewhile(lambda step: isinstance(step, str), place)))
        origin = f" ({self.given.origin(names)})" if len(names) > 1 else ""
        return f"{'.'.join(map(str, place))}{origin}: {text}"
