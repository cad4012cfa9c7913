"""Amplitude: events, purchases, and properties of people and groups."""

from headgate.destinations.amplitude.account import amplitude
from headgate.destinations.amplitude.events import log_event_v2, log_purchase
from headgate.destinations.amplitude.people import identify_user
from headgate.kit import template

__all__ = ["amplitude"]

_VIEWED = template("Viewed {{name}}")

amplitude.preset(
    "Track Calls", log_event_v2, trigger='type = "track" and event != "Order Completed"'
)
amplitude.preset(
    "Order Completed Calls", log_purchase, trigger='type = "track" and event = "Order Completed"'
)
amplitude.preset(
    "Page Calls", log_event_v2, trigger='type = "page"', mapping={"event_type": _VIEWED}
)
amplitude.preset(
    "Screen Calls", log_event_v2, trigger='type = "screen"', mapping={"event_type": _VIEWED}
)
amplitude.preset("Identify Calls", identify_user, trigger='type = "identify"')
