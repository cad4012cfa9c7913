"""Presets: subscriptions that a destination offers ready-made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

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


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A subscription to be: made when connecting (with a trigger), or for a product event."""

    name: str
    action: str
    mapping: dict[str, Json]
    trigger: str | None = None
    event_slug: EventSlug | None = None
