"""Errors as clients of the Config API read them: a sentence, and a code of gRPC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from starlette.responses import Response

from headgate.api.config.models import Failure
from headgate.api.reading import JSON
from headgate.control.errors import Conflict, ControlError, Forbidden, Invalid, Missing

if TYPE_CHECKING:
    from collections.abc import Mapping

CODES: Final = {
    400: 3,
    401: 16,
    403: 7,
    404: 5,
    409: 6,
    413: 3,
    429: 8,
    500: 13,
    501: 12,
    503: 14,
}
"""By status (domain section 20); a body that is too long is an argument that is none."""
_STATUSES: Final[tuple[tuple[type[ControlError], int], ...]] = (
    (Missing, 404),
    (Forbidden, 403),
    (Conflict, 409),
)


def failed(status: int, told: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer for a status of `CODES`."""
    body = msgspec.json.encode(Failure(error=told, code=CODES[status]))
    return Response(body, status, dict(headers or {}), media_type=JSON)


def refused(error: ControlError, headers: Mapping[str, str]) -> Response:
    """What a use case refused: every problem, each with the field that has it."""
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), 400)
    told = "; ".join(map(str, error.problems)) if isinstance(error, Invalid) else str(error)
    return failed(status, told, headers)
