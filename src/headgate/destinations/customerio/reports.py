"""Actions that report what became of messages that Customer.io sent or showed."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from headgate.destinations.customerio.connection import Account, customerio
from headgate.destinations.customerio.entities import Entity, dated, entity, of_person, without
from headgate.destinations.customerio.sending import entity_action
from headgate.destinations.customerio.tracking import Deed
from headgate.kit import Http, Payload, Response, field, path
from headgate.kit.values import epoch_seconds, present


class Content(Deed):
    action_type: Literal["viewed_content", "clicked_content"] = field(
        "Action",
        "What the person did with the content.",
        key="actionType",
        mapping=path("$.properties.actionType"),
    )


@entity_action(
    "Report content event",
    Content,
    slug="reportContentEvent",
    trigger='event = "Report Content Event"',
)
def report_content_event(content: Content) -> Entity:
    """Send that an anonymous person saw or clicked an in-app message."""
    attributes = None if content.data is None else without(content.data, "actionType")
    return entity(
        "person",
        content.action_type,
        of_person(None, anonymous_id=content.anonymous_id),
        anonymous_id=content.anonymous_id,
        timestamp=content.timestamp,
        attributes=dated(attributes, converts=content.convert_timestamp),
        name=content.action_type,
    )


class Report(Payload):
    delivery_id: str = field(
        "Delivery ID",
        "The CIO-Delivery-ID that came with the message.",
        mapping=path("$.properties.deliveryId"),
    )
    metric: Literal[
        "delivered",
        "opened",
        "clicked",
        "converted",
        "spammed",
        "bounced",
        "dropped",
        "deferred",
    ] = field("Metric", "What became of the message.", mapping=path("$.properties.metric"))
    recipient: str | None = field(
        "Recipient", "The address it was sent to.", mapping=path("$.properties.recipient")
    )
    reason: str | None = field(
        "Reason", "Why it was not delivered.", mapping=path("$.properties.reason")
    )
    href: str | None = field(
        "Link", "The link that was clicked.", mapping=path("$.properties.href")
    )
    action_name: str | None = field(
        "Action name",
        "The name of the in-app action that was clicked.",
        mapping=path("$.properties.actionName"),
    )
    action_value: str | None = field(
        "Action value",
        "The value of the in-app action that was clicked.",
        mapping=path("$.properties.actionValue"),
    )
    timestamp: datetime | None = field(
        "Timestamp", "When it happened; now, unless given.", mapping=path("$.timestamp")
    )


@customerio.action(
    "Report delivery event",
    slug="reportDeliveryEvent",
    trigger='event = "Report Delivery Event"',
)
async def report_delivery_event(http: Http, report: Report, account: Account) -> Response:
    """Send what became of a message that Customer.io sent."""
    at = epoch_seconds(report.timestamp) if report.timestamp else None
    return await http.post(
        f"{account.host}/api/v1/metrics", json=metric(report, int(http.now()) if at is None else at)
    )


customerio.preset("Report delivery event", report_delivery_event)


def metric(report: Report, at: int) -> Entity:
    """Say what became of a message, at a time in Unix seconds."""
    action = present({"action_name": report.action_name, "action_value": report.action_value})
    members = {
        "delivery_id": report.delivery_id,
        "metric": report.metric,
        "timestamp": at,
        "recipient": report.recipient,
        "reason": report.reason,
        "href": report.href,
        "metadata": action or None,
    }
    return present(members)
