"""What a workspace comes to: the text of a declaration file, and the report beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.control.declaring.declaration import VERSION
from headgate.control.declaring.text import dump
from headgate.control.importing_segment.checking import checked
from headgate.control.importing_segment.connections import Connections
from headgate.control.importing_segment.guards import tell_schemas
from headgate.control.importing_segment.others import tell_others
from headgate.control.importing_segment.report import Notes, Report
from headgate.control.importing_segment.slugs import slug_of
from headgate.control.importing_segment.sources import sources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.control.catalogue import Catalogue
    from headgate.control.importing_segment.known import Known
    from headgate.control.importing_segment.workspace import Workspace


class Imported(NamedTuple):
    """`text` is a declaration that `headgate apply` reads."""

    text: str
    report: Report


def imported(workspace: Workspace, known: Known, catalogue: Catalogue) -> Imported:
    """Declare all that can be; the report tells the rest, thing by thing.

    Nothing is declared that `apply` would refuse for its form. A connection that would get more
    than it got at Segment, as a filter or the like could not come along, is off.
    """
    notes = Notes()
    declared, slug = sources(workspace, notes), slug_of(workspace.slug, "segment")
    tree = {
        "version": VERSION,
        "workspace": slug,
        "sources": [*declared.values()],
        "connections": Connections(workspace, declared, known, catalogue, notes).declared(),
    }
    titles = {source.id: source.title for source in workspace.sources}
    titles |= {destination.id: destination.title for destination in workspace.destinations}
    tell_schemas(workspace, titles, notes)
    tell_others(workspace, titles, notes)
    kept = checked(tree, catalogue, notes)
    there = {connection["slug"] for connection in kept["connections"]}
    on = {connection["slug"] for connection in kept["connections"] if connection["enabled"]}
    report = notes.report(slug, _counts(kept), there, on)
    off = {each.connection for each in report.switched_off}
    return Imported(dump(_off(kept, off)), report)


def _off(tree: Mapping[str, Any], slugs: set[str]) -> dict[str, Any]:
    connections = [
        {**each, "enabled": each["enabled"] and each["slug"] not in slugs}
        for each in tree["connections"]
    ]
    return {**tree, "connections": connections}


def _counts(tree: Mapping[str, Any]) -> dict[str, int]:
    connections = tree["connections"]
    return {
        "sources": len(tree["sources"]),
        "connections": len(connections),
        "subscriptions": sum(len(each["subscriptions"]) for each in connections),
        "filters": sum(len(each["filters"]) for each in connections),
    }
