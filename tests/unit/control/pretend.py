"""A catalogue of one destination, and declarations that use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from headgate.control.catalogue import ActionEntry, DestinationEntry

if TYPE_CHECKING:
    from collections.abc import Mapping

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


class Catalogue:
    """Knows `webhook`; takes every trigger that says `type`, every mapping without `@nope`."""

    def destination(self, slug: str) -> DestinationEntry:
        if slug == "webhook":
            return HOOK
        raise LookupError(f"there is no destination {slug!r}; there are: webhook")

    def check_trigger(self, text: str, mode: str) -> None:
        assert mode == "strict"
        if "type" not in text:
            raise ValueError(f"column 1: unexpected {text!r}")

    def check_mapping(self, mapping: Mapping[str, Any], mode: str) -> None:
        assert mode == "strict"
        if "@nope" in str(mapping):
            raise ValueError("has an invalid directive: @nope")


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
