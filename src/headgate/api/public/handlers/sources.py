"""Sources, their write keys, and what they do without a tracking plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headgate.api.public.calls import SUCCESS, operation
from headgate.api.public.handlers.destinations import told as told_connection
from headgate.api.public.handlers.source_catalog import told as told_kind
from headgate.api.public.naming import named
from headgate.control.errors import Invalid, Problem
from headgate.control.nouns import connections, schema_settings, sources, write_keys
from headgate.control.source_kinds import SOURCE_KINDS, source_kind

if TYPE_CHECKING:
    from headgate.api.public.calls import Call
    from headgate.control.nouns.sources import Seen
    from headgate.control.work import Work

_WITHOUT_EFFECT: Final = {
    "settings": ({}, "sources have no settings here: leave them empty"),
    "disconnectAllWarehouses": (
        True,
        "no warehouse is connected by itself: leave it out, and connect each one",
    ),
}
"""What says only what is so anyway, and why nothing else can be."""


@operation("list_sources")
def list_sources(work: Work, call: Call) -> dict[str, Any]:
    found = sources.listed(work, call.page.after, call.page.most)
    return {
        "sources": [told(work, each) for each in found.sources],
        "pagination": call.page.answer(found.sources, lambda each: each.source.number, found.total),
    }


@operation("get_source")
def get_source(work: Work, call: Call) -> dict[str, Any]:
    return {
        "source": told(work, sources.get(work, call.path["sourceId"])),
        "trackingPlanId": None,
    }


@operation("create_source")
def create_source(work: Work, call: Call) -> dict[str, Any]:
    _refuse_without_effect(call.body)
    asked = call.body["metadataId"]
    kind = source_kind(asked)
    with named({"kind": "metadataId"}):
        made = sources.create(work, {**_own(call.body), "kind": kind.slug if kind else asked})
    return {"source": told(work, made)}


@operation("update_source")
def update_source(work: Work, call: Call) -> dict[str, Any]:
    _refuse_without_effect(call.body)
    return {"source": told(work, sources.update(work, call.path["sourceId"], _own(call.body)))}


@operation("delete_source")
def delete_source(work: Work, call: Call) -> dict[str, Any]:
    sources.delete(work, call.path["sourceId"])
    return SUCCESS


@operation("create_write_key_for_source")
def create_write_key_for_source(work: Work, call: Call) -> dict[str, Any]:
    return {"source": told(work, write_keys.add(work, call.path["sourceId"]))}


@operation("remove_write_key_from_source")
def remove_write_key_from_source(work: Work, call: Call) -> dict[str, Any]:
    write_keys.remove(work, call.path["sourceId"], call.path["writeKey"])
    return SUCCESS


@operation("list_schema_settings_in_source")
def list_schema_settings_in_source(work: Work, call: Call) -> dict[str, Any]:
    source = call.path["sourceId"]
    return {"sourceId": source, "settings": schema_settings.get(work, source)}


@operation("update_schema_settings_in_source")
def update_schema_settings_in_source(work: Work, call: Call) -> dict[str, Any]:
    source = call.path["sourceId"]
    return {"sourceId": source, "settings": schema_settings.update(work, source, call.body)}


@operation("list_connected_destinations_from_source")
def list_connected_destinations_from_source(work: Work, call: Call) -> dict[str, Any]:
    page = call.page
    found = connections.listed(work, page.after, page.most, source=call.path["sourceId"])
    return {
        "destinations": [told_connection(work, each) for each in found.connections],
        "pagination": page.answer(found.connections, lambda each: each.number, found.total),
    }


def told(work: Work, seen: Seen) -> dict[str, Any]:
    """SourceV1, and SourceAlpha."""
    source = seen.source
    return {
        "id": source.id,
        "slug": source.slug,
        "name": source.name,
        "metadata": told_kind(SOURCE_KINDS[source.kind]),
        "workspaceId": work.workspace.id,
        "enabled": source.enabled,
        "writeKeys": list(seen.write_keys),
        "settings": {},
        "labels": [{"key": key, "value": value} for key, value in source.labels.items()],
    }


def _own(given: dict[str, Any]) -> dict[str, Any]:
    """What is called the same in the declaration file."""
    return {key: given[key] for key in ("slug", "name", "enabled") if key in given}


def _refuse_without_effect(given: dict[str, Any]) -> None:
    problems = [
        Problem(field, why)
        for field, (only, why) in _WITHOUT_EFFECT.items()
        if given.get(field, only) != only
    ]
    if problems:
        raise Invalid(problems)
