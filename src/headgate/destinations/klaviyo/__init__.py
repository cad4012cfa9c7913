"""Klaviyo: profiles, lists, consent and events for marketing by e-mail and text message."""

from headgate.destinations.klaviyo import consent, events, profiles, removal
from headgate.destinations.klaviyo.connection import klaviyo

__all__ = ["consent", "events", "klaviyo", "profiles", "removal"]

klaviyo.preset(
    "Audience entered",
    profiles.add_profile_to_list,
    event_slug="warehouse_audience_entered_track",
)
klaviyo.preset(
    "Audience exited",
    removal.remove_profile_from_list,
    event_slug="warehouse_audience_exited_track",
)
klaviyo.preset(
    "Entity added", profiles.add_profile_to_list, event_slug="warehouse_entity_added_track"
)
klaviyo.preset(
    "Entity removed",
    removal.remove_profile_from_list,
    event_slug="warehouse_entity_removed_track",
)
for _action in (
    profiles.add_profile_to_list,
    events.track_event,
    events.order_completed,
    consent.subscribe_profile,
    consent.unsubscribe_profile,
):
    klaviyo.preset(
        f"Journey step entered: {_action.title}",
        _action,
        event_slug="journeys_step_entered_track",
    )
