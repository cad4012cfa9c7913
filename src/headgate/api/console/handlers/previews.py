"""Previews of triggers, mappings and subscriptions: nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from headgate.api.console.calls import operation
from headgate.api.console.checking import Body
from headgate.api.console.handlers.testing import Draft
from headgate.control.nouns import previewing
from headgate.control.nouns.previewing import MOST_EVENTS, Mapped
from headgate.control.observing.preview import Preview
from headgate.trigger import Explanation

if TYPE_CHECKING:
    from headgate.api.console.calls import Asked
    from headgate.control.work import Work


class PreviewTrigger(Body):
    trigger: str
    fql: Literal["strict", "compatible"] = "strict"
    event: dict[str, Any]


class PreviewMapping(Body):
    """`destination` and `action` are ids or slugs of the catalogue."""

    destination: str
    action: str
    mapping: dict[str, Any]
    fql: Literal["strict", "compatible"] = "strict"
    event: dict[str, Any]


class PreviewSubscription(Body):
    """`last` is how many events of the source are looked at."""

    subscription: Draft
    last: Annotated[int, Field(ge=1, le=MOST_EVENTS)] = 200


@operation(
    "POST", "/triggers/preview", {"explanation": Explanation}, body=PreviewTrigger, reading=True
)
def preview_trigger(work: Work, asked: Asked) -> dict[str, Any]:
    """Whether a trigger matches an event, and why."""
    body = asked.body
    return {"explanation": previewing.trigger(work, body.trigger, body.fql, body.event)}


@operation("POST", "/mappings/preview", {"mapped": Mapped}, body=PreviewMapping, reading=True)
def preview_mapping(work: Work, asked: Asked) -> dict[str, Any]:
    """What a mapping makes of an event."""
    body = asked.body
    mapped = previewing.mapping(
        work, body.destination, body.action, body.mapping, body.fql, body.event
    )
    return {"mapped": mapped}


@operation(
    "POST",
    "/connections/{connectionId}/preview",
    {"preview": Preview},
    body=PreviewSubscription,
    reading=True,
)
def preview_subscription(work: Work, asked: Asked) -> dict[str, Any]:
    """What a subscription would have done with the last events of its source."""
    given, last = asked.body.subscription.given(), asked.body.last
    return {"preview": previewing.traffic(work, asked.path["connectionId"], given, last)}
