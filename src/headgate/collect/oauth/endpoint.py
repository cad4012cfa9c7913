"""`POST /token`: where clients get access tokens (wire/oauth)."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from headgate.collect.answers import Response
from headgate.collect.oauth.apps import App, Apps
from headgate.collect.oauth.issuing import Asked, Granted, Issuer, too_fast
from headgate.collect.oauth.pace import Pace
from headgate.collect.oauth.refused import Refused

if TYPE_CHECKING:
    from headgate.clock import Clock
    from headgate.collect.oauth.signing_key import SigningKey
    from headgate.collect.oauth.used_ids import UsedIds
    from headgate.collect.reply import Reply
    from headgate.collect.request import Request
    from headgate.store.snapshot import Snapshot

ADDRESS_RATE, ADDRESS_BURST = 10.0, 50
"""Requests of one address, of which most are refused while somebody guesses."""
APP_RATE, APP_BURST = 50.0, 500
"""Tokens of one app: as many servers may start with it at once."""
MOST_WAITING: Final = 200

_UNAVAILABLE = Refused(503, "temporarily_unavailable", "try again later", 5)


class TokenEndpoint:
    """Takes requests on the loop, decides about them in a thread of its own.

    `public_url` is where clients reach this server, "" to go by the host that they name.
    """

    def __init__(
        self, key: SigningKey, used: UsedIds, clock: Clock, *, public_url: str = ""
    ) -> None:
        self._clock = clock
        self._issuer = Issuer(
            key, used, Pace(APP_RATE, APP_BURST, clock.monotonic), clock, public_url
        )
        self._addresses = Pace(ADDRESS_RATE, ADDRESS_BURST, clock.monotonic)
        self._apps: dict[str, App] = {}
        self._thread = ThreadPoolExecutor(1, "oauth")
        self._waiting = 0
        self.counters = {"tokens": 0, "token_refusals": 0}

    def configure(self, snapshot: Snapshot) -> None:
        """Give tokens to the apps of this snapshot from the next request on."""
        self._apps = Apps(snapshot).by_slug

    def take(self, request: Request, reply: Reply) -> None:
        """Answer through `reply`, at once or when it is decided."""
        wait = self._addresses.take(request.peer)
        if wait or self._waiting >= MOST_WAITING:
            self._send(reply, too_fast(wait or 1.0))
            return
        asked = Asked(request.body, request.content_type, request.host, self._apps)
        self._waiting += 1
        deciding = asyncio.get_running_loop().run_in_executor(self._thread, self._decide, asked)
        deciding.add_done_callback(partial(self._decided, reply))

    def close(self) -> None:
        """Give up what nobody waits for any more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _decide(self, asked: Asked) -> Granted | Refused:
        try:
            return self._issuer.grant(asked)
        except Refused as refused:
            return refused
        except OSError as error:
            _log("oauth.token_unavailable", error=str(error))
            return _UNAVAILABLE

    def _decided(self, reply: Reply, deciding: asyncio.Future[Granted | Refused]) -> None:
        self._waiting -= 1
        error = None if deciding.cancelled() else deciding.exception()
        if error is not None:
            _log("oauth.token_failed", exc_info=error)
        failed = deciding.cancelled() or error is not None
        self._send(reply, _UNAVAILABLE if failed else deciding.result())

    def _send(self, reply: Reply, decision: Granted | Refused) -> None:
        self.counters["tokens" if isinstance(decision, Granted) else "token_refusals"] += 1
        reply.respond(rendered(decision, self._clock.now_ms()))


def rendered(decision: Granted | Refused, now_ms: int) -> Response:
    """With the time, by which clients set their clocks, and when to ask again, in both ways."""
    headers = [
        (b"Content-Type", b"application/json"),
        (b"Cache-Control", b"no-store"),
        (b"Date", formatdate(now_ms / 1000, usegmt=True).encode()),
    ]
    body: dict[str, Any]
    if isinstance(decision, Granted):
        body = {
            "access_token": decision.access_token,
            "token_type": "Bearer",
            "expires_in": decision.seconds,
            "scope": " ".join(decision.scopes),
        }
        return Response(200, msgspec.json.encode(body), tuple(headers))
    if decision.retry_after:
        seconds = b"%d" % decision.retry_after
        headers += [(b"Retry-After", seconds), (b"X-RateLimit-Reset", seconds)]
    body = {"error": decision.error, "error_description": decision.description}
    return Response(decision.status, msgspec.json.encode(body), tuple(headers))


def _log(event: str, **fields: Any) -> None:
    """What logs with is loaded when there is something to tell: every collect process pays."""
    from headgate.telemetry import log

    log.error(event, **fields)
