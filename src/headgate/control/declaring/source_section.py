"""Reads a source of the declaration file, with its write keys and its labels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from headgate.control.declaring.declared import DeclaredSource
from headgate.control.declaring.oauth_section import read_oauth
from headgate.control.declaring.reading import SLUG
from headgate.control.declaring.schema_section import read_schema
from headgate.control.declaring.text import below
from headgate.control.source_kinds import SOURCE_KINDS
from headgate.events.times import parse_ms

if TYPE_CHECKING:
    from headgate.control.declaring.reading import Section
    from headgate.store.snapshot import Answers

WRITE_KEY = re.compile(r"[A-Za-z0-9._~-]{1,128}")
"""What a URL path and a Basic user name can both carry unescaped."""


def read_source(section: Section, taken: dict[str, str]) -> DeclaredSource:
    """`taken` remembers where each write key was met first."""
    section.allow(*(each for each in DeclaredSource.__struct_fields__ if each != "ends_at"))
    slug = section.text("slug", like=SLUG)
    return DeclaredSource(
        slug=slug,
        name=section.text("name", slug or "?"),
        enabled=section.flag("enabled", default=True),
        answers=cast("Answers", section.choice("answers", of=("strict", "compatible"))),
        labels=_labels(section),
        write_keys=_write_keys(section, taken) if section.has("write_keys") else None,
        ends_at=_ends(section),
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
    for index, item in enumerate(section.items("write_keys")):
        here = ("write_keys", index)
        key = item.get("key") if isinstance(item, dict) else item
        if not isinstance(key, str) or not WRITE_KEY.fullmatch(key):
            section.refuse(f"must be text like {WRITE_KEY.pattern}", *here)
        elif key in taken:
            section.refuse(f"the write key {key!r} is at {taken[key]} already", *here)
        else:
            taken[key] = below(section.path, *here)
            keys.append(key)
    return tuple(keys)


def _ends(section: Section) -> dict[str, int]:
    """When keys end that are written with that: `{key: wk_old, ends_at: 2026-11-22T07:20:32Z}`."""
    ends: dict[str, int] = {}
    for index, item in enumerate(section.items("write_keys")):
        if isinstance(item, dict):
            each = section.inner(item, "write_keys", index)
            each.allow("key", "ends_at")
            text = each.text("ends_at")
            ms = parse_ms(text)
            if text and ms is None:
                each.refuse(f"{text!r} is no time such as 2026-11-22T07:20:32Z", "ends_at")
            ends[str(item.get("key"))] = ms or 0
    return ends
