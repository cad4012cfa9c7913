"""A catalogue of a destination and a plugin for pages, and declarations that use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from headgate.control.catalogue import ActionEntry, DestinationEntry, WrongMode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.store.snapshot import Mode

SETTINGS = {"sharedSecret", "apiKey", "depth", "tags"}


def check_settings(values: Mapping[str, Any]) -> None:
    if unknown := values.keys() - SETTINGS:
        raise ValueError(f"unknown setting {', '.join(sorted(unknown))}")
    if values.get("sharedSecret", "").__class__ is not str:
        raise ValueError("sharedSecret: must be text")
    if values.get("sharedSecret") == "too short":
        raise ValueError("sharedSecret: is too short")


HOOK = DestinationEntry(
    check_settings=check_settings,
    secrets=frozenset({"sharedSecret", "apiKey"}),
    actions={
        "send": ActionEntry(
            mapping={"url": None, "method": "POST", "data": {"@path": "$."}},
            trigger='type = "track"',
        ),
        "bare": ActionEntry(),
    },
)


PIXEL = DestinationEntry(
    check_settings=check_settings,
    secrets=frozenset(),
    actions={
        "fire": ActionEntry(mapping={"event": {"@path": "$.event"}}, trigger='type = "track"')
    },
    mode="device",
)


class Catalogue:
    """Knows `webhook`, and `pixel` for pages; triggers must say `type`, and no mapping `@nope`."""

    def destination(self, slug: str, mode: Mode | None = None) -> DestinationEntry:
        entry = {"webhook": HOOK, "pixel": PIXEL}.get(slug)
        if entry is None:
            raise LookupError(f"there is no destination {slug!r}; there are: webhook")
        if mode not in (None, entry.mode):
            raise WrongMode(f"{slug} is for {entry.mode}")
        return entry

    def check_trigger(self, text: str, mode: str) -> None:
        assert mode in ("strict", "compatible")
        if "type" not in text:
            raise ValueError(f"column 1: unexpected {text!r}")

    def check_mapping(self, mapping: Mapping[str, Any], mode: str) -> None:
        assert mode == "strict"
        if "@nope" in str(mapping):
            raise ValueError("has an invalid directive: @nope")

    def check_page_mapping(self, mapping: Mapping[str, Any]) -> None:
        if "@json" in str(mapping):
            raise ValueError("/data/@json is not known in a page")


CATALOGUE = Catalogue()

EXAMPLE = """
version: 1
workspace: demo
sources:
  - slug: website
    name: Website
    write_keys: [wk_website]
    answers: strict
    labels: {environment: dev}
connections:
  - slug: hook
    source: website
    destination: webhook
    enabled: true
    mode: cloud
    ordering: none
    settings: {sharedSecret: s3cr3t-of-the-hook, depth: 2}
    filters: []
    consent: []
    subscriptions:
      - name: Everything
        action: send
        enabled: true
        fql: strict
        trigger: 'type = "track" or type = "identify"'
        mapping: {url: "http://127.0.0.1:9000/", data: {"@path": "$."}}
warehouses: []
"""


def changed(*path: str | int, to: Any = None, drop: bool = False) -> str:
    """The example with the value at `path` replaced, or dropped."""
    tree = yaml.safe_load(EXAMPLE)
    inner = tree
    for step in path[:-1]:
        inner = inner[step]
    if drop:
        del inner[path[-1]]
    elif isinstance(inner, list) and path[-1] == len(inner):
        inner.append(to)
    else:
        inner[path[-1]] = to
    return yaml.safe_dump(tree, sort_keys=False)
