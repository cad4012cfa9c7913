"""Actions that add to lists of `/users/track`: declared by the function that makes the entries."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, Literal, TypeAlias, TypeVar

from headgate.destinations.braze.account import Account, braze
from headgate.destinations.braze.answers import errors
from headgate.kit import (
    Action,
    BatchResult,
    Delivery,
    DeliveryError,
    Discard,
    Http,
    ItemResult,
    Payload,
    Response,
    Retry,
    SyncModes,
)

P = TypeVar("P", bound=Payload)
List: TypeAlias = Literal["attributes", "events", "purchases"]
Entries: TypeAlias = list[dict[str, Any]]
Make: TypeAlias = Callable[[P, Account, "str | None"], Entries]
"""(payload, account, sync mode) -> what is added; the mode is None for actions without."""

MOST = 75
"""Entries that Braze takes in one list."""


def tracked(
    title: str,
    payload: type[P],
    make: Make[P],
    *,
    to: List,
    slug: str,
    trigger: str | None = None,
    sync_modes: SyncModes | None = None,
) -> Action[P, Account]:
    """Make a function from payloads to entries an action, alone and in batches."""

    async def perform(http: Http, payload: P, account: Account, delivery: Delivery) -> Response:
        entries = make(payload, account, _mode(sync_modes, delivery))
        result = (await _send(http, account, to, [(0, entries)]))[0]
        if isinstance(result, DeliveryError):
            raise result
        return result

    async def perform_batch(
        http: Http, payloads: Sequence[P], account: Account, deliveries: Sequence[Delivery]
    ) -> BatchResult:
        mode = _mode(sync_modes, deliveries[0])
        results: dict[int, ItemResult] = {}
        made: list[tuple[int, Entries]] = []
        for place, one in enumerate(payloads):
            try:
                made.append((place, make(one, account, mode)))
            except Discard as error:
                results[place] = error
        for some in requests(made):
            results |= await _send(http, account, to, some)
        return [results.get(place) for place in range(len(payloads))]

    action: Action[P, Account] = braze.action(
        title,
        slug=slug,
        trigger=trigger,
        sync_modes=sync_modes,
        payload=payload,
        description=inspect.getdoc(make),
    )(perform)
    action.batch(up_to=MOST, is_default=True)(perform_batch)
    return action


def _mode(sync_modes: SyncModes | None, delivery: Delivery) -> str | None:
    return sync_modes.chosen(delivery.sync_mode) if sync_modes else None


def requests(made: Iterable[tuple[int, Entries]]) -> Iterator[list[tuple[int, Entries]]]:
    """Put the entries of events into requests of 75 entries at most, in their order."""
    some: list[tuple[int, Entries]] = []
    for place, entries in made:
        if some and sum(len(each) for _, each in some) + len(entries) > MOST:
            yield some
            some = []
        some.append((place, entries))
    if some:
        yield some


async def _send(
    http: Http, account: Account, to: List, made: Sequence[tuple[int, Entries]]
) -> dict[int, ItemResult]:
    """Send the entries of some events, and give what became of each event by its place."""
    owners = [place for place, entries in made for _ in entries]
    body = {to: [entry for _, entries in made for entry in entries]}
    headers = {"X-Braze-Batch": "true"} if len(owners) > 1 else {}
    try:
        response = await http.post(f"{account.endpoint}/users/track", json=body, headers=headers)
    except DeliveryError as error:
        return _refused(error, owners)
    results: dict[int, ItemResult] = dict.fromkeys(owners, response)
    return results | {
        place: Discard(
            f"Braze refused this event: {why}.", status=response.status, response=response
        )
        for place, why in _faults(response, owners)
    }


def _refused(error: DeliveryError, owners: Sequence[int]) -> dict[int, ItemResult]:
    """Give what becomes of events of a refused request: those that it names are at fault.

    The others will be accepted without them.
    """
    everybody: dict[int, ItemResult] = dict.fromkeys(owners, error)
    if error.status != HTTPStatus.BAD_REQUEST or error.response is None:
        return everybody
    named: set[int] = {place for place, _ in _faults(error.response, owners)}
    if not named or named == set(owners):
        return everybody
    waiting = Retry("Braze refused other events of this batch, and so all of it.")
    return {place: error if place in named else waiting for place in owners}


def _faults(response: Response, owners: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Give the events at fault that an answer names by the place of an entry."""
    for error in errors(response):
        index = error.get("index") if isinstance(error, dict) else None
        if isinstance(index, int) and 0 <= index < len(owners):
            yield owners[index], str(error.get("type"))
