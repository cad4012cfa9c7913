"""Looking for the one record that has certain values."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.destinations.hubspot.account import LONG, objects
from headgate.kit import Discard, Retry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headgate.kit import Http, Response


class Found(NamedTuple):
    """How many records there are, and the ID of the first."""

    response: Response
    total: int
    first: str | None


async def search(
    http: Http,
    object_type: str,
    values: Mapping[str, object],
    *,
    properties: Sequence[str] = (),
    sorts: Sequence[str] = (),
) -> Found:
    """Look for records that have any of these values. Raises `Retry` for a hit without an ID."""
    groups = [
        {"filters": [{"propertyName": name, "operator": "EQ", "value": value}]}
        for name, value in values.items()
    ]
    body = {"filterGroups": groups, "properties": [*properties], "sorts": [*sorts]}
    try:
        response = await http.post(objects(object_type, "search"), json=body, max_body=LONG)
    except Discard as error:
        if error.status != HTTPStatus.BAD_REQUEST:
            raise
        named = ", ".join(values)
        raise Discard(
            f"HubSpot cannot search for {object_type} by {named}: use properties that exist.",
            status=error.status,
            response=error.response,
        ) from None
    answer: Any = response.json()
    results = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(results, list) or not results:
        return Found(response, 0, None)
    first = results[0].get("id") if isinstance(results[0], dict) else None
    if not first:
        raise Retry("HubSpot did not say which record it found.", response=response)
    total = answer.get("total")
    return Found(response, total if isinstance(total, int) else len(results), str(first))
