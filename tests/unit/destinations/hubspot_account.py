"""A HubSpot that answers as it is told, and what is asked of it."""

from __future__ import annotations

import json
from typing import Any

from headgate import catalog
from headgate.kit import Http, Request, Response
from headgate.kit.connected import Connected
from headgate.kit.trial import Trial, attempt, attempt_batch
from tests.unit.kit.engine import Answers

HUBSPOT = catalog.destination("hubspot")
NOT_FOUND = {"status": "error", "category": "OBJECT_NOT_FOUND"}


def answer(body: object = None, status: int = 200) -> Response:
    return Response(status, body=json.dumps({} if body is None else body).encode())


def listed(*results: object, **others: object) -> Response:
    return answer({"results": [*results], **others})


def record(id: str, **properties: object) -> dict[str, object]:  # noqa: A002 - HubSpot's word
    return {"id": id, "properties": properties}


async def perform(
    action: str,
    mapping: dict[str, Any],
    *answers: Response,
    events: list[dict[str, Any]] | None = None,
    event: dict[str, Any] | None = None,
) -> tuple[Trial, list[Request]]:
    transport = Answers(*answers)
    connected = Connected(HUBSPOT, HUBSPOT.settings.read({}))
    http = Http(transport, idempotency_key="key-1", clock=lambda: 1_767_323_045.0)
    its = HUBSPOT.actions[action]
    if events is not None:
        return await attempt_batch(connected, its, events, mapping, http), transport.requests
    return await attempt(connected, its, event or {}, mapping, http), transport.requests


def body(request: Request) -> Any:
    return json.loads(request.body)
