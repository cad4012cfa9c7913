"""Findings about presets: they must make subscriptions that work as they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.kit.findings.actions import readable_mapping, readable_trigger
from headgate.kit.findings.finding import error, warning

if TYPE_CHECKING:
    from headgate.kit.destination import Destination, Preset
    from headgate.kit.findings.finding import Findings

INTERNAL = "__segment_internal_"
"""Keys of a mapping that speak to the engine and not to the action."""


def presets(destination: Destination[Any]) -> Findings:
    """Each names an action and fields that exist, and its trigger and mapping can be read."""
    seen: set[str] = set()
    for preset in destination.presets:
        place = f"presets/{preset.name}"
        if preset.name in seen:
            yield error(place, "there are two of this name.")
        seen.add(preset.name)
        if (preset.trigger is None) == (preset.event_slug is None):
            yield error(place, "needs a trigger or an event_slug, and not both.")
        if preset.trigger is not None:
            yield from readable_trigger(f"{place}/trigger", preset.trigger)
        for key, value in preset.mapping.items():
            yield from readable_mapping(f"{place}/mapping/{key}", {key: value})
        yield from _names(place, preset, destination)


def _names(place: str, preset: Preset, destination: Destination[Any]) -> Findings:
    action = destination.actions.get(preset.action)
    if action is None:
        known = ", ".join(destination.actions) or "none"
        yield error(place, f"there is no action {preset.action!r}; there are: {known}.")
        return
    declared = action.stored_fields()
    for key in preset.mapping:
        if key not in declared and not key.startswith(INTERNAL):
            yield error(f"{place}/mapping", f"{key} is no field of {preset.action}.")
    for key, stored in declared.items():
        form: Any = stored
        if form.get("required") is True and key not in preset.mapping and "default" not in form:
            yield warning(f"{place}/mapping", f"leaves out {key}, which {preset.action} requires.")
