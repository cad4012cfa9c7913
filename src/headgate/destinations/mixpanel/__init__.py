"""Mixpanel: events, purchases, and profiles of people and groups."""

from headgate.destinations.mixpanel.account import mixpanel
from headgate.destinations.mixpanel.events import track_event, track_purchase
from headgate.destinations.mixpanel.people import group_identify_user, identify_user
from headgate.kit import template

__all__ = ["mixpanel"]

_VIEWED = template("Viewed {{name}}")

mixpanel.preset("Track Calls", track_event, trigger='type = "track" and event != "Order Completed"')
mixpanel.preset(
    "Order Completed Calls", track_purchase, trigger='type = "track" and event = "Order Completed"'
)
mixpanel.preset("Page Calls", track_event, trigger='type = "page"', mapping={"event": _VIEWED})
mixpanel.preset("Screen Calls", track_event, trigger='type = "screen"', mapping={"event": _VIEWED})
mixpanel.preset("Identify Calls", identify_user, trigger='type = "identify"')
mixpanel.preset("Group Calls", group_identify_user, trigger='type = "group"')
