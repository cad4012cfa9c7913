"""The property of companies that holds your ID of them."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from headgate.destinations.hubspot.account import address
from headgate.kit import Discard, Http, Response, Retry

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

GROUP_ID: Final = "segment_group_id"
"""As Segment's destination calls it: companies that it wrote stay known."""

_BEFORE = "Property values were not valid: "
_DEFINITION = {
    "name": GROUP_ID,
    "label": "Group ID",
    "description": "The ID of the company at the source of its events.",
    "groupName": "companyinformation",
    "type": "string",
    "fieldType": "text",
    "hidden": True,
    "displayOrder": -1,
    "hasUniqueValue": True,
    "formField": False,
}


async def ensured(http: Http, send: Callable[[], Awaitable[Response]]) -> Response:
    """Send a request; where the property is missing, create it and send again."""
    try:
        return await send()
    except Discard as error:
        if not is_missing(error):
            raise
    await create_property(http)
    return await send()


async def create_property(http: Http) -> None:
    """Create the property, unless another delivery did."""
    try:
        await http.post(address("crm", "v3", "properties", "companies"), json=_DEFINITION)
    except Discard as error:
        if error.status != HTTPStatus.CONFLICT:
            raise


def is_missing(error: Discard) -> bool:
    """Tell whether HubSpot refused a company only because the property does not exist."""
    if error.status != HTTPStatus.BAD_REQUEST or error.response is None:
        return False
    try:
        answer: Any = error.response.json()
        faults: Any = json.loads(str(answer["message"]).removeprefix(_BEFORE))
        return [(each["name"], each["error"]) for each in faults] == [
            (GROUP_ID, "PROPERTY_DOESNT_EXIST")
        ]
    except (Retry, ValueError, TypeError, KeyError):
        return False
