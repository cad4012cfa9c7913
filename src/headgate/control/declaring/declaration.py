"""The declaration file: what a workspace is to hold, checked before anything is touched."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

import msgspec

from headgate.control.catalogue import installed
from headgate.control.declaring.connection_section import read_connection
from headgate.control.declaring.declared import Declared
from headgate.control.declaring.oauth_section import read_oauth_app
from headgate.control.declaring.people_section import read_group, read_label, read_user
from headgate.control.declaring.reading import SLUG, Section
from headgate.control.declaring.source_section import read_source
from headgate.control.declaring.text import load
from headgate.control.declaring.warehouse_section import read_warehouse
from headgate.control.errors import DeclarationError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.control.catalogue import Catalogue

VERSION = 1

LONGEST_NAME = 256
_KEYS = (
    "version",
    "workspace",
    "name",
    "labels",
    "oauth_apps",
    "sources",
    "connections",
    "users",
    "groups",
    "warehouses",
)

Thing = TypeVar("Thing")


class Declaration(msgspec.Struct, frozen=True):
    """A checked file; its secrets are still `Plain` or `Reference`."""

    workspace: str
    content: Declared


def parse(text: str, catalogue: Catalogue | None = None) -> Declaration:
    """Read a declaration file (contract section 3), for this installation's catalogue.

    A name that is not given is the slug, or the action; `enabled` that is not given is true;
    write keys that are not given stay as they are. Raises DeclarationError with every problem.
    """
    problems: list[Problem] = []
    root = Section(load(text), "", problems)
    root.allow(*_KEYS)
    if type(root.any("version")) is not int or root.any("version") != VERSION:
        root.refuse(f"must be {VERSION}: this program knows no other", "version")
    declaration = Declaration(
        root.text("workspace", like=SLUG), _content(root, catalogue or installed())
    )
    if problems:
        raise DeclarationError(problems)
    return declaration


def _content(root: Section, catalogue: Catalogue) -> Declared:
    """Of the sections that may be left out, one that is absent is None."""
    return Declared(
        _by(root, "sources", partial(read_source, taken={})),
        _by(root, "connections", partial(read_connection, catalogue=catalogue)),
        _by(root, "oauth_apps", read_oauth_app),
        name=_name(root) if root.has("name") else None,
        warehouses=_by(root, "warehouses", read_warehouse) if root.has("warehouses") else None,
        labels=_by(root, "labels", read_label, "name", "value") if root.has("labels") else None,
        users=_by(root, "users", read_user, "email") if root.has("users") else None,
        groups=_by(root, "groups", read_group, "name") if root.has("groups") else None,
    )


def _name(root: Section) -> str:
    name = root.text("name")
    if len(name) > LONGEST_NAME:
        root.refuse(f"must have at most {LONGEST_NAME} characters", "name")
    return name


def _by(
    root: Section,
    key: str,
    read: Callable[[Section], Thing],
    name: str = "slug",
    at: str | None = None,
) -> dict[str, Thing]:
    """The things of a list by what names them, which is written at `at`."""
    found: dict[str, Thing] = {}
    for section in root.sections(key):
        thing = read(section)
        known = getattr(thing, name)
        if known in found:
            section.refuse(f"{known!r} comes twice", at or name)
        if known:
            found[known] = thing
    return found
