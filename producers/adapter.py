"""The adapter protocol: what stands between a native document and its statements.

Every adapter is one module with the same three functions behind `read`: `parse` (a
native value to its model), `identify` (which document, which revision) and `statements`
(what it says). An adapter is pure: the same bytes and settings give the same readings, it does no I/O
but reading the stream, and keeps nothing between documents. Adapters are found by the
entry-point group `weighbridge.adapters`, so an agency ships its own beside ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import BinaryIO, ClassVar, Protocol

from pydantic import BaseModel

from producers.statement import Reading
from schemas.confidentiality import model_leaves, require_classes
from schemas.errors import ConfigurationError, ContractError
from schemas.findings import Rule

ENTRY_POINT_GROUP = "weighbridge.adapters"


class Adapter(Protocol):
    """One native system.

    Attributes:
        name: As on the command line, such as `us-emanifest`.
        source_format: Native format and version, such as `us-emanifest/1.3`.
        version: Raised whenever the same document would give other statements.
        default_agency: Authority whose system this is. This and the version are of the class,
            but where a setting decides them.
        settings: Values that a bare document may lack, with a line of help each;
            given with `--set name=value`.
        native_models: Every model of native documents; each leaf has a class.
        rules: Every rule that a finding of this adapter may name.
        has_complete_sets: True where each file is the complete set of its collection.
    """

    name: ClassVar[str]
    source_format: ClassVar[str]
    version: str
    default_agency: str
    settings: ClassVar[Mapping[str, str]]
    native_models: ClassVar[tuple[type[BaseModel], ...]]
    rules: ClassVar[tuple[Rule, ...]]
    has_complete_sets: ClassVar[bool]

    def __init__(self, values: Mapping[str, str]) -> None:
        """Take the values of `settings`; unknown names are refused by the caller."""

    def read(self, stream: BinaryIO) -> Iterator[Reading]:
        """Yield one reading for each native document, in order, with bounded memory.

        The stream is binary and seekable, at its start, and may be read more than once.
        Never raises for what a document says: whatever is wrong becomes findings of a
        reading, and the documents after it are still read where the format allows.
        """


def available() -> dict[str, type[Adapter]]:
    """Return the installed adapters by name.

    Raises:
        ConfigurationError: An adapter cannot be loaded.
    """
    return {point.name: _loaded(point) for point in _installed().values()}


def find(name: str) -> type[Adapter]:
    """Return an adapter by its installed name, or by `module:Class` while it is not installed.

    Raises:
        ConfigurationError: There is no such adapter, or it cannot be loaded.
    """
    points = _installed()
    if name in points:
        return _loaded(points[name])
    if ":" in name:
        return _loaded(EntryPoint(name, name, ENTRY_POINT_GROUP))
    raise ConfigurationError(f"no adapter {name!r}", hint=f"choose one of {', '.join(points)}")


def create(name: str, values: Mapping[str, str]) -> Adapter:
    """Return an adapter ready to read, after checking that each native leaf has a class.

    Raises:
        ConfigurationError: No such adapter or setting.
        ContractError: It has no native model, or a leaf of one has no confidentiality class.
    """
    adapter = find(name)
    unknown = sorted(set(values) - set(adapter.settings))
    if unknown:
        raise ConfigurationError(
            f"adapter {name} has no setting {', '.join(unknown)}",
            hint=f"it knows {', '.join(adapter.settings) or 'none'}",
        )
    if not adapter.native_models:
        raise ContractError(
            f"adapter {name} declares no model of its documents",
            hint="list its models in native_models: what is in none has class never",
        )
    for model in adapter.native_models:
        require_classes(model_leaves(model), f"adapter {name}, {model.__name__}")
    return adapter(values)


def _installed() -> dict[str, EntryPoint]:
    points = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
    return dict(sorted(points.items()))


def _loaded(point: EntryPoint) -> type[Adapter]:
    try:
        adapter: type[Adapter] = point.load()
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"adapter {point.name} cannot be loaded: {error}",
            hint="look at its name, and install what it needs: pip install 'weighbridge[agency]'",
        ) from error
    return adapter
