"""Presets: subscriptions that a destination offers ready-made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:
    from headgate.mapping import Json

EventSlug: TypeAlias = Literal[
    "warehouse_entity_added_track",
    "warehouse_entity_removed_track",
    "warehouse_entity_values_changed_track",
    "warehouse_audience_entered_track",
    "warehouse_audience_exited_track",
    "warehouse_audience_membership_changed_identify",
    "warehouse_all_events_track",
    "journeys_step_entered_track",
    "journey_step_all_events_track",
]
"""The product events that presets may wait for, under Segment's names."""


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription to be: made when connecting (with a trigger), or for a product event."""

    name: str
    action: str
    mapping: dict[str, Json]
    trigger: str | None = None
    event_slug: EventSlug | None = None
