"""Lets in what our own pages send, and tells who is signed in."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headgate.api.console import cookies
from headgate.api.public.answers import Fault, failed
from headgate.api.public.asking import Asker
from headgate.api.reading import JSON
from headgate.control.access.sessions import Lengths, csrf_of, known

if TYPE_CHECKING:
    from starlette.requests import Request

    from headgate.api.console.site import Site
    from headgate.control.access.actor import Actor
    from headgate.control.access.sessions import Recognised
    from headgate.control.work import Control
    from headgate.store.records import SessionRecord

CSRF_HEADER: Final = "X-CSRF-Token"
_SAFE: Final = frozenset({"GET", "HEAD"})
_FETCHES: Final = {True: {None, "same-origin", "none"}, False: {None, "same-origin"}}
"""Which `Sec-Fetch-Site` is let in, for what only reads, and for what may change something."""


class SignedIn(NamedTuple):
    """Who shows a session: `csrf` is what goes with each of its changes."""

    actor: Actor
    session: SessionRecord
    csrf: str


class Guard:
    """The only way into the console API."""

    def __init__(self, control: Control, site: Site, lengths: Lengths | None = None) -> None:
        self._control, self.site = control, site
        self.lengths = lengths or Lengths()

    def refused(self, request: Request) -> Response | None:
        """What a request gets that none of our own pages sends, whoever is signed in."""
        hosts, is_safe = request.headers.getlist("host"), request.method in _SAFE
        if len(hosts) != 1 or self.site.origin(hosts[0]) is None:
            told = "this is no name of this Headgate: set HEADGATE_CONSOLE_URL to its address"
            return failed(421, Fault("misdirected-request", told))
        origin = request.headers.get("origin")
        if origin is None and not is_safe:
            return _forbidden("a change must say which origin it comes from: send Origin")
        if origin is not None and not self.site.is_ours(origin, hosts[0]):
            return _forbidden(
                "this comes from another origin; if it is yours, set HEADGATE_CONSOLE_URL to it"
            )
        if request.headers.get("sec-fetch-site") not in _FETCHES[is_safe]:
            return _forbidden("this comes from another site")
        return None if is_safe or _is_json(request) else _no_json()

    async def signed_in(self, request: Request) -> SignedIn | Response:
        """Who asks; a Response is what others get."""
        if (refused := self.refused(request)) is not None:
            return refused
        secret = cookies.shown(self.site, request)
        found = await self._known(secret)
        if not secret or found is None:
            return failed(401, Fault("unauthorized", "nobody is signed in: sign in first"))
        csrf = csrf_of(secret)
        given = request.headers.get(CSRF_HEADER, "")
        if request.method not in _SAFE and not hmac.compare_digest(given.encode(), csrf.encode()):
            return _forbidden(f"send {CSRF_HEADER}, which GET /app/api/session tells")
        return SignedIn(found.actor, found.session, csrf)

    async def _known(self, secret: str | None) -> Recognised | None:
        if not secret:
            return None
        return await run_in_threadpool(known, self._control.premises, secret, self.lengths)

    async def asker(self, request: Request, media: str) -> Asker | Response:
        """The same for operations, whose calls are counted by session."""
        del media  # browsers ask for JSON
        found = await self.signed_in(request)
        return found if isinstance(found, Response) else Asker(found.actor, found.session.id)


def _is_json(request: Request) -> bool:
    """Whether the body, if there is one, is what no form of a foreign page can send."""
    type_ = request.headers.get("content-type")
    if type_ is None:
        length, is_chunked = request.headers.get("content-length", "0"), "transfer-encoding"
        return length == "0" and is_chunked not in request.headers
    return type_.partition(";")[0].strip().lower() == JSON


def _no_json() -> Response:
    return failed(415, Fault("unsupported-media-type", f"send {JSON}"))


def _forbidden(told: str) -> Response:
    return failed(403, Fault("forbidden", told))
