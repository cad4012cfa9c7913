"""The declaration file: what a workspace is to hold, checked before anything is touched."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec

from headgate.control.catalogue import installed
from headgate.control.connection_section import read_connection
from headgate.control.declared import (
    Declared,
    DeclaredConnection,
    DeclaredOAuthApp,
    DeclaredSource,
)
from headgate.control.errors import DeclarationError, Problem
from headgate.control.oauth_section import read_oauth, read_oauth_app
from headgate.control.reading import SLUG, Section
from headgate.control.schema_section import read_schema
from headgate.control.source_kinds import SOURCE_KINDS
from headgate.control.text import below, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from headgate.control.catalogue import Catalogue
    from headgate.store.snapshot import Answers

VERSION = 1

WRITE_KEY = re.compile(r"[A-Za-z0-9._~-]{1,128}")
"""What a URL path and a Basic user name can both carry unescaped."""

Thing = TypeVar("Thing", DeclaredOAuthApp, DeclaredSource, DeclaredConnection)


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
    root.allow("version", "workspace", "sources", "connections", "oauth_apps", "warehouses")
    if type(root.any("version")) is not int or root.any("version") != VERSION:
        root.refuse(f"must be {VERSION}: this program knows no other", "version")
    root.empty("warehouses")
    declaration = Declaration(
        root.text("workspace", like=SLUG),
        Declared(
            _by_slug(root.sections("sources"), partial(read_source, taken={})),
            _by_slug(
                root.sections("connections"),
                partial(read_connection, catalogue=catalogue or installed()),
            ),
            _by_slug(root.sections("oauth_apps"), read_oauth_app),
        ),
    )
    if problems:
        raise DeclarationError(problems)
    return declaration


def _by_slug(sections: Iterable[Section], read: Callable[[Section], Thing]) -> dict[str, Thing]:
    found: dict[str, Thing] = {}
    for section in sections:
        thing = read(section)
        if thing.slug in found:
            section.refuse(f"{thing.slug!r} comes twice", "slug")
        if thing.slug:
            found[thing.slug] = thing
    return found


def read_source(section: Section, taken: dict[str, str]) -> DeclaredSource:
    """`taken` remembers where each write key was met first."""
    section.allow(*DeclaredSource.__struct_fields__)
    slug = section.text("slug", like=SLUG)
    return DeclaredSource(
        slug=slug,
        name=section.text("name", slug or "?"),
        enabled=section.flag("enabled", default=True),
        answers=cast("Answers", section.choice("answers", of=("strict", "compatible"))),
        labels=_labels(section),
        write_keys=_write_keys(section, taken) if section.has("write_keys") else None,
        oauth=read_oauth(section),
        schema=read_schema(section),
        kind=section.choice("kind", of=tuple(SOURCE_KINDS)),
    )


def _labels(section: Section) -> dict[str, str]:
    labels = section.object("labels")
    for name, value in labels.items():
        if not isinstance(value, str):
            section.refuse("must be text: put it in quotes", "labels", name)
    return {name: value for name, value in labels.items() if isinstance(value, str)}


def _write_keys(section: Section, taken: dict[str, str]) -> tuple[str, ...]:
    """`taken` remembers where each key of the file was met first."""
    keys: list[str] = []
    for index, key in enumerate(section.items("write_keys")):
        here = ("write_keys", index)
        if not isinstance(key, str) or not WRITE_KEY.fullmatch(key):
            section.refuse(f"must be text like {WRITE_KEY.pattern}", *here)
        elif key in taken:
            section.refuse(f"the write key {key!r} is at {taken[key]} already", *here)
        else:
            taken[key] = below(section.path, *here)
            keys.append(key)
    return tuple(keys)
