"""Sources of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import UNSET

from headgate.api.config.bodies import ChangedSource, NewSource
from headgate.api.config.calls import operation
from headgate.api.config.models import Nothing, Source, Sources
from headgate.api.config.names import (
    CATALOG_SOURCES,
    find_source,
    last_of,
    source_name,
    workspace_name,
)
from headgate.api.public.naming import named
from headgate.clock import iso
from headgate.control.nouns import labels, sources
from headgate.control.nouns.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.api.config.calls import Call
    from headgate.control.nouns.sources import Seen
    from headgate.control.work import Work

_NAMES: Final = {"slug": "name", "kind": "catalog_name", "name": "display_name"}
"""What a declaration file calls otherwise."""
_STAY: Final = object()


@operation("GET /workspaces/{workspace}/sources", Sources)
def list_sources(work: Work, call: Call) -> Sources:
    found = sources.listed(work, call.page.after, call.page.most).sources
    shown, token = call.page.cut(found, lambda each: each.source.number)
    return Sources(sources=[told(work, each) for each in shown], next_page_token=token)


@operation("GET /workspaces/{workspace}/sources/{source}", Source)
def get_source(work: Work, call: Call) -> Source:
    return told(work, find_source(work, call))


@operation("POST /workspaces/{workspace}/sources", Source, body=NewSource)
def create_source(work: Work, call: Call) -> Source:
    given = call.body.source
    wanted = {
        "slug": last_of(given.name, source_name(work, "").removesuffix("/"), "source.name"),
        "kind": last_of(given.catalog_name, CATALOG_SOURCES, "source.catalog_name"),
        "enabled": given.enabled is not False,
        **({"name": given.display_name} if given.display_name else {}),
    }
    with named(_NAMES, "source."):
        made = sources.create(work, wanted)
        if given.labels:
            _label(work, made.source.id, given.labels)
    return told(work, sources.get(work, made.source.id))


@operation(
    "PATCH /workspaces/{workspace}/sources/{source}", Source, body=ChangedSource, resource="source"
)
def update_source(work: Work, call: Call) -> Source:
    """Without a name for people a source is called by its slug."""
    seen = find_source(work, call)
    source = work.source(seen.source.id, "write")
    if not call.changes:
        return told(work, seen)
    changes = dict(call.changes)
    carried = changes.pop("labels", _STAY)
    if "display_name" in changes:
        changes["name"] = changes.pop("display_name") or source.slug
    if "enabled" in changes:
        changes["enabled"] = bool(changes["enabled"])
    with named(_NAMES, "source."):
        if changes:
            sources.update(work, source.id, changes)
        if carried is not _STAY:
            _label(work, source.id, carried or {})
    return told(work, sources.get(work, source.id))


@operation("DELETE /workspaces/{workspace}/sources/{source}", Nothing)
def delete_source(work: Work, call: Call) -> Nothing:
    sources.delete(work, find_source(work, call).source.id)
    return Nothing()


def _label(work: Work, source: str, given: Mapping[str, str]) -> None:
    labels.replace(work, source, [Label(*each) for each in given.items()])


def told(work: Work, seen: Seen) -> Source:
    source = seen.source
    return Source(
        name=source_name(work, source.slug),
        slug=source.slug,
        parent=workspace_name(work),
        id=source.id,
        display_name=source.name,
        enabled=source.enabled,
        catalog_name=f"{CATALOG_SOURCES}/{source.kind}",
        write_keys=list(seen.write_keys),
        labels=source.labels,
        create_time=iso(source.created_at) if source.created_at else UNSET,
    )
