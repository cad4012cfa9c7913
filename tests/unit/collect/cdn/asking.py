"""A settings endpoint over a catalogue of its own, and somebody who asks it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from headgate.collect.answers import Answer, Response
from headgate.collect.cdn.joined import Joined
from headgate.collect.cdn.settings import CdnSettings
from headgate.collect.heads import Head, read_head
from headgate.collect.request import Request
from headgate.kit import BrowserDestination, Payload, Settings, field
from headgate.store.snapshot import Subscription
from tests.unit.store.snapshots import connection, snapshot, source

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.collect.reply import Reply

HOST = "collect.example.org:8080"


class Account(Settings):
    pixel_id: str = field("Pixel", key="pixelId")
    debug: bool = field("Debug", default=False)


class SendEvent(Payload):
    event: str = field("Event")


class Catalogue:
    """Knows two destinations and two plugins, of which one only enriches."""

    def __init__(self, folder: Path) -> None:
        self.asked = 0
        (folder / "plugin.js").write_bytes(b"plugin")
        self.plugins = {
            slug: BrowserDestination(
                name, slug=slug, settings=Account, plugin=folder / "plugin.js", docs=""
            )
            for slug, name in (("acme", "Acme Pixel"), ("session", "Session"))
        }
        self.plugins["acme"].action(SendEvent, "Send event")
        self.plugins["session"].action(SendEvent, "Note", slug="note", stage="enrichment")

    def name(self, slug: str) -> str:
        self.asked += 1
        return {"webhook": "Webhook", "crm": "Acme CRM"}[slug]

    def plugin(self, slug: str) -> BrowserDestination:
        return self.plugins[slug]


def wish(action: str, number: int = 1, **changes: Any) -> Subscription:
    given: dict[str, Any] = {
        "name": "Orders",
        "enabled": True,
        "fql": "compatible",
        "trigger": 'type = "track"',
        "mapping": {"event": {"@path": "$.event"}},
    }
    return Subscription(id=f"sub_{number}", action=action, **{**given, **changes})


def pixel(number: int = 2, slug: str = "acme", action: str = "sendEvent", **changes: Any) -> Any:
    given: dict[str, Any] = {
        "destination": slug,
        "mode": "device",
        "settings": {"pixelId": "px-1"},
        "subscriptions": (wish(action, number),),
        "start": None,
    }
    return connection(number, **{**given, **changes})


class Asked:
    """What an endpoint answers: the reply that it is given."""

    def __init__(self, endpoint: CdnSettings, target: str, *lines: str) -> None:
        raw = "\r\n".join([f"GET {target} HTTP/1.1", *(lines or (f"Host: {HOST}",)), "", ""])
        head = read_head(raw.encode())
        assert isinstance(head, Head)
        self._answers: list[Answer | Response] = []
        endpoint.take(Request(head, b"", "127.0.0.1"), cast("Reply", self))
        (self.answer,) = self._answers
        self.status: int = self.answer.status
        self.body: bytes = self.answer.body

    def send(self, answer: Answer) -> None:
        self._answers.append(answer)

    def respond(self, response: Response) -> None:
        self._answers.append(response)

    @property
    def headers(self) -> dict[bytes, bytes]:
        assert isinstance(self.answer, Response)
        return dict(self.answer.headers)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def serving(catalogue: Catalogue, *things: Any, **more: Any) -> CdnSettings:
    endpoint = CdnSettings(joined=Joined(catalogue), **more)
    endpoint.configure(snapshot(1, source(1), *things))
    return endpoint


def settings(endpoint: CdnSettings, key: str = "wk_1") -> Any:
    asked = Asked(endpoint, f"/v1/projects/{key}/settings")
    assert asked.status == 200
    return asked.json
