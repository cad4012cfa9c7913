"""Findings about browser destinations: what pages could not run, and what forms could not ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate import mapping, trigger
from headgate.kit import validation
from headgate.kit.findings import identity
from headgate.kit.findings.finding import error, warning
from headgate.mapping import page

if TYPE_CHECKING:
    from headgate.kit.browser import BrowserAction, BrowserDestination, StoredFields
    from headgate.kit.findings.finding import Finding, Findings


def browser_findings(destination: BrowserDestination) -> tuple[Finding, ...]:
    """Give everything that is wrong; errors break something, warnings are worth a look."""
    return (
        *identity.names(destination),
        *identity.documentation(destination),
        *identity.listing(destination),
        *_fields("settings", destination.settings),
        *(found for action in destination.actions.values() for found in _action(action)),
        *_plugin(destination),
    )


def _action(action: BrowserAction) -> Findings:
    place = f"actions/{action.slug}"
    if not action.title.strip():
        yield error(place, "has no title.")
    if not action.description.strip():
        yield error(place, "does not say what it does: give its class a docstring.")
    yield from _fields(f"{place}/fields", action.fields)
    if action.trigger is not None:
        yield from _trigger(f"{place}/trigger", action.trigger)
    yield from _mapping(f"{place}/fields", action.default_mapping())


def _fields(place: str, fields: StoredFields) -> Findings:
    """Every field says what it is for, and can be checked."""
    forms: dict[str, Any] = dict(fields)
    for key, form in forms.items():
        if not form.get("description", "").strip():
            yield error(f"{place}/{key}", "does not say what it is for: give it a help text.")
    try:
        validation.compile(validation.read(forms))
    except validation.DefinitionError as refusal:
        for fault in refusal.faults:
            yield error(place, fault)


def _trigger(place: str, text: str) -> Findings:
    """Pages run Segment's language, whatever else we know."""
    try:
        trigger.compile(text, "compatible")
    except trigger.TriggerError as refusal:
        yield error(place, str(refusal))


def _mapping(place: str, stored: dict[str, mapping.Json]) -> Findings:
    for fault in page.faults(stored):
        yield error(place, fault)
    try:
        mapping.compile(stored, "compatible")
    except mapping.MappingError as refusal:
        yield error(place, str(refusal))


def _plugin(destination: BrowserDestination) -> Findings:
    if not destination.plugin.is_file():
        yield warning("plugin", "is not built: npm ci && npm run build.")
