"""Starting a destination: the files of a template, with the names of the new one in them."""

from __future__ import annotations

import keyword
import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from headgate import catalog
from headgate.cli.failures import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

Template: TypeAlias = Literal["custom", "basic", "oauth2", "minimal", "browser"]

TEMPLATES: Final[dict[Template, str]] = {
    "custom": "settings of its own, such as an API key in a header",
    "basic": "a name and a password",
    "oauth2": "permission by OAuth 2",
    "minimal": "no credentials",
    "browser": "a plugin that runs in pages (device mode)",
}
"""What each template lets a customer in by, or where else it runs."""

ACTIONS: Final[dict[Template, str]] = {
    "custom": "track_event",
    "basic": "update_contact",
    "oauth2": "update_contact",
    "minimal": "send",
    "browser": "sendEvent",
}
"""The action that each template begins with."""

BROWSER: Final = "browser"
SUFFIX: Final = ".tmpl"
_SLUG = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_HIDDEN: Final = {"gitignore": ".gitignore", "npmrc": ".npmrc"}
"""Files whose names in the package must not begin with a dot."""


class Plan(NamedTuple):
    """Where a destination will lie: `folder` is its own, `package` the module it is imported as.

    Inside a package of destinations, such as `headgate.destinations`, it is a folder of that.
    """

    name: str
    slug: str
    template: Template
    folder: Path
    package: str
    is_inside: bool

    @property
    def action(self) -> str:
        """The slug of the action that comes with the template."""
        return ACTIONS[self.template]

    def files(self) -> Iterator[tuple[Path, str]]:
        """Give every file to write, with its text."""
        names = {
            "<name>": self.name,
            "<slug>": self.slug,
            "<action>": self.action,
            "<package>": self.package,
            "<distribution>": self.package.replace("_", "-"),
        }
        trees: list[tuple[str, Path]] = [(self.template, self.folder)]
        if self.template == BROWSER:
            yield self.folder / "src" / self.package / "py.typed", ""
        elif not self.is_inside:
            source = self.folder / "src" / self.package
            yield source / "py.typed", ""
            trees = [("project", self.folder), (self.template, source)]
        for tree, target in trees:
            for path, text in _tree(files("headgate.cli.destination").joinpath("templates", tree)):
                yield target / filled(path, names), filled(text, names)


def slug_of(name: str) -> str:
    """Make a slug of a name: `Acme CRM` is `acme_crm`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def fault_of(slug: str, template: Template) -> str:
    """Say what is wrong with a slug; "" for nothing."""
    taken = catalog.browser_slugs() if template == BROWSER else catalog.slugs()
    if not _SLUG.fullmatch(slug) or keyword.iskeyword(slug):
        return f"{slug!r} cannot be a slug: use a-z, then a-z, 0-9 and _, and no word of Python's"
    if slug in taken:
        return f"there is a destination {slug!r} already: choose another slug"
    return ""


def plan(name: str, slug: str, template: Template, directory: Path) -> Plan:
    """Decide where everything goes; raises `Failed` where something is in the way."""
    folder = directory / slug
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Failed(
            f"{folder} is there already: name another place with --directory, or another --slug"
        )
    is_inside = (directory / "__init__.py").is_file()
    if is_inside and template == BROWSER:
        raise Failed(
            f"{directory} is a package, and a plugin for pages is a project of its own: name"
            " another place with --directory"
        )
    package = slug if is_inside else f"headgate_destination_{slug}"
    return Plan(name, slug, template, folder, package, is_inside)


def write(plan: Plan) -> list[Path]:
    """Write the files, and give their paths."""
    written = []
    for path, text in plan.files():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        written.append(path)
    return written


def template(name: str) -> str:
    """Give the text of one template, by its path."""
    return files("headgate.cli.destination").joinpath("templates", name + SUFFIX).read_text("utf-8")


def filled(text: str, names: dict[str, str]) -> str:
    """Put names where the placeholders are."""
    for placeholder, value in names.items():
        text = text.replace(placeholder, value)
    return text


def _tree(folder: Traversable, above: str = "") -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda it: it.name):
        if entry.is_dir():
            yield from _tree(entry, f"{above}{entry.name}/")
        elif entry.name.endswith(SUFFIX):
            name = entry.name.removesuffix(SUFFIX)
            yield above + _HIDDEN.get(name, name), entry.read_text("utf-8")
