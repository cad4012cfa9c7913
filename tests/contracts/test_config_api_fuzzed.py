"""Requests by chance are taken or refused, each as the document says, and none breaks anything."""

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
from tests.unit.api.config.test_filters import DROP

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from headgate.api.config.calls import Operation

__all__ = ["rng"]

SELDOM = {"delete_source", "delete_destination"}
"""Calls that take away what the others need."""
THERE = 0.97
"""How likely a part of a path is known, and the token that of its workspace."""
SLUGS = ("shop", "web", "app")
ENTRIES = ("webhook", "slack", "heap")
SETTINGS = ("sharedSecret", "appId", "none")
PATHS = {
    "source": ("display_name", "enabled", "write_keys"),
    "destination": ("enabled", "display_name", "config", "connection_mode", "parent"),
    "filter": ("if", "actions", "title", "description", "enabled", "name"),
    "schema_config": ("allow_unplanned_track_events", "forwarding_violations_to"),
}
"""What a mask may name, and one thing that it may not."""
KNOWN: dict[str, tuple[str, ...]] = {
    "workspace": (*["main"] * 9, "other"),
    "source": SLUGS,
    "destination": ("webhook", *ENTRIES),
    "kind": ("javascript", "go"),
    "entry": ENTRIES,
    "catalog_name": ("catalog/sources/javascript", "catalog/sources/go"),
    "display_name": ("Shop", "Orders", ""),
    "title": ("No secrets", "Half", "All", "None"),
    "if": ('type = "track"', "all", 'event = "Paid"'),
    "description": ("why",),
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
        self._make_some()

    def _make_some(self) -> None:
        """What is seldom made by chance."""
        for slug in SLUGS:
            hook = f"{self._config.source(slug)['name']}/destinations/webhook"
            self._config.hook(hook)
            self._learn(self._config.good("POST", f"{hook}/filters", {"filter": DROP}))

    def ask(self, operation: Operation) -> list[str]:
        """Make a call, and say what is wrong with its answer."""
        path = NAMED.sub(lambda found: self._named(found[1]), operation.path)
        body = self._body(operation, path)
        query = {name: self._draw.text(name) for name in self._asked(operation)}
        token = None if self._rng.random() < THERE else self._config.api.foreign
        answer = self._config.call(operation.method, path[1:], body, token=token, **query)
        self.statuses[answer.status] += 1
        if answer.status == 200:
            self.succeeded.add(operation.op)
            self._learn(answer.json)
        found = self._judge.faults(operation.method, operation.path, answer.status, answer.json)
        found += [f"{operation.told}: it broke"] if answer.status >= 500 else []
        return [f"{each}, for {path} {body!r:.300} {query}" for each in found]

    def _body(self, operation: Operation, path: str) -> Any:
        if operation.body is None:
            return b""
        words = [each for each in operation.path.split("/") if not each.startswith("{")]
        resource = operation.resource or "source"
        self._known["paths"] = [
            *PATHS[resource],
            *(f"{resource}.{each}" for each in PATHS[resource]),
        ]
        self._known["name"] = self._names(path)
        return self._draw.value(BODIES[words[-1]])

    def _names(self, path: str) -> list[str]:
        """Those of what is made below a path, or is there, and of its settings."""
        parent = "/".join(path.split("/")[1:5])
        if "/destinations" not in path:
            return [f"workspaces/main/sources/{slug}" for slug in SLUGS]
        made = [f"{parent}/destinations/{entry}" for entry in ENTRIES]
        return made + [f"{name}/config/{key}" for name in made for key in SETTINGS]

    def _asked(self, operation: Operation) -> list[str]:
        asked = ["page_size", "page_token"] if operation.is_list else []
        return [each for each in asked if self._rng.random() < 0.5]

    def _named(self, name: str) -> str:
        """A part of a path that names nothing, or one thing."""
        known = self._known.get(name)
        is_apt = self._rng.random() < THERE
        text = self._rng.choice(known) if known and is_apt else self._draw.text(name)
        return text if text and not set(text) & {"/", "?", "#", "%"} else "nobody"

    def _learn(self, told: dict[str, Any]) -> None:
        found = [told, *(each for some in told.values() if isinstance(some, list) for each in some)]
        for name in (each.get("name", "") for each in found if isinstance(each, dict)):
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
    chance, faults = Chance(config, rng), list[str]()
    for _ in range(count):
        op = rng.choice(OPS)
        if op not in SELDOM or rng.random() < 0.1:
            faults += chance.ask(OPERATIONS[op])
    tell(f"{dict(sorted(chance.statuses.items()))}, {len(chance.succeeded)} calls succeed")
    assert faults == []
    assert len(chance.succeeded) > 12
