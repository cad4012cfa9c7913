"""Sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.api.public.calls import SUCCESS, operation
from headgate.control.nouns import sources

if TYPE_CHECKING:
    from headgate.api.public.calls import Call
    from headgate.control.nouns.sources import Seen
    from headgate.control.work import Work


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


@operation("delete_source")
def delete_source(work: Work, call: Call) -> dict[str, Any]:
    sources.delete(work, call.path["sourceId"])
    return SUCCESS


def told(work: Work, seen: Seen) -> dict[str, Any]:
    """SourceV1."""
    source = seen.source
    return {
        "id": source.id,
        "slug": source.slug,
        "name": source.name,
        "workspaceId": work.workspace.id,
        "enabled": source.enabled,
        "writeKeys": list(seen.write_keys),
        "settings": {},
        "labels": [{"key": key, "value": value} for key, value in source.labels.items()],
    }
