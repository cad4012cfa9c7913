"""Subscriptions of a destination, as Segment calls a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headgate.api.public.calls import SUCCESS, operation
from headgate.api.public.naming import named
from headgate.control.errors import Invalid, Problem
from headgate.control.nouns import connections, destinations, subscriptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.api.public.calls import Call
    from headgate.control.work import Work
    from headgate.store.records import ConnectionRecord, SubscriptionRecord

_NAMES: Final = {"action": "actionId", "mapping": "settings"}
_MODELS: Final = ("modelId", "reverseETLModelId", "reverseETLSchedule")


@operation("list_subscriptions_from_destination")
def list_subscriptions(work: Work, call: Call) -> dict[str, Any]:
    connection = connections.get(work, call.path["destinationId"])
    found = subscriptions.listed(work, connection.id, call.page.after, call.page.most)
    return {
        "subscriptions": [told(connection, each) for each in found.subscriptions],
        "pagination": call.page.answer(found.subscriptions, lambda each: each.ordinal, found.total),
    }


@operation("get_subscription_from_destination")
def get_subscription(work: Work, call: Call) -> dict[str, Any]:
    connection = connections.get(work, call.path["destinationId"])
    found = subscriptions.get(work, connection.id, call.path["id"])
    return {"subscription": told(connection, found)}


@operation("create_destination_subscription")
def create_subscription(work: Work, call: Call) -> dict[str, Any]:
    body = call.body
    connection = connections.get(work, call.path["destinationId"])
    _refuse_models(body)
    with named(_NAMES):
        made = subscriptions.create(
            work,
            connection.id,
            name=body["name"],
            action=body["actionId"],
            trigger=body["trigger"],
            enabled=body["enabled"],
            mapping=body.get("settings"),
        )
    return {"destinationSubscription": told(connection, made)}


@operation("update_subscription_for_destination")
def update_subscription(work: Work, call: Call) -> dict[str, Any]:
    given = call.body["input"]
    connection = connections.get(work, call.path["destinationId"])
    with named(_NAMES, "input."):
        _refuse_models(given)
        changed = subscriptions.update(
            work,
            connection.id,
            call.path["id"],
            name=given.get("name"),
            trigger=given.get("trigger"),
            enabled=given.get("enabled"),
            mapping=given.get("settings"),
        )
    return {"subscription": told(connection, changed)}


@operation("remove_subscription_from_destination")
def remove_subscription(work: Work, call: Call) -> dict[str, Any]:
    subscriptions.remove(work, call.path["destinationId"], call.path["id"])
    return SUCCESS


def told(connection: ConnectionRecord, subscription: SubscriptionRecord) -> dict[str, Any]:
    """DestinationSubscription."""
    entry = destinations.entry_of(connection.destination, connection.mode)
    action = subscription.action
    return {
        "id": subscription.id,
        "name": subscription.name,
        "actionId": entry.action_id(action) if entry else action,
        "actionSlug": action,
        "destinationId": connection.id,
        "enabled": subscription.enabled,
        "settings": subscriptions.shown_mapping(entry, subscription),
        "trigger": subscription.trigger,
    }


def _refuse_models(given: Mapping[str, Any]) -> None:
    """Nothing here reads rows of a warehouse. Raises Invalid."""
    asked = [name for name in _MODELS if given.get(name) is not None]
    if asked:
        told = "there is no reverse ETL in this version: leave it out"
        raise Invalid([Problem(name, told) for name in asked])
