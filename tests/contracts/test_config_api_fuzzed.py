"""Requests by chance to the Config API are taken or refused as its document says; none breaks it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from headgate.api.config.calls import OPERATIONS
from headgate.api.config.openapi import document
from tests.contracts.config_api_world import NAMED, OPS
from tests.harness.config_api import BODIES, MODELS, Judge
from tests.harness.fixtures import rng, tell
from tests.harness.public_api.drawing import Drawing
from tests.unit.api.config.asked import ConfigApi, config_api

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from headgate.api.config.calls import Operation

__all__ = ["rng"]

SELDOM = {"delete_source", "delete_destination"}
"""Calls that take away what the others need."""
SLUGS = ("shop", "web", "app")
SOURCES = tuple(f"workspaces/main/sources/{slug}" for slug in SLUGS)
ENTRIES = ("webhook", "slack", "heap")
DESTINATIONS = tuple(f"{source}/destinations/{entry}" for source in SOURCES for entry in ENTRIES)
CONFIG = tuple(f"{name}/config/{key}" for name in DESTINATIONS for key in ("sharedSecret", "appId"))
RESOURCES = ("source", "destination", "filter", "schema_config")
FIELDS = ("enabled", "display_name", "config", "labels", "if", "actions", "title", "description")
PATHS = (
    *(f"{resource}.{field}" for resource in RESOURCES for field in FIELDS),
    *FIELDS,
    "schema_config.allow_unplanned_track_events",
    "destination.parent",
    "source.write_keys",
)
KNOWN: dict[str, tuple[str, ...]] = {
    "workspace": ("main", "main", "main", "main", "other"),
    "source": SLUGS,
    "destination": ENTRIES,
    "kind": ("javascript", "go"),
    "entry": ENTRIES,
    "name": (*SOURCES, *DESTINATIONS, *CONFIG),
    "catalog_name": ("catalog/sources/javascript", "catalog/sources/go"),
    "display_name": ("Shop", "Orders", ""),
    "title": ("No secrets", "Half", "All", "None"),
    "if": ('type = "track"', "all", 'event = "Paid"'),
    "description": ("why",),
    "paths": PATHS,
    "fields": ("total", "card"),
    "page_size": ("1", "2", "1000", "0", ""),
}


class Chance:
    """Asks what is drawn, and knows the filters and the tokens of pages that it was told."""

    def __init__(self, config: ConfigApi, rng: Random) -> None:
        self._config, self._rng = config, rng
        self._judge = Judge(document())
        self._known = {name: list(texts) for name, texts in KNOWN.items()}
        self._draw = Drawing(rng, self._known, MODELS)
        self.statuses: Counter[int] = Counter()
        self.succeeded: set[str] = set()

    def ask(self, operation: Operation) -> list[str]:
        """Make a call, and say what is wrong with its answer."""
        path = NAMED.sub(lambda found: self._named(found[1]), operation.path)
        body = self._body(operation)
        query = {name: self._draw.text(name) for name in self._asked(operation)}
        token = None if self._rng.random() < 0.95 else self._config.api.foreign
        answer = self._config.call(operation.method, path[1:], body, token=token, **query)
        self.statuses[answer.status] += 1
        if answer.status == 200:
            self.succeeded.add(operation.op)
            self._learn(answer.json)
        found = self._judge.faults(operation.method, operation.path, answer.status, answer.json)
        found += [f"{operation.told}: it broke"] if answer.status >= 500 else []
        return [f"{each}, for {path} {body!r:.300} {query}" for each in found]

    def _body(self, operation: Operation) -> Any:
        if operation.body is None:
            return b""
        words = [each for each in operation.path.split("/") if not each.startswith("{")]
        return self._draw.value(BODIES[words[-1]])

    def _asked(self, operation: Operation) -> list[str]:
        asked = ["page_size", "page_token"] if operation.is_list else []
        return [each for each in asked if self._rng.random() < 0.5]

    def _named(self, name: str) -> str:
        """A part of a path that names nothing, or one thing."""
        text = self._draw.text(name)
        return text if text and not set(text) & {"/", "?", "#", "%"} else "nobody"

    def _learn(self, told: dict[str, Any]) -> None:
        resources = [told, *(each for each in told.values() if isinstance(each, list))]
        for each in [
            each for some in resources for each in (some if isinstance(some, list) else [some])
        ]:
            name = each.get("name", "") if isinstance(each, dict) else ""
            if "/filters/" in name:
                self._keep("filter", name.rpartition("/")[2])
        if token := told.get("next_page_token"):
            self._keep("page_token", token)

    def _keep(self, name: str, text: str) -> None:
        known = self._known.setdefault(name, [])
        if text not in known:
            known.append(text)
            del known[:-20]


@pytest.mark.parametrize("count", [400, pytest.param(6_000, marks=pytest.mark.full)])
def test_no_request_breaks_anything(tmp_path: Path, rng: Random, count: int) -> None:
    config = config_api(tmp_path, calls_a_minute=10**9)
    config.source()
    config.hook()
    chance, faults = Chance(config, rng), list[str]()
    for _ in range(count):
        op = rng.choice(OPS)
        if op not in SELDOM or rng.random() < 0.1:
            faults += chance.ask(OPERATIONS[op])
    tell(f"{dict(sorted(chance.statuses.items()))}, {len(chance.succeeded)} calls succeed")
    assert faults == []
    assert len(chance.succeeded) > 15
