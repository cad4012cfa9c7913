"""The catalogue of destinations, in the shape that clients of Segment know."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from headgate.api.public.calls import operation
from headgate.control.nouns import destinations
from headgate.kit import BrowserDestination

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headgate.api.public.calls import Call
    from headgate.control.nouns.destinations import Entry
    from headgate.control.work import Work
    from headgate.kit.browser import BrowserAction
    from headgate.kit.destination import Action

_METHODS: Final = {
    "pageview": "page",
    "identify": "identify",
    "alias": "alias",
    "track": "track",
    "group": "group",
}
"""Segment's names for the kinds of events; it has none for `screen` here."""
_PLATFORMS: Final = ("browser", "server", "mobile", "warehouse")
_COMPONENTS: Final = {"cloud": "SERVER", "device": "BROWSER"}
_FEATURES: Final = {
    "cloud": {"cloudModeInstances": "MULTIPLE", "deviceModeInstances": "NONE", "replay": True},
    "device": {"cloudModeInstances": "NONE", "deviceModeInstances": "SINGLE", "replay": False},
}
_GREY: Final = "#6b7280"
_LOGO: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
    '<rect width="64" height="64" rx="12" fill="{colour}"/>'
    '<text x="32" y="42" font-family="sans-serif" font-size="28" font-weight="600"'
    ' text-anchor="middle" fill="#fff">{letters}</text></svg>'
)


@operation("get_destinations_catalog")
def get_destinations_catalog(work: Work, call: Call) -> dict[str, Any]:
    found = destinations.listed(work, call.page.after, call.page.most)
    return {
        "destinationsCatalog": [metadata(each) for each in found.entries],
        "pagination": call.page.answer(found.entries, destinations.place, found.total),
    }


@operation("get_destination_metadata")
def get_destination_metadata(work: Work, call: Call) -> dict[str, Any]:
    entry = destinations.get(work, call.path["destinationMetadataId"])
    return {"destinationMetadata": metadata(entry)}


@cache
def metadata(entry: Entry) -> dict[str, Any]:
    """DestinationMetadataV1, made once: nobody may change what it gives."""
    declared, listing = entry.declared, entry.declared.listing
    return {
        "id": entry.id,
        "slug": entry.slug,
        "name": declared.name,
        "description": declared.description,
        "website": listing.website,
        "status": listing.status,
        "previousNames": list(listing.previous_names),
        "categories": list(listing.categories),
        "logos": {"default": logo(declared.name, listing.glyph)},
        "options": [option(name, form) for name, form in entry.settings().items()],
        "components": [{"type": _COMPONENTS[entry.mode], "code": ""}],
        "supportedFeatures": _FEATURES[entry.mode],
        "supportedMethods": {name: call in listing.calls for name, call in _METHODS.items()},
        "supportedPlatforms": _platforms(entry),
        "actions": list(_actions(entry)),
        "presets": [_preset(entry, each) for each in entry.presets()],
    }


def unavailable(slug: str, mode: str) -> dict[str, Any]:
    """DestinationMetadataV1 of a connection's destination whose package is gone."""
    return {
        "id": slug,
        "slug": slug,
        "name": slug,
        "description": "This destination is not installed: install its package again.",
        "website": "",
        "status": "UNAVAILABLE",
        "previousNames": [],
        "categories": [],
        "logos": {"default": logo(slug, None)},
        "options": [],
        "components": [{"type": _COMPONENTS[mode], "code": ""}],
        "supportedFeatures": {},
        "supportedMethods": {},
        "supportedPlatforms": {},
        "actions": [],
        "presets": [],
    }


def logo(name: str, glyph: tuple[str, str] | None) -> str:
    """The address of a drawing: one or two letters on a colour."""
    letters, colour = glyph or (name[:1].upper(), _GREY)
    drawn = _LOGO.format(letters=letters.replace("&", "&amp;").replace("<", "&lt;"), colour=colour)
    return f"data:image/svg+xml,{quote(drawn)}"


def _platforms(entry: Entry) -> dict[str, bool]:
    """A plugin runs in pages and nowhere else, whatever its listing says."""
    sources = ("browser",) if entry.mode == "device" else entry.declared.listing.sources
    return {name: name in sources for name in _PLATFORMS}


def option(name: str, form: Mapping[str, Any]) -> dict[str, Any]:
    """IntegrationOptionBeta."""
    told = {
        "name": name,
        "type": "array" if form.get("multiple") else form["type"],
        "required": form.get("required") is True,
        "label": form.get("label"),
        "description": form.get("description"),
        "defaultValue": form.get("default"),
    }
    return {key: value for key, value in told.items() if value is not None}


def _actions(entry: Entry) -> Iterator[dict[str, Any]]:
    declared = entry.declared
    if isinstance(declared, BrowserDestination):
        for plugged in declared.actions.values():
            yield _action(entry, plugged, plugged.fields, "WEB")
        return
    for action in declared.actions.values():
        yield _action(entry, action, action.stored_fields(), action.platform.upper())


def _action(
    entry: Entry,
    action: Action[Any, Any] | BrowserAction,
    fields: Mapping[str, Any],
    platform: str,
) -> dict[str, Any]:
    """DestinationMetadataActionV1."""
    return {
        "id": entry.action_id(action.slug),
        "slug": action.slug,
        "name": action.title,
        "description": action.description,
        "platform": platform,
        "hidden": action.is_hidden,
        "defaultTrigger": action.trigger,
        "fields": [
            {
                "id": entry.field_id(action.slug, key),
                "sortOrder": order,
                "fieldKey": key,
                **_field(key, form),
            }
            for order, (key, form) in enumerate(fields.items())
        ],
    }


def _field(key: str, form: Mapping[str, Any]) -> dict[str, Any]:
    """DestinationMetadataActionFieldV1; what is required on a condition only is not required."""
    told = {
        "label": form.get("label", key),
        "type": form["type"].upper(),
        "description": form.get("description", ""),
        "placeholder": form.get("placeholder"),
        "defaultValue": form.get("default"),
        "required": form.get("required") is True,
        "multiple": form.get("multiple", False),
        "choices": form.get("choices"),
        "dynamic": form.get("dynamic", False),
        "allowNull": form.get("allowNull", False),
        "hidden": form.get("unsafe_hidden", False),
    }
    return {name: value for name, value in told.items() if value is not None}


def _preset(entry: Entry, preset: Mapping[str, Any]) -> dict[str, Any]:
    """DestinationMetadataSubscriptionPresetV1."""
    return {
        "actionId": entry.action_id(preset["action"]),
        "name": preset["name"],
        "fields": preset["mapping"],
        "trigger": preset["trigger"],
    }
