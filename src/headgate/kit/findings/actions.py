"""Findings about actions: what they say, what they suggest, how they take batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headgate import mapping, trigger
from headgate.kit.destination.action import MOST_BATCH_KEYS
from headgate.kit.fields import Fields
from headgate.kit.findings import fields
from headgate.kit.findings.finding import error

if TYPE_CHECKING:
    from headgate.kit.destination import Action, Destination
    from headgate.kit.findings.finding import Findings

_OF_BATCHES: Final = ("batch_bytes", "batch_keys", "batch_size", "enable_batching")


def descriptions(destination: Destination[Any]) -> Findings:
    for slug, action in destination.actions.items():
        if not action.title.strip():
            yield error(f"actions/{slug}", "has no title.")
        if not action.description.strip():
            yield error(f"actions/{slug}", "does not say what it does: give it a docstring.")


def fields_of_payloads(destination: Destination[Any]) -> Findings:
    for slug, action in destination.actions.items():
        place = f"actions/{slug}/fields"
        yield from fields.described(place, action.payload)
        yield from fields.readable(place, action.payload)


def suggestions(destination: Destination[Any]) -> Findings:
    """Suggested triggers and mappings can be read in strict mode."""
    for slug, action in destination.actions.items():
        place = f"actions/{slug}"
        if action.trigger is not None:
            yield from readable_trigger(f"{place}/trigger", action.trigger)
        for key, value in action.payload.default_mapping().items():
            yield from readable_mapping(f"{place}/fields/{key}", {key: value})
            if not _is_directive(value):
                stored: Any = action.payload.stored_fields()[key]
                yield from fields.default(f"{place}/fields/{key}", {**stored, "default": value})


def readable_trigger(place: str, text: str) -> Findings:
    try:
        trigger.compile(text)
    except trigger.TriggerError as refusal:
        yield error(place, str(refusal))


def readable_mapping(place: str, stored: dict[str, mapping.Json]) -> Findings:
    try:
        mapping.compile(stored)
    except mapping.MappingError as refusal:
        yield error(place, str(refusal))


def _is_directive(value: mapping.Json) -> bool:
    return isinstance(value, dict) and any(str(key).startswith("@") for key in value)


def batches(destination: Destination[Any]) -> Findings:
    """Limits and keys of batches are possible ones (kit-behaviour 10.1)."""
    for slug, action in destination.actions.items():
        if (batch := action.batched) is None:
            continue
        place, declared = f"actions/{slug}/batch", action.payload.stored_fields()
        if batch.up_to < 1 or batch.up_to_bytes < 1:
            yield error(place, "up_to and up_to_bytes must be 1 or more.")
        elif not 1 <= batch.size <= batch.up_to:
            yield error(place, f"size must be from 1 to up_to, which is {batch.up_to}.")
        if len(batch.keys) > MOST_BATCH_KEYS or not declared.keys() >= set(batch.keys):
            yield error(place, f"keys must be at most {MOST_BATCH_KEYS} names of fields.")
        for name in _OF_BATCHES:
            if name in declared:
                yield error(f"actions/{slug}/fields/{name}", "comes with batch(…): leave it out.")


def sync_modes(destination: Destination[Any]) -> Findings:
    for slug, action in destination.actions.items():
        if (modes := action.sync_modes) and modes.default not in modes.choices:
            yield error(f"actions/{slug}/sync_modes", f"{modes.default!r} is none of its choices.")
        yield from _asked_modes(action)


def _asked_modes(action: Action[Any, Any]) -> Findings:
    """A field that is shown for a sync mode needs an action that has this mode."""
    offered = action.sync_modes.choices if action.sync_modes else {}
    for key, stored in action.payload.stored_fields().items():
        form: Any = stored
        for condition in (form.get("depends_on") or {}).get("conditions", ()):
            if condition.get("type") == "syncMode" and condition.get("value") not in offered:
                message = f"is shown for the sync mode {condition.get('value')}, which is none."
                yield error(f"actions/{action.slug}/fields/{key}", message)


def hooks(destination: Destination[Any]) -> Findings:
    for slug, action in destination.actions.items():
        for name, hook in action.hooks.items():
            place = f"actions/{slug}/hooks/{name}"
            outputs: Any = hook.outputs  # read from an annotation, which may say anything
            if not (isinstance(outputs, type) and issubclass(outputs, Fields)):
                yield error(place, "must be annotated to give a class of fields.")
                continue
            yield from fields.readable(f"{place}/inputs", hook.inputs)
            yield from fields.readable(f"{place}/outputs", hook.outputs)
