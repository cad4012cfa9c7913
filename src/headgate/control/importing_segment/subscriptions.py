"""Subscriptions and filters of an instance as a declaration has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headgate.control.declaring.filter_section import LONGEST_TITLE, MOST_FILTERS
from headgate.control.importing_segment.settings import is_masked
from headgate.mapping.root import ROOT_DIRECTIVE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headgate.control.importing_segment.known import Ours
    from headgate.control.importing_segment.report import Notes
    from headgate.control.importing_segment.workspace import (
        Destination,
        Filter,
        FilterAction,
        Subscription,
    )

_WEB: Final = "WEB"
_MODEL = "it sends what a model of reverse ETL finds, for which Headgate has no engine"
_MASKED = (
    "Segment masks a value in its mapping: write the subscription into the file, with the value"
)
_FIELDS: Final = {
    "SAMPLE": ("percent", "path"),
    "DROP_PROPERTIES": ("fields",),
    "ALLOW_PROPERTIES": ("fields",),
}
"""What Segment says of other actions means nothing."""


def assigned(
    destination: Destination, subscriptions: Sequence[Subscription], ours: Sequence[Ours], of: str
) -> tuple[dict[str, list[Subscription]], list[tuple[Subscription, str]]]:
    """By mode, those that one of ours has the action for; and the others, each with its reason."""
    platforms = {action.slug: action.platform for action in destination.metadata.actions}
    taken: dict[str, list[Subscription]] = {each.mode: [] for each in ours}
    others = []
    for subscription in subscriptions:
        slug = subscription.action_slug
        able = [each.mode for each in ours if slug in each.unmapped]
        if subscription.model_id:
            others.append((subscription, _MODEL))
        elif is_masked(subscription.settings):
            others.append((subscription, _MASKED))
        elif not able:
            others.append((subscription, f"{of} has no action {slug!r} here"))
        else:
            wished = "device" if platforms.get(slug) == _WEB else "cloud"
            taken[wished if wished in able else able[0]].append(subscription)
    return taken, others


def declared_subscription(subscription: Subscription, ours: Ours) -> dict[str, Any]:
    """Its mapping says of every field what Segment does, as `apply` suggests what is not said."""
    given = subscription.settings or {}
    is_whole = ROOT_DIRECTIVE in given or any(key.startswith("@") for key in given)
    unmapped = {} if is_whole else ours.unmapped[subscription.action_slug]
    return {
        "name": subscription.name or subscription.action_slug,
        "action": subscription.action_slug,
        "enabled": subscription.enabled,
        "fql": "compatible",
        "trigger": subscription.trigger,
        "mapping": {**given, **{key: no for key, no in unmapped.items() if key not in given}},
    }


def declared_filters(filters: Sequence[Filter], slug: str, notes: Notes) -> list[dict[str, Any]]:
    """As many as there may be, each with a title of its own."""
    for each in filters[MOST_FILTERS:]:
        why = f"a connection has at most {MOST_FILTERS} filters"
        notes.leave_out("filter", each.title, why, of=slug)
        if each.enabled:
            notes.switch_off(slug, f"filter {each.title!r} is missing: {why}")
    declared: list[dict[str, Any]] = []
    for each in filters[:MOST_FILTERS]:
        title = _title(each, {other["title"] for other in declared})
        if title != each.title:
            notes.change("title of a filter", each.title, f"it is {title!r} here", of=slug)
        declared.append(_declared_filter(each, title))
    return declared


def _declared_filter(found: Filter, title: str) -> dict[str, Any]:
    return {
        "id": found.id,
        "title": title,
        **({"description": found.description} if found.description else {}),
        "if": found.condition,
        "actions": [_action(action) for action in found.actions],
        "enabled": found.enabled,
    }


def _title(found: Filter, taken: set[str]) -> str:
    title, number = found.title[:LONGEST_TITLE] or "Filter", 1
    while title in taken:
        number += 1
        ending = f" ({number})"
        title = (found.title or "Filter")[: LONGEST_TITLE - len(ending)] + ending
    return title


def _action(action: FilterAction) -> dict[str, Any]:
    said = {"fields": action.fields, "percent": action.percent, "path": action.path or None}
    kept = _FIELDS.get(action.type, ())
    return {
        "type": action.type,
        **{key: value for key, value in said.items() if key in kept and value is not None},
    }
