"""Reads a connection of the declaration file and checks it against the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from headgate.control.catalogue import WrongMode, text_fault
from headgate.control.declaring.declared import (
    DeclaredConnection,
    DeclaredSubscription,
    Plain,
    Reference,
)
from headgate.control.declaring.filter_section import read_consent, read_filters
from headgate.control.declaring.reading import SLUG, Section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.control.catalogue import ActionEntry, Catalogue, DestinationEntry
    from headgate.store.snapshot import Language, Mode

ORDERINGS = ("per_user", "strict", "none")
"""The first is what a connection has that says nothing (reliability section 5, order)."""

_ROOT_DIRECTIVE = "__segment_internal_directive"

_KEYS = (
    "slug",
    "name",
    "source",
    "destination",
    "enabled",
    "mode",
    "ordering",
    "settings",
    "filters",
    "consent",
    "subscriptions",
)


def read_connection(section: Section, catalogue: Catalogue) -> DeclaredConnection:
    section.allow(*_KEYS)
    slug = section.text("slug", like=SLUG)
    entry = _destination(section, catalogue)
    return DeclaredConnection(
        slug=slug,
        name=section.text("name", slug or "?"),
        source=section.text("source", like=SLUG),
        destination=str(section.any("destination")),
        enabled=section.flag("enabled", default=True),
        mode=entry.mode if entry else "cloud",
        ordering=section.choice("ordering", of=ORDERINGS),
        settings=_settings(section, slug, entry),
        filters=read_filters(section, slug, entry.mode if entry else "cloud"),
        consent=read_consent(section),
        subscriptions=tuple(
            read_subscription(each, entry, catalogue) for each in section.sections("subscriptions")
        ),
    )


def _destination(section: Section, catalogue: Catalogue) -> DestinationEntry | None:
    slug, mode = section.text("destination"), _mode(section)
    if not slug:
        return None
    try:
        return catalogue.destination(slug, mode)
    except LookupError as error:
        section.refuse(str(error), "mode" if isinstance(error, WrongMode) else "destination")
        return None


def _mode(section: Section) -> Mode | None:
    """What is said; without it the destination decides."""
    if not section.has("mode"):
        return None
    return cast("Mode", section.choice("mode", of=("cloud", "device")))


def _settings(section: Section, slug: str, entry: DestinationEntry | None) -> dict[str, Any]:
    given = section.object("settings")
    if entry is None:
        return {}
    read = {field: _setting(section, slug, entry, field) for field in given}
    told = not any(isinstance(value, Reference) for value in read.values())
    if told and (fault := settings_fault(entry, given)):
        section.refuse(fault, "settings")
    return read


def settings_fault(entry: DestinationEntry, values: Mapping[str, Any]) -> str | None:
    """What keeps the destination from using these settings, in plain text, if anything."""
    try:
        entry.check_settings(values)
    except ValueError as error:
        return str(error)
    return None


def _setting(section: Section, slug: str, entry: DestinationEntry, field: str) -> Any:
    """A value as it is, or what stands for a secret's value."""
    value = section.object("settings")[field]
    path = ("settings", field)
    is_secret = field in entry.secrets
    if not (isinstance(value, dict) and {"@secret", "@sealed"} & value.keys()):
        if field in entry.texts and (fault := text_fault(value)):
            section.refuse(fault, *path)
        return Plain(value) if is_secret and value is not None else value
    own = f"{slug}.{field}"
    if not is_secret:
        section.refuse("is no secret: write its value here", *path)
    elif value != {"@secret": own}:
        section.refuse(f'must be the value, or {{"@secret": "{own}"}}, its own name', *path)
    return Reference(own)


def read_subscription(
    section: Section, entry: DestinationEntry | None, catalogue: Catalogue
) -> DeclaredSubscription:
    section.allow("name", "action", "enabled", "fql", "trigger", "mapping")
    slug = section.text("action")
    action = _action(section, slug, entry)
    fql = _language(section, entry)
    return DeclaredSubscription(
        name=section.text("name", slug or "?"),
        action=slug,
        enabled=section.flag("enabled", default=True),
        fql=fql,
        trigger=_trigger(section, action, catalogue, fql) if action else "",
        mapping=_mapping(section, entry, action, catalogue, fql) if entry and action else {},
    )


def _language(section: Section, entry: DestinationEntry | None) -> Language:
    """Pages run triggers and mappings themselves, and they know Segment's languages only."""
    if entry is None or entry.mode == "cloud":
        return cast("Language", section.choice("fql", of=("strict", "compatible")))
    if section.any("fql") == "strict":
        section.refuse("pages know compatible only: write that, or leave fql out", "fql")
    else:
        section.choice("fql", of=("compatible",))
    return "compatible"


def _action(section: Section, slug: str, entry: DestinationEntry | None) -> ActionEntry | None:
    if entry is None or not slug:
        return None
    if slug not in entry.actions:
        section.refuse(f"unknown action {slug!r}; there is {', '.join(entry.actions)}", "action")
    return entry.actions.get(slug)


def _trigger(section: Section, action: ActionEntry, catalogue: Catalogue, fql: Language) -> str:
    if action.trigger is None and not section.has("trigger"):
        section.refuse("is missing, and the action suggests none", "trigger")
        return ""
    text = section.text("trigger", action.trigger)
    if not text:
        return ""
    try:
        catalogue.check_trigger(text, fql)
    except ValueError as error:
        section.refuse(str(error), "trigger")
    return text


def _mapping(
    section: Section,
    entry: DestinationEntry,
    action: ActionEntry,
    catalogue: Catalogue,
    fql: Language,
) -> dict[str, Any]:
    """What is given, over the defaults of the action: later, nothing is added any more."""
    given = section.object("mapping")
    mapping = given if _is_directive(given) else {**action.mapping, **given}
    try:
        if entry.mode == "device":
            catalogue.check_page_mapping(mapping)
        else:
            catalogue.check_mapping(mapping, fql)
    except ValueError as error:
        section.refuse(str(error), "mapping")
    return mapping


def _is_directive(mapping: Mapping[str, Any]) -> bool:
    """Whether the mapping as a whole is computed, so that it has no keys to fill."""
    return any(key.startswith("@") or key == _ROOT_DIRECTIVE for key in mapping)
