"""The files that browsers load: the library, its parts, and the plugins of device mode."""

from __future__ import annotations

import gzip
import hashlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from headgate.browser import BrowserFile, BrowserFiles, NotBuilt
from headgate.collect.answers import (
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    SOURCE_DISABLED,
    Answer,
    Response,
    error,
    unavailable,
)
from headgate.collect.cdn.plugins import Plugins
from headgate.collect.write_keys import sources_by_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.collect.reply import Reply
    from headgate.collect.request import Request
    from headgate.store.snapshot import Snapshot, Source

Headers = tuple[tuple[bytes, bytes], ...]

UNKNOWN_KEY: Final = error(404, "unknown_source", "No source has the write key of this address.")
FOREVER: Final = b"public, max-age=31536000, immutable"
FOR_MINUTES: Final = b"public, max-age=300"
"""How long an upgrade of the library takes to reach every page."""
_SCRIPT: Final[Headers] = (
    (b"Content-Type", b"text/javascript; charset=utf-8"),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"Cross-Origin-Resource-Policy", b"cross-origin"),
    (b"Vary", b"Accept-Encoding"),
)
_LIBRARY: Final = re.compile(r"/analytics\.js/v1/([^/]+)/(?:platform/)?analytics\.min\.js")
_REFUSED: Final = re.compile(rb"q=0(\.0*)?")
_REMEMBERED: Final = 256
_RETRY_SECONDS: Final = 60


class CdnFiles:
    """Serves GET and HEAD of the files (wire cdn-settings, Paths a CDN host must serve).

    They come from a table of known paths: a request never names a file of this machine.
    """

    def __init__(
        self,
        plugins: Plugins | None = None,
        load: Callable[[], BrowserFiles] = BrowserFiles.load,
    ) -> None:
        self._plugins, self._load = plugins or Plugins(), load
        self._files: BrowserFiles | None = None
        self._sources: dict[str, Source] = {}
        self._library = lru_cache(_REMEMBERED)(self._make_library)

    def configure(self, snapshot: Snapshot) -> None:
        """Use the sources and the plugins of a snapshot from the next request on."""
        self._sources = sources_by_key(snapshot)
        self._plugins.configure(snapshot)

    def take(self, request: Request, reply: Reply) -> None:
        answer = self._answer(request)
        if isinstance(answer, Answer):
            reply.send(answer)
        else:
            reply.respond(answer)

    def _answer(self, request: Request) -> Answer | Response:
        if request.method not in {b"GET", b"HEAD"}:
            return METHOD_NOT_ALLOWED
        try:
            found = self._find(request.path.decode("latin-1"))
        except NotBuilt as missing:
            return unavailable(str(missing), _RETRY_SECONDS)
        return found if isinstance(found, Answer) else respond(found, request)

    def _find(self, path: str) -> BrowserFile | Answer:
        if library := _LIBRARY.fullmatch(path):
            return self._library_of(library[1])
        return self._plugins.file(path) or self._built().file(path) or NOT_FOUND

    def _library_of(self, write_key: str) -> BrowserFile | Answer:
        source = self._sources.get(write_key)
        if source is None:
            return UNKNOWN_KEY
        return self._library(write_key) if source.enabled else SOURCE_DISABLED

    def _make_library(self, write_key: str) -> BrowserFile:
        content = self._built().library(write_key)
        return BrowserFile(content, gzip.compress(content, mtime=0), forever=False)

    def _built(self) -> BrowserFiles:
        """Look again each time while they are missing, so that building them is enough."""
        if self._files is None:
            self._files = self._load()
        return self._files


def respond(file: BrowserFile, request: Request) -> Response:
    """Give the file as this client can have it, or tell that it has it already."""
    headers = (*_SCRIPT, (b"Cache-Control", FOREVER if file.forever else FOR_MINUTES))
    if not file.forever:
        tag = tag_of(file.content)
        headers += ((b"ETag", tag),)
        if has_already(request.if_none_match, tag):
            return Response(304, b"", headers)
    if takes_gzip(request.accept_encoding):
        return Response(200, file.gzipped, (*headers, (b"Content-Encoding", b"gzip")))
    return Response(200, file.content, headers)


@lru_cache(_REMEMBERED)
def tag_of(content: bytes) -> bytes:
    """Name the content, whatever its encoding: a weak validator (RFC 9110 section 8.8.1)."""
    return b'W/"%s"' % hashlib.sha256(content).hexdigest()[:20].encode()


def has_already(known: bytes, tag: bytes) -> bool:
    """Whether `If-None-Match` lists the tag; both sides may be weak (RFC 9110 section 13.1.2)."""
    listed = {each.strip().removeprefix(b"W/") for each in known.split(b",")}
    return b"*" in listed or tag.removeprefix(b"W/") in listed


def takes_gzip(accepted: bytes) -> bool:
    """Whether `Accept-Encoding` allows gzip (RFC 9110 section 12.5.3)."""
    listed = (each.partition(b";") for each in accepted.replace(b" ", b"").lower().split(b","))
    weights = {name: weight for name, _, weight in listed}
    weight = weights.get(b"gzip", weights.get(b"*", b"q=0"))
    return _REFUSED.fullmatch(weight) is None
