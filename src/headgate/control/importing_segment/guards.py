"""What kept something from a destination at Segment, and has no counterpart here.

Without it the destination would get more than people decided that it should, so a connection that
loses any of it is written as off.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.control.importing_segment.report import Notes
    from headgate.control.importing_segment.workspace import (
        Destination,
        SchemaSettings,
        Workspace,
    )

_ON_VIOLATIONS: Final = "commonEventOnViolations"
_ALLOW: Final = "ALLOW"
_PLAN: Final = "the tracking plan of its source kept back what it did not know"
SCHEMA: Final = (
    "Headgate knows no tracking plans: its `schema` blocks events and omits traits by their names"
)


class Guards:
    """The guards of one workspace that are lost, by what they stood before."""

    def __init__(self, workspace: Workspace) -> None:
        self._lost: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        for before, why in _guards(workspace):
            self._lost[before].append(why)

    def lost(self, destination: Destination) -> Iterator[str]:
        """Each as a reason why a connection is off."""
        source = destination.source_id
        for before in ((destination.id,), (source,), (source, destination.metadata.id)):
            yield from self._lost[before]


def _guards(workspace: Workspace) -> Iterator[tuple[tuple[str, ...], str]]:
    """The id of a source or a destination, or a source's with that of an entry; and the reason."""
    for each in workspace.transformations:
        if each.enabled:
            before = (each.source_id, each.destination_metadata_id or "")
            why = f"transformation {each.name!r} changed what it got"
            yield tuple(filter(None, before)), why
    for instance in workspace.instances:
        if instance.enabled:
            name = instance.name or instance.id
            yield (instance.integration_id,), f"insert function {name!r} changed what it got"
    for source, schema in workspace.schemas.items():
        if kept_back := blocking(schema):
            yield (source,), f"{_PLAN}: {kept_back}"
    for unread in workspace.unread:
        if unread.of:
            yield (unread.of,), f"its {unread.what} could not be read: {unread.why}"


def blocking(schema: SchemaSettings) -> str:
    """The settings that block or omit anything, as `track.allowUnplannedEvents`."""
    calls = {"track": schema.track, "identify": schema.identify, "group": schema.group}
    return ", ".join(
        f"{call}.{key}"
        for call, said in calls.items()
        for key, value in (said or {}).items()
        if _keeps_back(key, value)
    )


def tell_schemas(workspace: Workspace, titles: dict[str, str], notes: Notes) -> None:
    """Leave out what sources do with events that their tracking plan does not want."""
    for source, schema in workspace.schemas.items():
        keys = [blocking(schema)]
        keys += ["forwardingViolationsTo"] if schema.forwarding_violations_to else []
        keys += ["forwardingBlockedEventsTo"] if schema.forwarding_blocked_events_to else []
        if said := ", ".join(filter(None, keys)):
            notes.leave_out("schema settings", said, SCHEMA, of=titles.get(source, source))


def _keeps_back(key: str, value: Any) -> bool:
    if key == _ON_VIOLATIONS:
        return value not in (None, _ALLOW)
    return key.startswith("allow") and value is False
