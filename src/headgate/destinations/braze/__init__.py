"""Braze: profiles of people, what they do and buy, campaigns, and catalogs."""

from headgate.destinations.braze import aliases, catalogs, ecommerce, events, messages, profiles
from headgate.destinations.braze.account import braze
from headgate.kit import path

__all__ = ["aliases", "braze", "catalogs", "ecommerce", "events", "messages", "profiles"]

_OF_COMMERCE = (
    "Order Completed",
    "Checkout Started",
    "Order Refunded",
    "Order Cancelled",
    "Product Viewed",
)
_STATUS = {"order_status_url": path("$.properties.order_status_url")}
_ORDERS = (
    ("Order Placed (beta)", "Order Completed", "ecommerce.order_placed", _STATUS),
    (
        "Checkout Started (beta)",
        "Checkout Started",
        "ecommerce.checkout_started",
        {"checkout_url": path("$.properties.checkout_url")},
    ),
    ("Order Refunded (beta)", "Order Refunded", "ecommerce.order_refunded", _STATUS),
    ("Order Cancelled (beta)", "Order Cancelled", "ecommerce.order_cancelled", _STATUS),
)

braze.preset(
    "Track Calls",
    events.track_event,
    trigger=" and ".join(['type = "track"', *(f'event != "{name}"' for name in _OF_COMMERCE)]),
)
for _title, _event, _name, _metadata in _ORDERS:
    braze.preset(
        _title,
        ecommerce.products,
        trigger=f'event = "{_event}"',
        mapping={"name": _name, "metadata": _metadata},
    )
braze.preset(
    "Product Viewed (beta)",
    ecommerce.product,
    trigger='event = "Product Viewed"',
    mapping={"name": "ecommerce.product_viewed"},
)
braze.preset("Identify Calls", profiles.update_profile)
braze.preset(
    "Associated Entity Added", events.track_event, event_slug="warehouse_entity_added_track"
)
braze.preset(
    "Associated Entity Removed", events.track_event, event_slug="warehouse_entity_removed_track"
)
braze.preset(
    "Entities Audience Entered", events.track_event, event_slug="warehouse_audience_entered_track"
)
braze.preset("Entities Exited", events.track_event, event_slug="warehouse_audience_exited_track")
braze.preset(
    "Entities Audience Membership Changed",
    profiles.update_profile,
    event_slug="warehouse_audience_membership_changed_identify",
)
braze.preset(
    "Journeys Step Transition Track", events.track_event, event_slug="journeys_step_entered_track"
)
