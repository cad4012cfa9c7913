"""Reads the filters and the consent categories of a connection (domain section 11)."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from headgate import trigger
from headgate.clock import iso
from headgate.events.times import parse_ms
from headgate.route.shaping import OWNED

if TYPE_CHECKING:
    from headgate.control.declaring.reading import Section
    from headgate.store.snapshot import Mode

MOST_FILTERS = 10
LONGEST_TITLE = 64
MOST_CATEGORIES = 100

_TIMES = ("createdAt", "updatedAt")
_KEYS = ("id", "title", "description", "if", "actions", "enabled", *_TIMES)
_ACTION_KEYS = {
    "DROP": ("type",),
    "SAMPLE": ("type", "percent", "path"),
    "DROP_PROPERTIES": ("type", "fields"),
    "ALLOW_PROPERTIES": ("type", "fields"),
}


def read_filters(section: Section, slug: str, mode: Mode) -> list[dict[str, Any]]:
    """Filters as they are stored, in Segment's shape.

    A filter without an id gets one of the connection's slug and its title, so that the same file
    always means the same sample. Times are kept where they are told; without them a filter is as
    old as its connection.
    """
    filters = [_filter(each, slug, mode) for each in section.sections("filters")]
    if len(filters) > MOST_FILTERS:
        section.refuse(f"has {len(filters)} filters; at most {MOST_FILTERS} are allowed", "filters")
    for key in ("id", "title"):
        _refuse_twice(section, [each[key] for each in filters], key)
    return filters


def read_consent(section: Section) -> list[str]:
    """The categories of consent that the connection needs, all of them."""
    categories = section.items("consent")
    if len(categories) > MOST_CATEGORIES:
        section.refuse(f"has more than {MOST_CATEGORIES} categories", "consent")
    for index, category in enumerate(categories):
        if not isinstance(category, str) or not category:
            section.refuse("must be the id of a category, a text", "consent", index)
        elif category in categories[:index]:
            section.refuse(f"{category!r} comes twice", "consent", index)
    return [each for each in categories if isinstance(each, str)]


def _refuse_twice(section: Section, values: list[str], key: str) -> None:
    for index, value in enumerate(values):
        if value and value in values[:index]:
            section.refuse(f"another filter of this connection has it: {value!r}", *_at(index, key))


def _at(index: int, key: str) -> tuple[str | int, ...]:
    return ("filters", index, key)


def _filter(section: Section, slug: str, mode: Mode) -> dict[str, Any]:
    section.allow(*_KEYS)
    title = section.text("title")
    if len(title) > LONGEST_TITLE:
        section.refuse(f"has {len(title)} characters; at most {LONGEST_TITLE} fit", "title")
    given = {"description": section.text("description")} if section.has("description") else {}
    return {
        "id": section.text("id", new_filter_id(slug, title)),
        "title": title,
        **given,
        "if": _condition(section, mode),
        "actions": _actions(section, mode),
        "enabled": section.flag("enabled", default=True),
        **{key: _time(section, key) for key in _TIMES if section.has(key)},
    }


def _time(section: Section, key: str) -> str:
    text = section.text(key)
    ms = parse_ms(text)
    if text and ms is None:
        section.refuse(f"{text!r} is no time such as 2026-11-22T07:20:32.663Z", key)
    return "" if ms is None else iso(ms)


def new_filter_id(slug: str, title: str) -> str:
    """The id of a filter that was given none."""
    return f"flt_{blake2b(f'{slug}/{title}'.encode(), digest_size=10).hexdigest()}"


def _condition(section: Section, mode: Mode) -> str:
    text = section.text("if")
    if not text:
        return ""
    try:
        trigger.compile(text)
        if mode == "device":
            trigger.for_pages(text)
    except trigger.TriggerError as error:
        section.refuse(str(error), "if")
    return text


def _actions(section: Section, mode: Mode) -> list[dict[str, Any]]:
    actions = [_action(each, mode) for each in section.sections("actions")]
    if not actions:
        section.refuse("must have an action: what is to become of the events?", "actions")
    return actions


def _action(section: Section, mode: Mode) -> dict[str, Any]:
    kind = section.text("type")
    if kind not in _ACTION_KEYS:
        if kind:
            section.refuse(f"must be one of {', '.join(_ACTION_KEYS)}, not {kind!r}", "type")
        return {}
    section.allow(*_ACTION_KEYS[kind])
    if kind == "SAMPLE":
        path = {"path": section.text("path")} if section.has("path") else {}
        return {"type": kind, "percent": _percent(section), **path}
    return {"type": kind} if kind == "DROP" else {"type": kind, "fields": _fields(section, mode)}


def _percent(section: Section) -> float:
    percent = section.any("percent")
    if isinstance(percent, bool) or not isinstance(percent, int | float) or not 0 <= percent <= 1:
        section.refuse("must be a number from 0 to 1: the share that is sent", "percent")
        return 0
    return percent


def _fields(section: Section, mode: Mode) -> dict[str, list[str]]:
    """Keys by the dotted path of the object that has them; the empty path is the event itself."""
    fields = section.object("fields")
    if section.any("fields") in (None, {}):
        section.refuse("must name keys: {properties: [card]}, or {context: [ip]}", "fields")
    for path, keys in fields.items():
        if not isinstance(keys, list) or not all(isinstance(key, str) and key for key in keys):
            section.refuse("must be a list of keys, which are texts", "fields", path)
        elif path == "" and (own := OWNED.intersection(keys)):
            section.refuse(f"the server itself writes {', '.join(sorted(own))}", "fields", path)
        elif mode == "device" and "\\" in path:
            section.refuse("pages know no keys with dots in them", "fields", path)
    return fields
