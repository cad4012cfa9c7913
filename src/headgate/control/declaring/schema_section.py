"""What a declaration file says a source keeps back, its `schema`: read, and written again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from headgate.store.snapshot import Schema

if TYPE_CHECKING:
    from headgate.control.declaring.reading import Section

MOST_EVENTS = 4_000
"""Names of events in each list, as Segment's schema page has them of a source."""
MOST_TRAITS = 300
CALLS = ("page", "screen")
TRAITS = ("identify", "group")


def read_schema(section: Section) -> Schema | None:
    """None where nothing is kept back, however that is said."""
    if not section.has("schema"):
        return None
    schema = section.section("schema")
    schema.allow("blocked_events", "blocked_calls", "omitted_traits", "integrations")
    read = Schema(
        blocked_events=_names(schema, "blocked_events", MOST_EVENTS),
        blocked_calls=_calls(schema),
        omitted_traits=_traits(schema),
        integrations=_integrations(schema),
    )
    return None if read == Schema() else read


def written_schema(schema: Schema) -> dict[str, Any]:
    """As `read_schema` reads it."""
    written = {
        "blocked_events": list(schema.blocked_events),
        "blocked_calls": list(schema.blocked_calls),
        "omitted_traits": {call: list(names) for call, names in schema.omitted_traits.items()},
        "integrations": schema.integrations,
    }
    return {key: value for key, value in written.items() if value}


def _names(section: Section, key: str, most: int) -> tuple[str, ...]:
    names = section.items(key)
    if len(names) > most:
        section.refuse(f"has {len(names)} names; at most {most:,} are allowed", key)
    for index, name in enumerate(names):
        if not isinstance(name, str) or not name:
            section.refuse("must be a name, a text", key, index)
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str)))


def _calls(section: Section) -> tuple[Literal["page", "screen"], ...]:
    calls = section.items("blocked_calls")
    for index, call in enumerate(calls):
        if call not in CALLS:
            section.refuse(f"must be one of {', '.join(CALLS)}", "blocked_calls", index)
    return tuple(cast("Literal['page', 'screen']", call) for call in CALLS if call in calls)


def _traits(section: Section) -> dict[Literal["identify", "group"], tuple[str, ...]]:
    traits = section.section("omitted_traits")
    traits.allow(*TRAITS)
    found = {call: _names(traits, call, MOST_TRAITS) for call in TRAITS}
    return {
        cast("Literal['identify', 'group']", call): names for call, names in found.items() if names
    }


def _integrations(section: Section) -> dict[str, dict[str, bool]]:
    """By event, then by destination; an event that says nothing of any is left out."""
    integrations = section.object("integrations")
    if len(integrations) > MOST_EVENTS:
        section.refuse(f"has more than {MOST_EVENTS:,} events", "integrations")
    for event, toggles in integrations.items():
        if not isinstance(toggles, dict):
            section.refuse("must be an object: {Amplitude: false}", "integrations", event)
            continue
        for name, toggle in toggles.items():
            if not isinstance(toggle, bool):
                section.refuse("must be true or false", "integrations", event, name)
    return {event: toggles for event, toggles in integrations.items() if toggles}
