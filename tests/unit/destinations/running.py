"""Running an action of the catalogue on mapped values, against answers that a test chooses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from headgate import catalog
from headgate.kit import Delivery, ForgottenUser, Http, ItemResult, Request, Response
from headgate.kit.connected import Connected, Item
from headgate.kit.errors import TransportError
from tests.unit.kit.engine import Answers

NOW = 1_767_323_045.678
"""2026-01-02T03:04:05.678Z."""


class Performed(NamedTuple):
    results: Sequence[ItemResult]
    requests: list[Request]


class Runner:
    """A destination with settings; each call is one attempt."""

    def __init__(self, slug: str, settings: Mapping[str, Any]) -> None:
        self.destination = catalog.destination(slug)
        self._connected = Connected(self.destination, self.destination.settings.read(settings))

    async def perform(
        self,
        action: str,
        values: Mapping[str, Any],
        *answers: Response | TransportError,
        event: Mapping[str, Any] | None = None,
    ) -> list[Request]:
        """Perform on one payload, and give the requests; raises what the action raises."""
        transport, http = _attempt(answers)
        told = Delivery(event=event or {})
        await self._connected.perform(http, self.destination.actions[action], values, told)
        return transport.requests

    async def batch(
        self, action: str, batch: Sequence[Mapping[str, Any]], *answers: Response
    ) -> Performed:
        transport, http = _attempt(answers)
        items = [Item(values, Delivery()) for values in batch]
        found = self.destination.actions[action]
        results = await self._connected.perform_batch(http, found, items)
        return Performed(results, transport.requests)

    async def forget(self, user: ForgottenUser) -> Request:
        transport, http = _attempt(())
        await self._connected.forget(http, user)
        (request,) = transport.requests
        return request

    async def check(self) -> Request:
        transport, http = _attempt(())
        await self._connected.check(http)
        (request,) = transport.requests
        return request


def _attempt(answers: Sequence[Response | TransportError]) -> tuple[Answers, Http]:
    transport = Answers(*answers)
    return transport, Http(transport, idempotency_key="key-1", clock=lambda: NOW)


def answer(body: object, status: int = 200) -> Response:
    return Response(status, body=json.dumps(body).encode())


def sent(request: Request) -> Any:
    return json.loads(request.body)


def form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))
