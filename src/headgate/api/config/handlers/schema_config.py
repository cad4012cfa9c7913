"""What a source does with events that its tracking plan does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headgate.api.config.bodies import ChangedSchemaConfig
from headgate.api.config.calls import operation
from headgate.api.config.models import SchemaConfig
from headgate.api.config.names import find_source, source_name
from headgate.control.errors import Invalid, Problem
from headgate.control.nouns import schema_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.api.config.calls import Call
    from headgate.control.nouns.sources import Seen
    from headgate.control.work import Work

_PATHS: Final = {
    "allow_unplanned_track_events": "track.allowUnplannedEvents",
    "allow_unplanned_track_event_properties": "track.allowUnplannedEventProperties",
    "allow_track_event_on_violations": "track.allowEventOnViolations",
    "allow_track_properties_on_violations": "track.allowPropertiesOnViolations",
    "common_track_event_on_violations": "track.commonEventOnViolations",
    "allow_unplanned_identify_traits": "identify.allowUnplannedTraits",
    "allow_identify_traits_on_violations": "identify.allowTraitsOnViolations",
    "common_identify_event_on_violations": "identify.commonEventOnViolations",
    "allow_unplanned_group_traits": "group.allowUnplannedTraits",
    "allow_group_traits_on_violations": "group.allowTraitsOnViolations",
    "common_group_event_on_violations": "group.commonEventOnViolations",
    "forwarding_violations_to": "forwardingViolationsTo",
    "forwarding_blocked_events_to": "forwardingBlockedEventsTo",
}
"""What the settings of a source call each field."""
_FIELDS: Final = {path: field for field, path in _PATHS.items()}


@operation("GET /workspaces/{workspace}/sources/{source}/schema-config", SchemaConfig)
def get_schema_config(work: Work, call: Call) -> SchemaConfig:
    seen = find_source(work, call)
    return _told(work, seen, schema_settings.get(work, seen.source.id))


@operation(
    "PATCH /workspaces/{workspace}/sources/{source}/schema-config",
    SchemaConfig,
    body=ChangedSchemaConfig,
    resource="schema_config",
)
def update_schema_config(work: Work, call: Call) -> SchemaConfig:
    seen = find_source(work, call)
    source = work.source(seen.source.id, "write")
    if not call.changes:
        return _told(work, seen, schema_settings.get(work, source.id))
    try:
        settings = schema_settings.update(work, source.id, _nested(call.changes))
    except Invalid as error:
        raise Invalid(
            Problem(f"schema_config.{_FIELDS.get(each.path, each.path)}", each.message)
            for each in error.problems
        ) from None
    return _told(work, seen, settings)


def _nested(changes: Mapping[str, Any]) -> dict[str, Any]:
    """By kind of event; what has no value is to be off, or nothing."""
    nested: dict[str, Any] = {}
    for field, value in changes.items():
        kind, _, name = _PATHS[field].rpartition(".")
        within = nested.setdefault(kind, {}) if kind else nested
        within[name] = value if value is not None else False if field.startswith("allow") else ""
    return nested


def _told(work: Work, seen: Seen, settings: Mapping[str, Mapping[str, Any]]) -> SchemaConfig:
    parent = source_name(work, seen.source.slug)
    values = {field: _at(settings, path) for field, path in _PATHS.items()}
    return SchemaConfig(name=f"{parent}/schema-config", parent=parent, **values)


def _at(settings: Mapping[str, Mapping[str, Any]], path: str) -> Any:
    kind, _, name = path.rpartition(".")
    return settings[kind][name] if kind else ""
