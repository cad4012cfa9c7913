"""Sources of a workspace as a declaration has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headgate.control.importing_segment.slugs import Slugs, slug_of

if TYPE_CHECKING:
    from headgate.control.importing_segment.report import Notes
    from headgate.control.importing_segment.workspace import Source, Workspace

ANSWERS: Final = "compatible"
"""What clients that spoke to Segment know: 200 for events that are refused, too."""

_CLOUD = "Segment fetches its events from another tool; send them from your servers instead"
_MODELS = "it reads a warehouse (reverse ETL), for which Headgate has no engine"
_KEYLESS = "it has no write key, so that no client can send as this source"


def sources(workspace: Workspace, notes: Notes) -> dict[str, dict[str, Any]]:
    """By their ids at Segment; what could not be sources here is told."""
    slugs, found = Slugs(), {}
    read = {model.source_id for model in workspace.models}
    for source in workspace.sources:
        if why := _cannot_be(source, read):
            notes.leave_out("source", source.title, why)
        else:
            found[source.id] = _declared(source, slugs, notes)
    return found


def _cannot_be(source: Source, read_by_models: set[str]) -> str:
    if source.metadata.is_cloud_event_source:
        return _CLOUD
    if source.id in read_by_models:
        return _MODELS
    return "" if source.write_keys else _KEYLESS


def _declared(source: Source, slugs: Slugs, notes: Notes) -> dict[str, Any]:
    slug = slugs.take(slug_of(source.slug, "source"))
    if slug != source.slug:
        notes.change("slug of a source", source.slug, f"it is {slug} here", of=source.title)
    if said := [key for key, value in (source.settings or {}).items() if value]:
        why = "sources have no such setting here"
        notes.leave_out("setting", ", ".join(sorted(said)), why, of=f"source {slug}")
    return {
        "slug": slug,
        "name": source.title or slug,
        **({} if source.enabled else {"enabled": False}),
        "write_keys": list(dict.fromkeys(source.write_keys)),
        "answers": ANSWERS,
        "labels": {label.key: label.value for label in source.labels},
    }
