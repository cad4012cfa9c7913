"""Answers to batches that leave out their last event."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from headgate.mapping.javascript import stringify

if TYPE_CHECKING:
    from headgate.kit.testing.recordings import Answer, Recording


def shortened(recording: Recording) -> Iterator[list[Answer]]:
    """Give the answers of a batch, once for each list in them that has one item for each event."""
    count = len(recording.given_events())
    for place, exchange in enumerate(recording.exchanges):
        response = exchange.response
        if response is None or response.json is msgspec.UNSET:
            continue
        for shorter in _shorter(response.json, count):
            answers = recording.answers()
            kept = response.answer()
            answers[place] = msgspec.structs.replace(kept, body=stringify(shorter))
            yield answers


def _shorter(value: Any, count: int) -> Iterator[Any]:
    if isinstance(value, list) and len(value) == count:
        yield value[:-1]
    elif isinstance(value, dict):
        for key, below in value.items():
            yield from ({**value, key: shorter} for shorter in _shorter(below, count))
