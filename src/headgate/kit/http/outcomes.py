"""Sorting answers: what a status means to an author (contract section 7, the coarse rule).

The one table that decides about retries is the engine's; it sees the status that each error
carries. This rule spares authors and tests from reading statuses.
"""

from __future__ import annotations

import re
from contextlib import suppress
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from headgate.kit.errors import DeliveryError, Discard, Disconnect, Retry

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.kit.errors import TransportError
    from headgate.kit.http.request import Request, Response

_REFUSED = frozenset({401, 403, 440, 498})
_PASSING = frozenset({408, 423, 429})
_NEVER = 501  # the destination cannot do this at all: no repetition changes that
_SUCCESS = range(200, 300)
_REDIRECT = range(300, 400)
_FOR_GOOD = range(300, 500)
_SECONDS = re.compile(r"[0-9]{1,20}", re.ASCII)
_SHOWN = 200


def failure(
    request: Request, response: Response, clock: Callable[[], float]
) -> DeliveryError | None:
    """Give the error that an answer means, or None for success; the clock is in Unix seconds."""
    status = response.status
    if status in _SUCCESS:
        return None
    reason = f"{request.host} answered {status}{_phrase(status)}.{_moved(request, response)}"
    if status in _REFUSED:
        return Disconnect(reason, status=status, response=response)
    if status == _NEVER or (status in _FOR_GOOD and status not in _PASSING):
        return Discard(reason, status=status, response=response)
    return Retry(reason, after=wait_asked(response, clock()), status=status, response=response)


def no_answer(request: Request, error: TransportError) -> Retry:
    """Give the error that no answer means; a refusal of our own guard says what to do about it."""
    if error.kind == "blocked":
        return Retry(str(error), kind=error.kind)
    return Retry(f"{request.host} gave no answer ({error.kind}).", kind=error.kind)


def wait_asked(response: Response, now: float) -> float | None:
    """Read an answer's `Retry-After` by its own `Date`: the two clocks may differ."""
    with suppress(ValueError, OverflowError):
        now = parsedate_to_datetime(response.header("date") or "").timestamp()
    return retry_after(response.header("retry-after"), now)


def retry_after(header: str | None, now: float) -> float | None:
    """Read `Retry-After` in both its forms, as seconds from now; None when it says nothing."""
    if header is None:
        return None
    if _SECONDS.fullmatch(header.strip()):
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _moved(request: Request, response: Response) -> str:
    """Where a redirect points, for whoever must change the address; its path may be a secret."""
    location = response.header("location") if response.status in _REDIRECT else None
    try:
        new = urlsplit(urljoin(request.url, location or ""))
    except ValueError:
        return ""
    if location is None or new.scheme not in {"http", "https"}:
        return ""
    origin = f"{new.scheme}://{new.netloc.rpartition('@')[2]}"
    is_same = f"{request.url}/".lower().startswith(f"{origin}/".lower())
    where = "another path there" if is_same else origin[:_SHOWN]
    return f" It points to {where}. Redirects are not followed: give the new address instead."


def _phrase(status: int) -> str:
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""
