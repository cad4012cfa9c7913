"""The settings that browser and mobile SDKs ask for before they send anything."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from headgate.collect.answers import (
    NOT_FOUND,
    SOURCE_DISABLED,
    UNKNOWN_SOURCE,
    Answer,
    Response,
    error,
)
from headgate.collect.cdn.document import Origin, document
from headgate.collect.cdn.files import UNKNOWN_KEY, has_already, tag_of, takes_gzip
from headgate.collect.cdn.joined import Joined
from headgate.collect.write_keys import key_in, key_in_query, sources_by_key

if TYPE_CHECKING:
    from headgate.collect.reply import Reply
    from headgate.collect.request import Request
    from headgate.store.snapshot import Snapshot, Source

FOR_SECONDS: Final = b"public, max-age=15"
"""With the two seconds in which a change is in force, pages see it within half a minute."""
NO_HOST: Final = error(
    400,
    "bad_request",
    "The request names no Host, so the settings cannot say where to send events: name it, or"
    " have HEADGATE_PUBLIC_URL set.",
)
_SETTINGS: Final = re.compile(rb"/v1/projects/([^/]+)/settings/?")
_RUDDER: Final = re.compile(rb"/sourceConfig/?")
_JSON: Final = (b"Content-Type", b"application/json; charset=utf-8")
_REMEMBERED: Final = 1024
"""Pages kept in memory: each Host that a client thinks of has its own."""


class _Page(NamedTuple):
    """A document, ready to leave."""

    content: bytes
    gzipped: bytes
    headers: tuple[tuple[bytes, bytes], ...]

    def response(self, request: Request) -> Response:
        if has_already(request.if_none_match, tag_of(self.content)):
            return Response(304, b"", self.headers)
        if takes_gzip(request.accept_encoding):
            return Response(200, self.gzipped, (*self.headers, (b"Content-Encoding", b"gzip")))
        return Response(200, self.content, self.headers)


class CdnSettings:
    """Serves GET and HEAD of `/v1/projects/<writeKey>/settings`, and of RudderStack's config.

    `public_url` is where clients reach this server; without it, it is wherever they say they
    did, by the `scheme` of the listener. A source that is disabled has no settings, so that the
    SDK of a page does not start: neither events nor plugins are what its owner wants there.
    """

    def __init__(
        self, public_url: str | None = None, scheme: str = "http", joined: Joined | None = None
    ) -> None:
        self._public = _origin(public_url) if public_url else None
        self._scheme = scheme
        self._joined = joined or Joined()
        self._sources: dict[str, Source] = {}
        self._pages: dict[tuple[bytes, Origin], _Page] = {}

    def configure(self, snapshot: Snapshot) -> None:
        """Serve what a snapshot says from the next request on."""
        self._sources = sources_by_key(snapshot)
        self._joined.configure(snapshot)
        self._pages = {}

    def take(self, request: Request, reply: Reply) -> None:
        answer = self._answer(request)
        if isinstance(answer, Answer):
            reply.send(answer)
        else:
            reply.respond(answer)

    def _answer(self, request: Request) -> Answer | Response:
        if named := _SETTINGS.fullmatch(request.path):
            origin = self._public or Origin(self._scheme, request.host.decode("ascii", "ignore"))
            page = self._pages.get((named[1], origin)) or self._make(named[1], origin)
            return page if isinstance(page, Answer) else page.response(request)
        return self._rudder(request) if _RUDDER.fullmatch(request.path) else NOT_FOUND

    def _make(self, raw: bytes, origin: Origin) -> _Page | Answer:
        write_key = raw.decode("latin-1")
        source = self._sources.get(write_key)
        if source is None:
            return UNKNOWN_KEY
        if not source.enabled:
            return SOURCE_DISABLED
        if not origin.host:
            return NO_HOST
        if len(self._pages) >= _REMEMBERED:
            self._pages.clear()
        page = self._pages[raw, origin] = _page(
            document(source, write_key, origin, *self._joined.of(source.number))
        )
        return page

    def _rudder(self, request: Request) -> Answer | Response:
        """The least that RudderStack's browser SDK starts with (wire rudderstack, Browser)."""
        write_key = key_in(request.authorization) or key_in_query(request.query) or ""
        source = self._sources.get(write_key)
        if source is None:
            return UNKNOWN_SOURCE
        body = msgspec.json.encode({"source": _rudder_source(source, write_key)})
        return Response(200, body, (_JSON, (b"Cache-Control", b"private, max-age=15")))


def _origin(public_url: str) -> Origin:
    parts = urlsplit(public_url)
    return Origin(parts.scheme, f"{parts.netloc}{parts.path}".rstrip("/"))


def _page(content: dict[str, Any]) -> _Page:
    body = msgspec.json.encode(content)
    headers = (
        _JSON,
        (b"Cache-Control", FOR_SECONDS),
        (b"ETag", tag_of(body)),
        (b"Vary", b"Accept-Encoding"),
    )
    return _Page(body, gzip.compress(body, mtime=0), headers)


def _rudder_source(source: Source, write_key: str) -> dict[str, Any]:
    off = {"enabled": False}
    return {
        "id": source.id,
        "name": source.name,
        "writeKey": write_key,
        "enabled": source.enabled,
        "workspaceId": source.workspace,
        "config": {"statsCollection": {"errors": off, "metrics": off}},
        "connections": [],
        "destinations": [],
        "dataplanes": {},
    }
