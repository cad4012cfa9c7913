"""One action run for a person who watches: every step of the way, whatever came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from headgate import mapping as mappings
from headgate.kit.connected import Item
from headgate.kit.delivery import delivery
from headgate.kit.errors import DeliveryError
from headgate.kit.http.request import Exchange
from headgate.kit.results import ItemResult

if TYPE_CHECKING:
    from headgate.kit.connected import Connected
    from headgate.kit.destination import Action
    from headgate.kit.http import Http
    from headgate.mapping import Json, Mode


class Trial(msgspec.Struct, frozen=True):
    """What an action did with events.

    `values` is what the mapping made of each event, None where it failed; `results` has one for
    each event: the answer, or the error that ended it. `exchanges` are the requests and answers.
    """

    values: tuple[Json, ...]
    results: tuple[ItemResult | mappings.MappingError, ...]
    exchanges: tuple[Exchange, ...]


async def attempt(
    connected: Connected[Any],
    action: Action[Any, Any],
    event: Mapping[str, Any],
    mapping: Json,
    http: Http,
    *,
    mode: Mode = "strict",
) -> Trial:
    """Map one event and perform the action on it."""
    try:
        values = mappings.compile(mapping, mode)(event)
    except mappings.MappingError as error:
        return Trial((None,), (error,), ())
    result: ItemResult
    try:
        told = delivery(event, mapping, has_sync_modes=action.sync_modes is not None)
        result = await connected.perform(http, action, values, told)
    except DeliveryError as error:
        result = error
    return Trial((values,), (result,), tuple(http.exchanges))


async def attempt_batch(
    connected: Connected[Any],
    action: Action[Any, Any],
    events: Sequence[Mapping[str, Any]],
    mapping: Json,
    http: Http,
    *,
    mode: Mode = "strict",
) -> Trial:
    """Map several events and perform the action on all of them at once.

    An event that the mapping fails on ends alone.
    """
    mapper = mappings.compile(mapping, mode)
    made: dict[int, Item] = {}
    failed: dict[int, mappings.MappingError] = {}
    for index, event in enumerate(events):
        try:
            told = delivery(event, mapping, has_sync_modes=action.sync_modes is not None)
            made[index] = Item(mapper(event), told)
        except mappings.MappingError as error:
            failed[index] = error
    sent = await connected.perform_batch(http, action, [*made.values()]) if made else ()
    results: dict[int, Any] = {**dict(zip(made, sent, strict=True)), **failed}
    places = range(len(events))
    return Trial(
        tuple(made[i].values if i in made else None for i in places),  # type: ignore[misc]
        tuple(results[i] for i in places),
        tuple(http.exchanges),
    )
