"""The way of the engine, from a stored mapping to the requests of one destination."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from headgate import catalog
from headgate.kit import Http, Request, Response
from headgate.kit.connected import Connected
from headgate.kit.destination import ForgottenUser
from headgate.kit.trial import Trial, attempt, attempt_batch
from headgate.mapping.javascript import stringify
from tests.unit.kit.engine import Answers

NOW = 1_767_323_045.9
Json = Mapping[str, Any]


class Rig(NamedTuple):
    """A destination with settings."""

    slug: str
    settings: Json

    def connected(self) -> Connected[Any]:
        destination = catalog.destination(self.slug)
        return Connected(destination, destination.settings.read(dict(self.settings)))

    async def send(
        self, action: str, event: Json, mapping: Json | None = None, *answers: Response
    ) -> tuple[Trial, list[Request]]:
        """Deliver one event by the suggested mapping, completed by another."""
        connected, transport = self.connected(), Answers(*answers)
        it = connected.destination.actions[action]
        stored = {**it.payload.default_mapping(), **(mapping or {})}
        return await attempt(connected, it, event, stored, http(transport)), transport.requests

    async def send_all(
        self, action: str, events: Sequence[Json], mapping: Json | None = None, *answers: Response
    ) -> tuple[Trial, list[Request]]:
        """Deliver several events at once."""
        connected, transport = self.connected(), Answers(*answers)
        it = connected.destination.actions[action]
        stored = {**it.payload.default_mapping(), **(mapping or {})}
        trial = await attempt_batch(connected, it, events, stored, http(transport))
        return trial, transport.requests

    async def forget(self, user: ForgottenUser, *answers: Response) -> list[Request]:
        transport = Answers(*answers)
        await self.connected().forget(http(transport), user)
        return transport.requests

    async def check(self) -> list[Request]:
        transport = Answers()
        await self.connected().check(http(transport))
        return transport.requests


def http(transport: Answers) -> Http:
    return Http(transport, idempotency_key="attempt-1", clock=lambda: NOW)


def answer(value: object, status: int = 200) -> Response:
    return Response(status, (("Content-Type", "application/json"),), stringify(value))


def sent(request: Request) -> Any:
    """The body of a request."""
    return json.loads(request.body)


def refusal(trial: Trial) -> str:
    """Why the only event failed; an assertion fails where it did not."""
    (result,) = trial.results
    assert isinstance(result, Exception), result
    return str(result)
