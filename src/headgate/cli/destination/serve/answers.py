"""What the test server answers: requests, responses and failures as JSON, secrets masked."""

from __future__ import annotations

import traceback
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from headgate.kit import Discard, Disconnect, Response, Retry
from headgate.kit.errors import DeliveryError, InvalidSettings
from headgate.kit.masking import MASK, is_secret_header, masked
from headgate.mapping import MappingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from headgate.kit.errors import TransportError
    from headgate.kit.http.request import Exchange, Headers, Request

_STATUSES: Final[tuple[tuple[type[Exception], int], ...]] = (
    (Discard, 400),
    (Disconnect, 401),
    (Retry, 503),
    (MappingError, 400),
    (InvalidSettings, 400),
)
"""What an error without an answer of the destination's counts as; any other is our 500."""


def exchange(made: Exchange) -> dict[str, Any]:
    """A request and its answer; a failure to get one is an answer without status."""
    answer = made.answer
    answered = _response(answer) if isinstance(answer, Response) else _no_response(answer)
    return {"request": _request(made.request), "response": answered}


def _request(request: Request) -> dict[str, Any]:
    return {
        "url": request.url,
        "method": request.method,
        "headers": _headers(request.headers),
        "body": request.body.decode("utf-8", "replace"),
    }


def _response(response: Response) -> dict[str, Any]:
    known = {status.value: status.phrase for status in HTTPStatus}
    return {
        "statusCode": response.status,
        "statusMessage": known.get(response.status, ""),
        "headers": _headers(response.headers),
        "body": response.text,
    }


def _no_response(error: TransportError) -> dict[str, Any]:
    return {
        "statusCode": None,
        "statusMessage": str(error),
        "headers": {},
        "body": "",
    }


def _headers(headers: Headers) -> dict[str, str]:
    return {name: MASK if is_secret_header(name) else value for name, value in headers}


def failure(error: Exception, fields: Mapping[str, str] | None = None) -> dict[str, Any]:
    """An error as Segment's server gives it; `fields` are messages by path."""
    return {
        "statusCode": status(error),
        "message": str(error) or type(error).__name__,
        "stack": "".join(traceback.format_exception(error)),
        "fields": dict(fields or {}),
        "requestError": True,
    }


def status(error: Exception) -> int:
    if isinstance(error, DeliveryError) and error.status is not None:
        return error.status
    return next((code for kind, code in _STATUSES if isinstance(error, kind)), 500)


def without(secrets: Sequence[str], value: Any) -> Any:
    """Give JSON in which no text holds a secret."""
    if isinstance(value, str):
        return masked(value, secrets)
    if isinstance(value, dict):
        return {masked(name, secrets): without(secrets, it) for name, it in value.items()}
    return [without(secrets, it) for it in value] if isinstance(value, (list, tuple)) else value


def hidden(settings: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Settings to show: those that are secret are there, and masked."""
    secret = frozenset(names)
    return {name: MASK if name in secret and it else it for name, it in settings.items()}
