"""The catalogue of sources: the kinds that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.api.public.calls import operation
from headgate.control.errors import Missing
from headgate.control.source_kinds import SOURCE_KINDS, source_kind

if TYPE_CHECKING:
    from headgate.api.public.calls import Call
    from headgate.control.source_kinds import SourceKind
    from headgate.control.work import Work


@operation("get_sources_catalog")
def get_sources_catalog(work: Work, call: Call) -> dict[str, Any]:
    work.check_somewhere("read", "workspace")
    kinds = list(enumerate(SOURCE_KINDS.values(), 1))
    page = kinds[call.page.after or 0 :][: call.page.most]
    return {
        "sourcesCatalog": [told(kind) for _, kind in page],
        "pagination": call.page.answer(page, lambda each: each[0], len(kinds)),
    }


@operation("get_source_metadata")
def get_source_metadata(work: Work, call: Call) -> dict[str, Any]:
    """By its id, and by its slug."""
    work.check_somewhere("read", "workspace")
    name = call.path["sourceMetadataId"]
    kind = source_kind(name)
    if kind is None:
        raise Missing(f"there is no kind of source {name}")
    return {"sourceMetadata": told(kind)}


def told(kind: SourceKind) -> dict[str, Any]:
    """SourceMetadataV1; there are no logos."""
    return {
        "id": kind.id,
        "name": kind.name,
        "slug": kind.slug,
        "description": kind.description,
        "logos": {"default": ""},
        "options": [],
        "categories": [kind.category],
        "isCloudEventSource": False,
        "status": "PUBLIC",
    }
