"""Finding the destination that a command is about: by slug, by folder, or by module."""

from __future__ import annotations

import importlib
import os
import sys
import tomllib
import traceback
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from headgate import catalog, destinations
from headgate.cli.failures import Failed
from headgate.kit import Destination

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

INIT: Final = "__init__.py"
PROJECT: Final = "pyproject.toml"
HERE: Final = "."
_GROUPS: Final = (catalog.ENTRY_POINTS, catalog.BROWSER_ENTRY_POINTS)


class Found(NamedTuple):
    """A destination, and the module that declares it."""

    destination: Destination[Any]
    module: ModuleType

    @property
    def again(self) -> str:
        """A reference that finds it anew after an edit."""
        return str(self.folder) if self.file.name == INIT else self.module.__name__

    @property
    def file(self) -> Path:
        """The file of the module."""
        return Path(self.module.__file__ or "")

    @property
    def folder(self) -> Path:
        """The folder with its guide and recordings."""
        return self.file.parent


class Place(NamedTuple):
    """Where a module is imported from; without an attribute it must hold one destination."""

    root: Path
    module: str
    attribute: str = ""


def load(reference: str) -> Destination[Any]:
    """Give a destination; raises `Failed` that says what is wrong with the reference.

    A reference is a slug of the catalogue; a folder, with an `__init__.py` or with a
    `pyproject.toml` that names entry points; or `package.module`, also with `:attribute`. What
    lies in a folder is imported anew each time, as it may have been edited.
    """
    return find(reference).destination


def chosen(references: Sequence[str]) -> list[Found]:
    """Give the destinations that are named, else the one of this folder, else all there are."""
    return [find(it) for it in references or ([HERE] if _is_here() else catalog.slugs())]


def _is_here() -> bool:
    """Whether the working folder is a destination's, and not any Python project."""
    project = Path(PROJECT)
    if Path(INIT).is_file():
        return True
    return project.is_file() and any(map(_entry_points(project).get, _GROUPS))


def find(reference: str) -> Found:
    """Give a destination and its module; as `load`."""
    if reference in catalog.slugs():
        return _installed(reference)
    if reference == HERE or os.sep in reference or Path(reference).is_dir():
        return _imported(reference, place_of(Path(reference)))
    module, _, attribute = reference.partition(":")
    if not all(part.isidentifier() for part in module.split(".")):
        raise _unknown(reference)
    return _imported(reference, Place(Path.cwd(), module, attribute))


def place_of(folder: Path) -> Place:
    """Say how what lies in a folder is imported."""
    folder = folder.resolve()
    if not folder.is_dir():
        raise Failed(f"{folder} is no folder: name that of a destination, its slug or its module")
    if (folder / INIT).is_file():
        return _package(folder)
    if (folder / PROJECT).is_file():
        return _project(folder)
    raise Failed(
        f"{folder} holds neither {INIT} nor {PROJECT}, so no destination: name its folder with"
        " --destination, or make one with `headgate destination init`"
    )


def _installed(slug: str) -> Found:
    try:
        found = catalog.destination(slug)
    except (catalog.BrokenDestination, ImportError) as error:
        raise Failed(f"the destination {slug} cannot be loaded: {error}") from None
    points = entry_points(group=catalog.ENTRY_POINTS, name=slug)
    own = f"{destinations.__name__}.{slug}"
    name = own if own in sys.modules else next(iter(points)).module
    return Found(found, sys.modules[name])


def _package(folder: Path) -> Place:
    """A package is imported by its full name, from the folder that holds the outermost one."""
    names = [folder.name]
    while (folder.parent / INIT).is_file():
        folder = folder.parent
        names.insert(0, folder.name)
    return Place(folder.parent, ".".join(names))


def _project(folder: Path) -> Place:
    file = folder / PROJECT
    declared = _entry_points(file)
    points = declared.get(catalog.ENTRY_POINTS, {})
    if not points and declared.get(catalog.BROWSER_ENTRY_POINTS):
        raise Failed(
            f"{folder} is a browser destination, which runs in pages and not here: `npm run build`"
            " makes its plugin, and its own tests check what it declares"
        )
    if len(points) != 1:
        raise Failed(
            f'{file} must name one destination in [project.entry-points."{catalog.ENTRY_POINTS}"],'
            f" not {len(points)}; of several give one as package:attribute"
        )
    module, _, attribute = next(iter(points.values())).partition(":")
    root = folder / "src" if (folder / "src").is_dir() else folder
    return Place(root, module.strip(), attribute.strip())


def _entry_points(file: Path) -> dict[str, dict[str, str]]:
    """Read the destinations that a project names, by the group of their kind."""
    try:
        declared = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Failed(f"{file} cannot be read: {error}") from None
    points: dict[str, dict[str, str]] = declared.get("project", {}).get("entry-points", {})
    return points


def _imported(reference: str, place: Place) -> Found:
    if str(place.root) not in sys.path:
        sys.path.insert(0, str(place.root))
    module = _fresh(reference, place)
    held = {name: it for name, it in vars(module).items() if isinstance(it, Destination)}
    if place.attribute:
        held = {name: it for name, it in held.items() if name == place.attribute}
    found = {id(it): it for it in held.values()}
    if len(found) != 1:
        what = f"no Destination {place.attribute}" if place.attribute else "no Destination"
        raise Failed(
            f"{module.__file__} declares {what}: write `name = Destination(…)`"
            if not found
            else f"{module.__file__} declares {len(found)} Destinations: give one as"
            f" {place.module}:{next(iter(held))}"
        )
    return Found(next(iter(found.values())), module)


def _fresh(reference: str, place: Place) -> ModuleType:
    """Import without the modules of the last time, and leave no files beside the author's."""
    top = place.module.partition(".")[0]
    old = place.module if top == "headgate" else top
    for name in [name for name in sys.modules if f"{name}.".startswith(f"{old}.")]:
        del sys.modules[name]
    importlib.invalidate_caches()
    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        return importlib.import_module(place.module)
    except ModuleNotFoundError as error:
        if error.name and f"{place.module}.".startswith(f"{error.name}."):
            raise _unknown(reference) from None
        raise Failed(_broken(reference, error)) from None
    except Exception as error:  # noqa: BLE001 - whatever the author's own code raises
        raise Failed(_broken(reference, error)) from None
    finally:
        sys.dont_write_bytecode = kept


def _broken(reference: str, error: Exception) -> str:
    """Say where the author's own code failed."""
    said = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError):
        return f"{reference} cannot be imported: {error.filename}:{error.lineno}: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "importlib" not in frame.filename]
    inner = [frame for frame in own if f"{os.sep}headgate{os.sep}kit" not in frame.filename]
    last = inner[-1] if inner else None
    where = f"{last.filename}:{last.lineno}: " if last else ""
    return f"{reference} cannot be imported: {where}{said}"


def _unknown(reference: str) -> Failed:
    return Failed(
        f"{reference!r} is no slug, no folder and no module; there are the slugs"
        f" {', '.join(catalog.slugs())}; a folder of yours is written with a slash: ./{reference}"
    )
