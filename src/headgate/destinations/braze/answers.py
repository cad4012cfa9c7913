"""What Braze answers: errors, which may also stand in an answer that is a success."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.kit import Discard, Retry

if TYPE_CHECKING:
    from headgate.kit import Http, Response


def errors(response: Response | None) -> list[Any]:
    """Give the errors of an answer; a body that cannot be read holds none."""
    try:
        answer: Any = response.json() if response is not None else None
    except Retry:
        return []  # a message that went out must not go out again
    found = answer.get("errors") if isinstance(answer, dict) else None
    return found if isinstance(found, list) else []


async def told(http: Http, url: str, body: dict[str, Any]) -> Response:
    """Send one request. Raises `Discard` where Braze accepts it and names an error all the same."""
    response = await http.post(url, json=body)
    if not (named := errors(response)):
        return response
    first = named[0].get("type") if isinstance(named[0], dict) else named[0]
    raise Discard(f"Braze refused this: {first}.", status=response.status, response=response)
