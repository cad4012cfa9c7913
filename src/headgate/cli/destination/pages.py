"""The reference page of a destination, made from its declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.mapping import read
from headgate.markdown import part, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from headgate.kit import Action, Destination, Fields
    from headgate.kit.destination import Batch
    from headgate.mapping import Json

_SCHEMES = {
    "custom": "the settings below",
    "basic": "HTTP Basic authentication with the settings below",
    "oauth2": "OAuth 2",
    "oauth-managed": "OAuth 2, with a client that the maker of the destination manages",
}
_SHOWN_CHOICES = 12
_SETTINGS = ("name", "type", "required", "default", "meaning")
_FIELDS = ("field", "type", "required", "suggested mapping", "meaning")


def page(destination: Destination[Any]) -> str:
    """Write the page, in Markdown; values of secrets are never part of a declaration."""
    lines = [
        f"# {destination.name}",
        "",
        f"Generated from its declaration by `headgate destination docs {destination.slug}`.",
        *(["", destination.description] if destination.description else []),
        "",
        *table(("", ""), _facts(destination)),
        *_settings("Settings", destination.settings),
        *_audiences(destination),
        *(line for action in destination.actions.values() for line in _action(action)),
        *_presets(destination),
    ]
    return "\n".join(lines) + "\n"


def _facts(destination: Destination[Any]) -> Iterator[tuple[str, str]]:
    listing = destination.listing
    yield "slug", _code(destination.slug)
    yield "its API", f"<{destination.docs}>"
    if listing.website:
        yield "website", f"<{listing.website}>"
    if listing.categories:
        yield "categories", ", ".join(listing.categories)
    yield "status", listing.status.lower().replace("_", " ")
    yield "calls", ", ".join(listing.calls)
    yield "access", _SCHEMES[destination.scheme]
    yield "credentials are checked", _yes(destination.check_credentials)
    yield "people can be deleted", _yes(destination.forget_user)


def _settings(title: str, fields: type[Fields]) -> Iterator[str]:
    yield from ("", f"## {title}", "")
    rows = list(_rows(fields.stored_fields(), fields.stored_secrets()))
    yield from table(_SETTINGS, rows) if rows else ["None."]


def _audiences(destination: Destination[Any]) -> Iterator[str]:
    audiences = destination.audiences
    if audiences is None:
        return
    mode = audiences.mode
    runs = {"realtime": "follow each event", "synced": "are brought up to date in runs"}[mode.name]
    made = "can be made from here" if audiences.create else "are made at the destination"
    yield from _settings("Audiences", audiences.settings)
    yield from (
        "",
        f"Audiences {runs}{', each with everyone' if mode.is_full else ''}; they {made}.",
    )


def _action(action: Action[Any, Any]) -> Iterator[str]:
    yield from ("", f"## {action.title}", "", f"Action {_code(action.slug)}.")
    if action.description:
        yield from ("", action.description)
    if action.is_hidden:
        yield from ("", "It is not offered for new subscriptions.")
    if action.trigger:
        yield from ("", f"Suggested trigger: {_code(action.trigger)}")
    rows = list(_rows(action.payload.stored_fields(), action.payload.stored_secrets()))
    yield from ("", *(table(_FIELDS, rows) if rows else ["It has no fields."]))
    if action.batched is not None:
        yield from ("", _batch(action.batched))
    if action.sync_modes is not None:
        modes = action.sync_modes
        choices = ", ".join(f"{_code(mode)} ({label})" for mode, label in modes.choices.items())
        yield from ("", f"{modes.label}: {choices}; {_code(modes.default)} unless told otherwise.")
    for hook in action.hooks.values():
        yield from ("", f"When a mapping is saved ({_code(hook.name)}): {hook.label}.")


def _batch(batch: Batch[Any, Any]) -> str:
    keys = ", ".join(map(_code, batch.keys))
    alike = f" Only events with the same {keys} come together." if keys else ""
    usual = "on" if batch.is_default else "off"
    return (
        f"Batches: at most {batch.up_to:,} events and {batch.up_to_bytes:,} bytes in one request;"
        f" {usual} unless told otherwise.{alike}"
    )


def _presets(destination: Destination[Any]) -> Iterator[str]:
    if not destination.presets:
        return
    rows = (
        (each.name, _code(each.action), _code(each.trigger or each.event_slug or ""))
        for each in destination.presets
    )
    yield from part("Presets", "", ("preset", "action", "when"), rows)


def _rows(
    fields: dict[str, Json], secrets: Iterable[str] = (), prefix: str = ""
) -> Iterator[tuple[str, ...]]:
    """Give a row for each field, those inside objects after their own."""
    for key, stored in fields.items():
        form: Any = stored
        secret = " Secret." if key in secrets else ""
        label = f"{form['label']}. {form.get('description', '')}".rstrip() + secret
        default = _code(_expression(form["default"])) if "default" in form else ""
        yield _code(f"{prefix}{key}"), _type(form), _required(form.get("required")), default, label
        inner = f"{prefix}{key}[]." if form.get("multiple") else f"{prefix}{key}."
        yield from _rows(form.get("properties", {}), (), inner)


def _type(form: Any) -> str:
    kind = {"string": "text", "password": "text", "integer": "whole number"}.get(
        form["type"], form["type"]
    )
    if form.get("format"):
        kind = f"{kind} ({form['format']})"
    if values := [_code(str(choice["value"])) for choice in form.get("choices") or ()]:
        shown = ", ".join(values[:_SHOWN_CHOICES])
        kind = shown if len(values) <= _SHOWN_CHOICES else f"one of {len(values)}: {shown}, …"
    if form.get("dynamic"):
        kind = f"{kind}, with suggestions"
    return f"list of {kind}" if form.get("multiple") else kind


def _required(required: Any) -> str:
    if not isinstance(required, dict):
        return "yes" if required else ""
    word = " and " if required["match"] == "all" else " or "
    return "if " + word.join(map(_condition, required["conditions"]))


def _condition(condition: Any) -> str:
    subject = _code(condition["fieldKey"]) if "fieldKey" in condition else "the sync mode"
    verb = "is" if condition["operator"] == "is" else "is not"
    if "value" not in condition:
        return f"{subject} {verb} empty"
    return f"{subject} {verb} {_code(str(condition['value']))}"


def _expression(stored: Json) -> str:
    """Write what a mapping takes from an event as an author writes it."""
    return repr(read(stored))


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}" if text else ""


def _yes(function: object) -> str:
    return "yes" if function is not None else "no"
