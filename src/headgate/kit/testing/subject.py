"""The subject of the contract: a destination, and the files that belong to it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import msgspec

from headgate.kit.destination import Destination
from headgate.kit.testing.recordings import Recording, files

ENTRY_POINTS: Final = "headgate.destinations"
GUIDE: Final = "guide.md"
RELEASED: Final = "released.json"
_PACKAGE = "headgate_destination_"  # with which packages that are not installed yet begin


class UnknownSubject(LookupError):
    """A name that leads to no destination; the message says what was looked for."""


class Subject:
    """A destination with the folder of its guide, its recordings and its waivers.

    `found_as` is the name under which others find it: that of its folder, or its entry point's.
    `released` are the names that it has had in a release, as `released.names` gives them. `seed`
    decides what random servers do.
    """

    def __init__(
        self,
        destination: Destination[Any],
        folder: Path,
        *,
        found_as: str | None = None,
        released: Mapping[str, Any] | None = None,
        seed: int = 1,
    ) -> None:
        self.destination = destination
        self.folder = folder
        self.found_as = folder.name if found_as is None else found_as
        self.seed = seed
        self._released = released

    def __repr__(self) -> str:
        return f"Subject({self.destination.slug!r})"

    @cached_property
    def recordings(self) -> tuple[Recording, ...]:
        """Those that can be read."""
        return tuple(it for it in self._files if isinstance(it, Recording))

    @cached_property
    def unreadable(self) -> tuple[str, ...]:
        """What is wrong with those that cannot."""
        return tuple(str(it) for it in self._files if not isinstance(it, Recording))

    @cached_property
    def _files(self) -> tuple[Recording | files.UnreadableRecording, ...]:
        return tuple(files.each(self.folder, self.destination.actions))

    @cached_property
    def guide(self) -> str:
        """The text of its guide, "" where there is none."""
        path = self.folder / GUIDE
        return path.read_text("utf-8") if path.exists() else ""

    @cached_property
    def waivers(self) -> Mapping[str, Mapping[str, str]]:
        """Reasons by rule and place. Raises `UnreadableRecording`."""
        path = self.folder / files.FOLDER / f"{files.WAIVERS}.yaml"
        if not path.exists():
            return {}
        try:
            return msgspec.convert(files.load(path) or {}, dict[str, dict[str, str]])
        except msgspec.ValidationError as error:
            message = f"{path.name} must hold a reason for each rule and place: {error}."
            raise files.UnreadableRecording(message) from None

    @cached_property
    def released(self) -> Mapping[str, Any] | None:
        path = self.folder / RELEASED
        if self._released is None and path.exists():
            found: Mapping[str, Any] = msgspec.json.decode(path.read_bytes())
            return found
        return self._released

    def of(self, action: str, *, batches: bool = False) -> list[Recording]:
        """The recordings of an action, of single events or of batches."""
        own = [each for each in self.recordings if each.action == action]
        return [each for each in own if (each.events is not None) == batches]

    def delivered(self) -> Iterator[Recording]:
        """The recordings of events and batches that end well, for all of their events."""
        for each in self.recordings:
            if each.given_events() and set(each.endings()) == {"delivered"}:
                yield each


def load(name: str, *, seed: int = 1) -> Subject:
    """Give the subject that `package` or `package:attribute` names. Raises `UnknownSubject`."""
    module_name, _, attribute = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise UnknownSubject(f"there is no module {error.name}: is it installed?") from error
    destination = _destination(module, attribute)
    folder = Path(module.__file__ or ".").parent
    found_as = _entry_point(destination, module_name) or folder.name.removeprefix(_PACKAGE)
    return Subject(destination, folder, found_as=found_as, seed=seed)


def _destination(module: ModuleType, attribute: str) -> Destination[Any]:
    if attribute:
        found = [getattr(module, attribute, None)]
    else:
        unique = {id(it): it for it in vars(module).values() if isinstance(it, Destination)}
        found = [*unique.values()]
    if len(found) != 1 or not isinstance(found[0], Destination):
        wanted = f"{module.__name__}:{attribute or '…'}"
        raise UnknownSubject(f"{wanted} must lead to one Destination, and found {len(found)}.")
    return found[0]


def _entry_point(destination: Destination[Any], found_in: str) -> str | None:
    """The name under which an installed package offers a destination, if one does."""
    for point in entry_points(group=ENTRY_POINTS):
        module = point.value.partition(":")[0]
        if module in _modules_of(destination, found_in) and point.load() is destination:
            return point.name
    return None


def _modules_of(destination: Destination[Any], found_in: str) -> set[str]:
    """The modules that it and its functions come from, and the packages around them."""
    functions = (action.perform for action in destination.actions.values())
    names = {found_in, *(function.__module__ for function in functions)}
    return {name.rsplit(".", depth)[0] for name in names for depth in range(3)}
