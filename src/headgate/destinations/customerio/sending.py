"""Actions that say in one object what happened: declared by the function that makes it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from headgate.destinations.customerio.connection import Account, customerio
from headgate.destinations.customerio.entities import Entity
from headgate.kit import Action, BatchResult, Discard, Http, ItemResult, Payload, Response

if TYPE_CHECKING:
    from headgate.mapping import Json

P = TypeVar("P", bound=Payload)
BATCH = 50
BATCH_BYTES = 480_000
"""Customer.io takes 500 kB in one request; this leaves room for what surrounds the payloads."""


def entity_action(
    title: str, payload: type[P], *, slug: str, trigger: str
) -> Callable[[Callable[[P], Entity]], Action[P, Account]]:
    """Make a function from payloads to entities an action, alone and in batches, and a preset."""

    def declare(entity: Callable[[P], Entity]) -> Action[P, Account]:
        async def perform(http: Http, payload: P, account: Account) -> Response:
            return await http.post(f"{account.host}/api/v2/entity", json=entity(payload))

        async def perform_batch(http: Http, payloads: Sequence[P], account: Account) -> BatchResult:
            batch = [entity(payload) for payload in payloads]
            response = await http.post(f"{account.host}/api/v2/batch", json={"batch": batch})
            return results(response, len(batch))

        action: Action[P, Account] = customerio.action(
            title,
            slug=slug,
            trigger=trigger,
            payload=payload,
            description=inspect.getdoc(entity),
        )(perform)
        action.batch(up_to=BATCH, up_to_bytes=BATCH_BYTES, is_default=True)(perform_batch)
        customerio.preset(title, action)
        return action

    return declare


def results(response: Response, count: int) -> list[ItemResult]:
    """Read which of `count` objects were refused: a 207 lists them by their place."""
    given: list[ItemResult] = [response] * count
    if response.status != HTTPStatus.MULTI_STATUS:
        return given
    answer = response.json()
    errors = answer.get("errors") if isinstance(answer, dict) else None
    for error in errors if isinstance(errors, list) else []:
        index = error.get("batch_index") if isinstance(error, dict) else None
        if isinstance(index, int) and 0 <= index < count:
            given[index] = Discard(_reason(error), status=response.status, response=response)
    return given


def _reason(error: Json) -> str:
    said = error if isinstance(error, dict) else {}
    words = [str(said[key]) for key in ("field", "reason", "message") if said.get(key)]
    return f"Customer.io refused this object: {', '.join(words) or 'it did not say why'}."
