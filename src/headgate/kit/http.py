"""The one way a destination talks to the outside."""

from __future__ import annotations

import re
import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack
from urllib.parse import urlencode, urlsplit

from headgate.kit import outcomes
from headgate.kit.errors import Discard, TransportError
from headgate.kit.headers import merged
from headgate.kit.request import Exchange, Limits, Request, Response
from headgate.mapping import javascript

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping

    from headgate.kit.request import Headers, Transport
    from headgate.mapping import Json

USER_AGENT: Final = f"Headgate/{version('headgate')}"

KEPT: Final = 16
"""Exchanges that an `Http` remembers; enough for any action, and a bound for a runaway one."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ABSENT: Final = object()
_URL = re.compile(r"https?://[!\"$-.0->@-\[\]-~]+(?:[/?#][!-~]*)?", re.IGNORECASE)  # ASCII only
_JSON = ("Content-Type", "application/json")


class Options(TypedDict, total=False):
    """What every request may be given.

    `json` is any JSON value, null included; `body` is sent as it is. `params` are added to the
    query of the URL: a list repeats its name, None leaves it out. `timeout` is the total
    deadline in seconds.
    """

    json: object
    body: bytes
    params: Mapping[str, Json]
    headers: Mapping[str, str]
    timeout: float


class Http:
    """A client whose failures are already sorted into `Retry`, `Discard` and `Disconnect`.

    The engine makes one for each attempt. `headers` are the destination's own; `clock` gives the
    seconds since 1970. `encode` gives the JSON of a value: for the very object of the event it
    may give bytes that all its deliveries share. `exchanges` holds what was sent and what came
    back, oldest first, the last 16.
    """

    __slots__ = (
        "_clock",
        "_encode",
        "_headers",
        "_limits",
        "_transport",
        "exchanges",
        "idempotency_key",
    )

    def __init__(
        self,
        transport: Transport,
        *,
        idempotency_key: str,
        headers: Mapping[str, str] | None = None,
        limits: Limits = Limits(),  # noqa: B008 - immutable
        encode: Callable[[object], bytes] = javascript.stringify,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.idempotency_key = idempotency_key
        self.exchanges: list[Exchange] = []
        self._transport = transport
        self._headers = headers.items() if headers else ()
        self._limits = limits
        self._encode = encode
        self._clock = clock

    def now(self) -> float:
        """Seconds since 1970 UTC by the engine's clock; the only clock an action may use."""
        return self._clock()

    def encode(self, value: object) -> bytes:
        """Give the bytes that `json=` would send, for a signature over them."""
        return self._encode(value)

    def get(self, url: str, **options: Unpack[Options]) -> Coroutine[Any, Any, Response]:
        return self.send("GET", url, **options)

    def post(self, url: str, **options: Unpack[Options]) -> Coroutine[Any, Any, Response]:
        return self.send("POST", url, **options)

    def put(self, url: str, **options: Unpack[Options]) -> Coroutine[Any, Any, Response]:
        return self.send("PUT", url, **options)

    def patch(self, url: str, **options: Unpack[Options]) -> Coroutine[Any, Any, Response]:
        return self.send("PATCH", url, **options)

    def delete(self, url: str, **options: Unpack[Options]) -> Coroutine[Any, Any, Response]:
        return self.send("DELETE", url, **options)

    async def send(self, method: str, url: str, **options: Unpack[Options]) -> Response:
        """Send one request and give its answer, which is a 2xx.

        Raises `Retry`, `Discard` or `Disconnect` for any other answer, `Retry` for none, and
        `Discard` for a URL or header that cannot be sent.
        """
        request = self._request(method, url, options)
        try:
            response = await self._transport.send(request)
        except TransportError as error:
            self._remember(Exchange(request, error))
            raise outcomes.no_answer(request, error) from error
        self._remember(Exchange(request, response))
        if failure := outcomes.failure(request, response, self._clock):
            raise failure
        return response

    def _remember(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)
        if len(self.exchanges) > KEPT:
            del self.exchanges[0]

    def _request(self, method: str, url: str, options: Options) -> Request:
        if method not in _METHODS:
            raise Discard(f"{method!a} is no method of HTTP that a destination may use.")
        body, own = self._body(options)
        given = options.get("headers")
        limits = self._limits
        return Request(
            method,
            _address(url, options.get("params")),
            merged(self._always(), self._headers, own, given.items() if given else ()),
            body,
            timeout=options.get("timeout", limits.timeout),
            connect_timeout=limits.connect_timeout,
            max_body=limits.max_body,
            max_headers=limits.max_headers,
        )

    def _always(self) -> Headers:
        return (("User-Agent", USER_AGENT), ("Idempotency-Key", self.idempotency_key))

    def _body(self, options: Options) -> tuple[bytes, Iterable[tuple[str, str]]]:
        """The body and the headers that follow from it."""
        json = options.get("json", _ABSENT)
        if json is _ABSENT:
            return options.get("body", b""), ()
        if "body" in options:
            raise TypeError("a request has either json= or body=")
        return self._encode(json), (_JSON,)


def _address(url: str, params: Mapping[str, Json] | None) -> str:
    """Check a URL and add a query to it."""
    if not _URL.fullmatch(url):
        raise Discard(
            "The URL must begin with http:// or https:// and a host; spaces and letters outside "
            "ASCII must be percent-encoded, in a host as punycode."
        )
    return _with_query(url, params) if params else url


def _with_query(url: str, params: Mapping[str, Json]) -> str:
    added = urlencode([pair for name, value in params.items() for pair in _pairs(name, value)])
    parts = urlsplit(url)
    return parts._replace(query="&".join(filter(None, (parts.query, added)))).geturl()


def _pairs(name: str, value: Json) -> Iterator[tuple[str, str]]:
    for item in value if isinstance(value, list) else [value]:
        if item is not None:
            yield name, javascript.string(item)
