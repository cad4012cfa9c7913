"""Segment's Public API on loopback, for a workspace that a test describes."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TOKEN = "sgp_T0kenOfTheWorkspaceOwner"  # noqa: S105 - of a workspace that is pretended
LISTS = {
    "/sources": "sources",
    "/destinations": "destinations",
    "/tracking-plans": "trackingPlans",
    "/transformations": "transformations",
    "/functions": "functions",
    "/insert-function-instances": "instances",
    "/warehouses": "warehouses",
    "/reverse-etl-models": "models",
}
ENDINGS = ("subscriptions", "filters", "sources")
"""Lists below one thing: `/destinations/{id}/subscriptions`."""


class Answer(NamedTuple):
    """One answer; a text is sent as it is."""

    status: int = 200
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()


class Asked(NamedTuple):
    """One question, with the cursor of its page."""

    path: str
    cursor: str
    authorization: str


def refusal(status: int, message: str = "no") -> Answer:
    return Answer(status, {"errors": [{"type": "refused", "message": message}]})


class Segment:
    """What the workspace says by path, how many of a list fit on a page, and what was asked.

    `first` are answers that the next questions for a path get before the true one.
    """

    def __init__(self, says: Mapping[str, Any], *, page: int = 2, token: str = TOKEN) -> None:
        self.says, self.page, self.token = says, page, token
        self.first: defaultdict[str, list[Answer]] = defaultdict(list)
        self.asked: list[Asked] = []
        self.url = ""

    def answer(self, target: str, authorization: str) -> Answer:
        parts = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        cursor = query.get("pagination[cursor]", "")
        self.asked.append(Asked(parts.path, cursor, authorization))
        if self.first[parts.path]:
            return self.first[parts.path].pop(0)
        if authorization != f"Bearer {self.token}":
            return refusal(401, f"unauthorized: {authorization}")
        return self._told(parts.path, query, cursor)

    def _told(self, path: str, query: Mapping[str, str], cursor: str) -> Answer:
        key = LISTS.get(path, path.rpartition("/")[2])
        if path not in LISTS and key not in ENDINGS:
            said = self.says.get(path)
            return Answer(200, {"data": said}) if said is not None else refusal(404)
        asked = query.get("resourceType")
        things = [
            each
            for each in self.says.get(path, [])
            if asked in (None, each.get("resourceType", asked))
        ]
        begin = int(cursor.removeprefix("at-") or 0)
        end = begin + min(self.page, int(query["pagination[count]"]))
        paging = {"current": f"at-{begin}", "totalEntries": len(things)}
        if end < len(things):
            paging["next"] = f"at-{end}"
        return Answer(200, {"data": {key: things[begin:end], "pagination": paging}})


@contextmanager
def segment(says: Mapping[str, Any], **options: Any) -> Iterator[Segment]:
    """Serve the workspace for a block."""
    pretended = Segment(says, **options)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer = pretended.answer(self.path, self.headers.get("Authorization", ""))
            text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
            body = text.encode()
            self.send_response(answer.status)
            for name, value in (("Content-Length", str(len(body))), *answer.headers):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    pretended.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield pretended
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def source(identity: str, slug: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": identity,
        "slug": slug,
        "name": slug.capitalize(),
        "metadata": source_metadata(),
        "workspaceId": "w1",
        "enabled": True,
        "writeKeys": [f"wk_{slug}"],
        "labels": [],
        **fields,
    }


def source_metadata(**fields: Any) -> dict[str, Any]:
    return {
        "id": "IqDTy1TpoU",
        "name": "Javascript",
        "slug": "javascript",
        "description": "",
        "logos": {"default": ""},
        "options": [],
        "categories": [],
        "isCloudEventSource": False,
        "status": "PUBLIC",
        **fields,
    }


WEBHOOK = {
    "id": "614a3c7d791c91c41bae7599",
    "name": "Webhook (Actions)",
    "slug": "actions-webhook",
    "description": "",
    "previousNames": [],
    "actions": [{"id": "a1", "slug": "send", "name": "Send", "platform": "CLOUD"}],
    "presets": [],
}


def destination(identity: str, source_id: str = "s1", **fields: Any) -> dict[str, Any]:
    """An instance of the webhook, unless another `metadata` is given."""
    return {
        "id": identity,
        "enabled": True,
        "metadata": WEBHOOK,
        "sourceId": source_id,
        "settings": {"sharedSecret": "••••••••3a9c"},
        **fields,
    }


def subscription(identity: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": identity,
        "name": "Everything",
        "actionId": "a1",
        "actionSlug": "send",
        "destinationId": "d1",
        "enabled": True,
        "trigger": 'type = "track" or type = "identify"',
        "settings": {"url": "https://example.com/", "data": {"@path": "$."}},
        **fields,
    }


def filter_of(identity: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": identity,
        "sourceId": "s1",
        "destinationId": "d1",
        "if": 'event = "Secret"',
        "actions": [{"type": "DROP", "fields": None, "percent": None, "path": None}],
        "title": f"Filter {identity}",
        "enabled": True,
        "createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-01T00:00:00Z",
        **fields,
    }


def workspace(**says: Any) -> dict[str, Any]:
    """What a workspace says: `sources=[…]`, `destinations=[…]`, and so on; others by path."""
    paths = {key: path for path, key in LISTS.items()}
    return {
        "/": {"workspace": {"id": "w1", "slug": "acme", "name": "Acme"}},
        **{paths[key]: things for key, things in says.items()},
    }
