"""Resource names: `workspaces/w/sources/s/destinations/d/filters/f`, each below its parent's.

Workspaces and sources go by their slugs, filters by their ids. A destination goes by the slug of
its entry in the catalogue, as at Segment, while the source has no other connection to it and none
of its connections has that slug; else by the connection's own slug, which always finds it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from headgate.control.errors import Invalid, Missing, Problem
from headgate.control.nouns import connections, sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headgate.api.config.calls import Call
    from headgate.control.nouns.sources import Seen
    from headgate.control.work import Work
    from headgate.store.records import ConnectionRecord

CATALOG_SOURCES, CATALOG_DESTINATIONS = "catalog/sources", "catalog/destinations"
_ALL = 1_000_000


class Place(NamedTuple):
    """A connection with the name that it goes by now; `asked` is the one that it was found by."""

    connection: ConnectionRecord
    parent: str
    slug: str
    asked: str

    @property
    def name(self) -> str:
        return below(self.parent, "destinations", self.slug)


def below(parent: str, collection: str, last: str) -> str:
    return f"{parent}/{collection}/{last}"


def workspace_name(work: Work) -> str:
    return f"workspaces/{work.workspace.slug}"


def source_name(work: Work, slug: str) -> str:
    return below(workspace_name(work), "sources", slug)


def last_of(name: str, prefix: str, field: str) -> str:
    """What stands behind `prefix/` in a name that was given in a field. Raises Invalid."""
    last = name.removeprefix(f"{prefix}/")
    if last == name or not last or "/" in last:
        raise Invalid([Problem(field, f"must be a name such as {prefix}/...")])
    return last


def find_source(work: Work, call: Call) -> Seen:
    """The source that a path names. Raises Missing."""
    return sources.named(work, call.path["source"])


def places(work: Work, seen: Seen) -> list[Place]:
    """The connections of a source, by number, under their names."""
    found = connections.listed(work, None, _ALL, source=seen.source.id).connections
    parent = source_name(work, seen.source.slug)
    slugs = destination_slugs(found)
    return [Place(each, parent, slugs[each.id], slugs[each.id]) for each in found]


def find_destination(work: Work, call: Call) -> Place:
    """The connection that a path names, by the one name or the other. Raises Missing."""
    asked = call.path["destination"]
    there = places(work, find_source(work, call))
    for place in there:
        if asked in (place.slug, place.connection.slug):
            return place._replace(asked=asked)
    raise Missing(f"the source has no destination {asked}")


def destination_slugs(found: Sequence[ConnectionRecord]) -> dict[str, str]:
    """By the ids of all connections of one source, what each goes by: no two the same."""
    alike = Counter(each.destination for each in found)
    owners = {each.slug: each.id for each in found}
    return {
        each.id: each.destination
        if alike[each.destination] == 1 and owners.get(each.destination, each.id) == each.id
        else each.slug
        for each in found
    }
