"""Workspaces as Segment tells of them, and what an import makes of them."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from headgate.control.catalogue import installed as catalogue
from headgate.control.declaring.declaration import parse
from headgate.control.declaring.text import load
from headgate.control.importing_segment.imported import Imported, imported
from headgate.control.importing_segment.known import installed
from headgate.control.importing_segment.workspace import Workspace
from tests.harness.segment import destination, source

CATALOGUE = catalogue()
known = cache(installed)
"""All of ours, which takes a moment to load."""


def workspace(**says: Any) -> Workspace:
    """From the JSON of Segment's answers; a source `s1`, `website`, unless others are given."""
    given = {"slug": "acme", "sources": [source("s1", "website")], **says}
    return msgspec.convert(given, Workspace)


def webhook(*subscriptions: dict[str, Any], **says: Any) -> Workspace:
    """One instance `d1` of the webhook, with these subscriptions."""
    given = {"destinations": [destination("d1")], "subscriptions": {"d1": [*subscriptions]}}
    return workspace(**{**given, **says})


def made(of: Workspace) -> Imported:
    return imported(of, known(), CATALOGUE)


def tree(found: Imported) -> dict[str, Any]:
    """What is declared, which `apply` reads."""
    parse(found.text, CATALOGUE)
    declared: dict[str, Any] = load(found.text)
    return declared


def connection(found: Imported) -> dict[str, Any]:
    (only,) = tree(found)["connections"]
    result: dict[str, Any] = only
    return result


def left_out(found: Imported) -> list[tuple[str, str]]:
    return [(note.what, note.name) for note in found.report.left_out]


def why(found: Imported, what: str) -> str:
    """Why the only thing of a kind was left out."""
    (only,) = [note.why for note in found.report.left_out if note.what == what]
    return only
