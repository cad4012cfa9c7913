"""Which events of a request Amplitude refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.kit import DeliveryError, Discard, Retry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.kit import Response

_REASONS = {
    "events_with_invalid_fields": "an invalid {}",
    "events_with_missing_fields": "no {}",
    "events_with_invalid_id_lengths": "too short a {}",
}
"""Members of the answer that list events by field, and what is wrong with them."""


def of_each(error: Discard, count: int) -> list[DeliveryError]:
    """Give what became of each of the events of a refused request, none of which was taken.

    Those that the answer does not name will be accepted without those that it does. Raises the
    error itself when it names none.
    """
    refused = dict(_refused(error.response)) if error.response else {}
    if not refused:
        raise error
    return [_result(refused.get(index), error) for index in range(count)]


def _result(reason: str | None, error: Discard) -> DeliveryError:
    if reason is not None:
        return Discard(f"Amplitude refused this event: {reason}.", status=error.status)
    return Retry("Amplitude refused other events of this batch, and so all of it.")


def _refused(response: Response) -> Iterator[tuple[int, str]]:
    """Give the places of the events that an answer names, with the reason."""
    answer: Any = _json(response)
    for name, reason in _REASONS.items():
        fields = answer.get(name)
        for field, places in fields.items() if isinstance(fields, dict) else ():
            yield from ((place, reason.format(field)) for place in places)
    for place in answer.get("silenced_events") or ():
        yield place, "its device is silenced"


def _json(response: Response) -> Any:
    try:
        answer = response.json()
    except Retry:
        return {}
    return answer if isinstance(answer, dict) else {}
