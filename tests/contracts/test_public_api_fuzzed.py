"""Requests by chance are taken or refused, each as the contract says, and none breaks anything."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from headgate.control.nouns import users
from tests.harness.fixtures import rng, tell
from tests.harness.public_api.contract import contract
from tests.harness.public_api.drawing import Drawing
from tests.harness.public_api.judge import judge
from tests.unit.api.asking import asking

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from tests.harness.public_api.contract import Endpoint
    from tests.unit.api.asking import Answer, Asking

__all__ = ["rng"]

SELDOM = {
    "DELETE /users",
    "DELETE /sources/{sourceId}",
    "DELETE /destinations/{destinationId}",
    "DELETE /warehouses/{warehouseId}",
}
"""Calls that take away what the others need. What counts in the log has none here to count in."""
BY_PREFIX: dict[str, tuple[str, ...]] = {
    "src": ("sourceId", "id"),
    "wk": ("writeKey",),
    "con": ("destinationId", "destinationConfigId"),
    "sub": ("id",),
    "flt": ("filterId",),
    "usr": ("userId", "userIds"),
    "grp": ("userGroupId",),
    "whs": ("warehouseId",),
    "reg": ("regulateId",),
    "wsp": ("id",),
}
"""Which fields and parameters are for the ids that begin so."""
TRIGGERS = ('type = "track"', 'event = "Paid" or type = "identify"', "length(event) > 3")
THERE, STRANGE = 0.9, 0.1
"""How likely a parameter of a query is there: one that is known, and any other."""
KNOWN: dict[str, tuple[str, ...]] = {
    "metadataId": ("iUM16Md8P2",),
    "sourceMetadataId": ("iUM16Md8P2",),
    "slug": tuple(f"shop-{number}" for number in range(50)),
    "name": ("Shop", "Orders"),
    "title": ("No secrets",),
    "trigger": TRIGGERS,
    "if": TRIGGERS,
    "roleId": ("owner", "source_read_only", "source_admin"),
    "email": ("bob@shop.example", "carol@shop.example"),
    "emails": ("ann@shop.example", "bob@shop.example"),
    "key": ("environment", "team"),
    "value": ("shop", "web"),
    "granularity": ("MINUTE", "HOUR", "DAY"),
    "startTime": ("2026-09-21T13:00:00Z", "2026-09-20T13:00:00+02:00"),
    "endTime": ("2026-09-21T14:00:00Z",),
    "period": ("2026-09-21", "2026-09-01"),
    "pagination": ('{"count": 1}', '{"count": 2}', '{"count": 1000}', '{"count": 0}', "[]"),
    "message": ("hello",),
    "warehouseMetadataId": ("postgres",),
    "collection": ("users", "tracks"),
    "timezone": ("Europe/Berlin", "UTC"),
    "subjectIds": ("ada", "grace"),
    "status": ("INITIALIZED", "FINISHED"),
    "regulationTypes": ("DELETE_ONLY", "UNSUPPRESS"),
}

WAREHOUSE = {"metadataId": "bigquery", "settings": {"projectId": "shop", "credentials": "{}"}}


class Chance:
    """Asks what is drawn, and knows the ids that it was told."""

    def __init__(self, api: Asking, rng: Random) -> None:
        self._api, self._rng = api, rng
        self._known = {name: list(texts) for name, texts in KNOWN.items()}
        self._draw = Drawing(rng, self._known)
        self.statuses: Counter[int] = Counter()
        self.succeeded: set[str] = set()
        self._make_some()

    def _make_some(self) -> None:
        """What cannot be made by chance, or seldom."""
        with self._api.control.write(self._api.operator()) as work:
            self._keep(users.create(work, "ann@shop.example", ["owner"]).id)
        catalogued = self._api.call("GET", "/catalog/destinations").data["destinationsCatalog"]
        webhook = next(each for each in catalogued if each["slug"] == "webhook")
        self._known["metadataId"].append(webhook["id"])
        self._known["destinationMetadataId"] = [webhook["id"]]
        self._known["actionId"] = [webhook["actions"][0]["id"]]
        order = {"slug": "shop", "enabled": True, "metadataId": KNOWN["metadataId"][0]}
        source = self._make("/sources", order)["source"]["id"]
        order = {"sourceId": source, "metadataId": webhook["id"], "settings": {}}
        destination = self._make("/destinations", order)["destination"]["id"]
        named = {"name": "Orders", "actionId": webhook["actions"][0]["id"], "trigger": TRIGGERS[0]}
        self._make(f"/destinations/{destination}/subscriptions", {**named, "enabled": False})
        order = {"sourceId": source, "if": TRIGGERS[0], "actions": [{"type": "DROP"}]}
        titled = {**order, "title": "No tracks", "enabled": False}
        self._make(f"/destination/{destination}/filters", titled)
        warehouse = self._make("/warehouses", WAREHOUSE)["warehouse"]["id"]
        self._make(f"/warehouses/{warehouse}/connected-sources/{source}", {})

    def _make(self, path: str, order: dict[str, Any]) -> Any:
        answer = self._api.call("POST", path, order)
        self._learn(answer)
        return answer.data

    def ask(self, endpoint: Endpoint) -> list[str]:
        """Make a call, and say what is wrong with its answer."""
        path = "/".join(map(self._part, endpoint.parts))
        body = self._draw.value(endpoint.body) if endpoint.body is not None else None
        query = {name: self._draw.text(name) for name in endpoint.query if self._is_there(name)}
        answer = self._api.call(endpoint.method, path, body, token=None, headers=None, **query)
        self.statuses[answer.status] += 1
        if answer.status < 300:
            self.succeeded.add(endpoint.name)
            self._learn(answer)
        kind, raw = answer.headers["content-type"], msgspec.json.encode(answer.json)
        sent = None if body is None else msgspec.json.encode(body)
        found = judge(endpoint.method, endpoint.path, answer.status, kind, raw, sent)
        found += [f"{endpoint.name}: it broke"] if answer.status >= 500 else []
        return [f"{each}, for {path} {body!r:.300} {query}" for each in found]

    def _is_there(self, name: str) -> bool:
        return self._rng.random() < (THERE if name in self._known else STRANGE)

    def _part(self, part: str) -> str:
        """A part of a path that names nothing, or one thing."""
        if not part.startswith("{"):
            return part
        text = self._draw.text(part[1:-1])
        return text if text and not set(text) & {"/", "?", "#"} else "nobody"

    def _learn(self, answer: Answer) -> None:
        for each in ids_in(answer.json["data"]):
            self._keep(each)

    def _keep(self, found: str) -> None:
        for name in BY_PREFIX.get(found.partition("_")[0], ()):
            ids = self._known.setdefault(name, [])
            if found not in ids:
                ids.append(found)
                del ids[:-20]


def ids_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        keys = value.get("writeKeys", ())
        own = [each for each in (value.get("id"), *keys) if isinstance(each, str)]
        return own + [each for inner in value.values() for each in ids_in(inner)]
    if isinstance(value, list):
        return [each for inner in value for each in ids_in(inner)]
    return []


@pytest.mark.parametrize("count", [300, pytest.param(5_000, marks=pytest.mark.full)])
def test_no_request_breaks_anything(tmp_path: Path, rng: Random, count: int) -> None:
    api = asking(tmp_path, calls_a_minute=10**9)
    chance, faults = Chance(api, rng), list[str]()
    every = contract().endpoints
    here = [each for each in every if api.call(each.method, each.path, {}).status != 501]
    for _ in range(count):
        endpoint = rng.choice(here)
        if endpoint.name in SELDOM and rng.random() < 0.9:
            continue
        faults += chance.ask(endpoint)
    tell(f"{dict(sorted(chance.statuses.items()))}, {len(chance.succeeded)} calls succeed")
    assert faults == []
    assert len(chance.succeeded) > 15
