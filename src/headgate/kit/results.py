"""What became of each item of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from headgate.kit.errors import DeliveryError, Retry
from headgate.kit.http.request import Response

ItemResult: TypeAlias = Response | DeliveryError
"""Delivered with this answer, or not, and why."""

BatchResult: TypeAlias = Response | Sequence[ItemResult | None]
"""One answer for all items, or one result for each, in their order; None where there is none."""


def per_item(result: BatchResult, count: int) -> tuple[ItemResult, ...]:
    """Give a result for each of `count` items; one that is missing is tried again."""
    if isinstance(result, Response):
        return (result,) * count
    given = [*result, *[None] * count][:count]
    return tuple(_missing() if each is None else each for each in given)


def _missing() -> Retry:
    return Retry("The destination said nothing about this item of the batch.")
