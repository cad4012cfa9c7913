"""PostHog: events, people, groups, and IDs that mean the same person."""

from headgate.destinations.posthog.actions import alias, event, group, identify
from headgate.destinations.posthog.project import posthog

__all__ = ["posthog"]

posthog.preset("Track Event", event)
posthog.preset(
    "Page View",
    event,
    trigger='type = "page"',
    mapping={"event_type": "page", "event_name": "$pageview"},
)
posthog.preset(
    "Screen View",
    event,
    trigger='type = "screen"',
    mapping={"event_type": "screen", "event_name": "$screenview"},
)
posthog.preset("Identify", identify, trigger='type = "identify"')
posthog.preset("Group", group)
posthog.preset("Alias", alias)
