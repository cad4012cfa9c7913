"""Many payloads in few requests, with a result for each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TypeVar

from headgate.kit import BatchResult, DeliveryError, Discard, ItemResult, Response
from headgate.kit.results import per_item

A = TypeVar("A")
B = TypeVar("B")
K = TypeVar("K", bound=Hashable)


async def send_valid(
    items: Sequence[A],
    convert: Callable[[A], B],
    send: Callable[[list[B]], Awaitable[BatchResult]],
) -> list[ItemResult]:
    """Send what can be converted, and give the others their own refusal."""
    converted: dict[int, B] = {}
    results: dict[int, ItemResult] = {}
    for index, item in enumerate(items):
        try:
            converted[index] = convert(item)
        except Discard as refusal:
            results[index] = refusal
    if converted:
        sent = await attempted(send([*converted.values()]), len(converted))
        results |= dict(zip(converted, sent, strict=True))
    return [results[index] for index in range(len(items))]


async def send_grouped(
    items: Sequence[tuple[K, B]], up_to: int, send: Callable[[K, list[B]], Awaitable[Response]]
) -> list[ItemResult]:
    """Send items with the same key together, some at a time; one failure is not that of all."""
    groups: dict[K, list[int]] = {}
    for index, (key, _) in enumerate(items):
        groups.setdefault(key, []).append(index)
    results: dict[int, ItemResult] = {}
    for key, members in groups.items():
        for start in range(0, len(members), up_to):
            some = members[start : start + up_to]
            sent = await attempted(send(key, [items[index][1] for index in some]), len(some))
            results |= dict(zip(some, sent, strict=True))
    return [results[index] for index in range(len(items))]


async def attempted(sending: Awaitable[BatchResult], count: int) -> tuple[ItemResult, ...]:
    """Give a result for each of `count` items, also where sending them failed."""
    try:
        return per_item(await sending, count)
    except DeliveryError as error:
        return (error,) * count
