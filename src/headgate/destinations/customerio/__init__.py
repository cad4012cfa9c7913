"""Customer.io: people, devices, objects and events for messages that follow what people do."""

from headgate.destinations.customerio import devices, objects, people, reports, tracking
from headgate.destinations.customerio.connection import customerio

__all__ = ["customerio", "devices", "objects", "people", "reports", "tracking"]

customerio.preset("Entity added", tracking.track_event, event_slug="warehouse_entity_added_track")
customerio.preset(
    "Entity removed", tracking.track_event, event_slug="warehouse_entity_removed_track"
)
customerio.preset(
    "Audience entered", tracking.track_event, event_slug="warehouse_audience_entered_track"
)
customerio.preset(
    "Audience exited", tracking.track_event, event_slug="warehouse_audience_exited_track"
)
customerio.preset(
    "Audience membership changed",
    people.create_update_person,
    event_slug="warehouse_audience_membership_changed_identify",
)
customerio.preset(
    "Journey step entered", tracking.track_event, event_slug="journeys_step_entered_track"
)
