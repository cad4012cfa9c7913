"""What the statuses of an API mean, where they mean something else than usual."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from headgate.kit import DeliveryError, Discard, Response, Retry
from headgate.kit.http.outcomes import wait_asked


async def judge(
    sending: Coroutine[Any, Any, Response],
    *,
    at: Callable[[], float],
    delivered: Sequence[int],
    retry: Sequence[int],
    discard: Sequence[int],
) -> Response:
    """Wait for an answer and sort it by its status; the first list that names it counts.

    `at` gives the time in seconds since 1970. Raises as `Http` does where no list names the
    status.
    """
    usual: DeliveryError | None = None
    try:
        response = await sending
    except DeliveryError as error:
        if error.response is None:
            raise
        response, usual = error.response, error
    status = response.status
    reason = str(usual or f"The destination answered {status}.")
    # The new errors carry no status: by that the engine would sort them as usual.
    if status in delivered:
        return response
    if status in retry:
        after = wait_asked(response, at())
        raise Retry(reason, after=after, response=response) from usual
    if status in discard:
        raise Discard(reason, response=response) from usual
    if usual is not None:
        raise usual
    return response
