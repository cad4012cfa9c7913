"""The one way a destination talks to the outside."""

from __future__ import annotations

import time
from base64 import b64encode
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypedDict, Unpack

from headgate.kit.errors import Discard, TransportError
from headgate.kit.http import outcomes
from headgate.kit.http.address import address
from headgate.kit.http.body import NO_BODY, Body, Form, Parts, of_form, of_json, of_parts
from headgate.kit.http.headers import merged
from headgate.kit.http.request import Exchange, Limits, Request, Response
from headgate.mapping import javascript

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from headgate.kit.http.request import Headers, Transport

USER_AGENT: Final = f"Headgate/{version('headgate')}"

KEPT: Final = 16
"""Exchanges that an `Http` remembers; enough for any action, and a bound for a runaway one."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Options(TypedDict, total=False):
    """What every request may be given.

    One body at most: `json`, any JSON value, null included; `form`, sent as a form; `parts`, sent
    as multipart, with `File`s; `body`, sent as it is. `params` are added to the query of the
    address. In forms, parts and params a list repeats its name, and None leaves it out. `basic`
    is a name and a password, `bearer` a token. `timeout` is the total deadline in seconds.
    `max_body` is how many bytes an answer may have, for lists that are longer than usual.
    """

    json: object
    form: Form
    parts: Parts
    body: bytes
    params: Form
    headers: Mapping[str, str]
    basic: tuple[str, str]
    bearer: str
    timeout: float
    max_body: int


class Carried(NamedTuple):
    """What every request of an `Http` has, whatever the call says."""

    headers: Headers = ()
    params: tuple[Form, ...] = ()
    timeout: float | None = None
    hops: int = 1


class Http:
    """A client whose failures are already sorted into `Retry`, `Discard` and `Disconnect`.

    The engine makes one for each attempt. `headers` are the destination's own; `clock` gives the
    seconds since 1970. `encode` gives the JSON of a value: for the very object of the event it
    may give bytes that all its deliveries share. `hops` is how often the event came out of a
    Headgate, this time included. `exchanges` holds what was sent and what came
    back, oldest first, the last 16.
    """

    __slots__ = (
        "_carried",
        "_clock",
        "_encode",
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
        hops: int = 1,
    ) -> None:
        self.idempotency_key = idempotency_key
        self.exchanges: list[Exchange] = []
        self._transport = transport
        self._carried = Carried(tuple(headers.items()) if headers else (), hops=hops)
        self._limits = limits
        self._encode = encode
        self._clock = clock

    def carrying(
        self,
        *,
        headers: Mapping[str, str] | None = None,
        params: Form | None = None,
        basic: tuple[str, str] | None = None,
        timeout: float | None = None,
    ) -> Http:
        """Give a client of the same attempt whose requests all carry this as well."""
        http = Http(
            self._transport,
            idempotency_key=self.idempotency_key,
            limits=self._limits,
            encode=self._encode,
            clock=self._clock,
        )
        http.exchanges = self.exchanges
        carried = self._carried
        given = (*(headers.items() if headers else ()), *_authorization(basic, None))
        http._carried = Carried(
            (*carried.headers, *given),
            (*carried.params, params) if params else carried.params,
            carried.timeout if timeout is None else timeout,
            carried.hops,
        )
        return http

    def aside(self) -> Http:
        """Give a client of the same attempt that keeps no record: its answers are secrets."""
        http = self.carrying()
        http.exchanges = []
        http._carried = Carried()  # noqa: SLF001 - of the same class
        return http

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
        body, content_type = self._body(options)
        carried, limits = self._carried, self._limits
        given = options.get("headers")
        return Request(
            method,
            address(url, *carried.params, options.get("params") or {}),
            merged(
                (("User-Agent", USER_AGENT), ("Idempotency-Key", self.idempotency_key)),
                carried.headers,
                (("Content-Type", content_type),) if content_type else (),
                _authorization(options.get("basic"), options.get("bearer")),
                given.items() if given else (),
            ),
            body,
            carried.hops,
            timeout=options.get("timeout") or carried.timeout or limits.timeout,
            connect_timeout=limits.connect_timeout,
            max_body=options.get("max_body") or limits.max_body,
            max_headers=limits.max_headers,
        )

    def _body(self, options: Options) -> Body:
        given = options.keys() & _BODIES
        if not given:
            return NO_BODY
        if len(given) > 1:
            raise TypeError(f"a request has one body, not {' and '.join(sorted(given))}")
        if "json" in options:
            return of_json(options["json"], self._encode)
        if "form" in options:
            return of_form(options["form"])
        return of_parts(options["parts"]) if "parts" in options else (options["body"], "")


_BODIES = frozenset({"json", "form", "parts", "body"})


def _authorization(basic: tuple[str, str] | None, bearer: str | None) -> Headers:
    if basic is not None:
        return (("Authorization", f"Basic {b64encode(':'.join(basic).encode()).decode()}"),)
    return (("Authorization", f"Bearer {bearer}"),) if bearer is not None else ()
