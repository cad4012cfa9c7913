"""The definition of a destination as Segment's tools read it (kit-behaviour 14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headgate.kit import Action, Destination
    from headgate.kit.destination.hooks import Hook
    from headgate.kit.destination.presets import Preset


def manifest(destination: Destination[Any]) -> dict[str, Any]:
    """Everything that is declared, by stored names, without functions."""
    audiences = destination.audiences
    return {
        "name": destination.name,
        "slug": destination.slug,
        "mode": "cloud",
        "description": destination.description,
        "directoryName": destination.slug,
        "authentication": {
            "scheme": destination.scheme,
            "fields": destination.settings.stored_fields(),
        },
        "actions": {slug: _action(action) for slug, action in destination.actions.items()},
        "presets": [_preset(preset) for preset in destination.presets],
        "audienceFields": audiences.settings.stored_fields() if audiences else {},
        "audienceConfig": {
            "mode": {"type": audiences.mode.name, "full_audience_sync": audiences.mode.is_full}
        }
        if audiences
        else None,
    }


def _action(action: Action[Any, Any]) -> dict[str, Any]:
    modes = action.sync_modes
    return {
        "title": action.title,
        "description": action.description,
        "platform": action.platform,
        "defaultSubscription": action.trigger,
        "hidden": action.is_hidden,
        "hasPerformBatch": action.batched is not None,
        "syncMode": {
            "label": modes.label,
            "description": modes.description,
            "default": modes.default,
            "choices": [{"value": mode, "label": label} for mode, label in modes.choices.items()],
        }
        if modes
        else None,
        "hooks": {name: _hook(hook) for name, hook in action.hooks.items()},
        "dynamicFields": sorted(action.payload.dynamic_choices()),
        "fields": action.stored_fields(),
    }


def _hook(hook: Hook[Any, Any, Any]) -> dict[str, Any]:
    return {
        "label": hook.label,
        "description": hook.description,
        "inputFields": hook.inputs.stored_fields(),
        "outputTypes": hook.outputs.stored_fields(),
    }


def _preset(preset: Preset) -> dict[str, Any]:
    for_event = preset.event_slug is not None
    return {
        "name": preset.name,
        "partnerAction": preset.action,
        "mapping": preset.mapping,
        **(
            {"type": "specificEvent", "eventSlug": preset.event_slug}
            if for_event
            else {"type": "automatic", "subscribe": preset.trigger}
        ),
    }
