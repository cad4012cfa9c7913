"""Sources: where events come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from headgate.control.changing import bring_about, read
from headgate.control.declaration import read_source
from headgate.control.declared import Declared
from headgate.control.errors import Conflict
from headgate.control.holdings import nothing, portion
from headgate.store.connections import Connections
from headgate.store.ids import new_write_key
from headgate.store.sources import Sources
from headgate.store.write_keys import WriteKeys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headgate.control.declared import DeclaredSource
    from headgate.control.work import Work
    from headgate.store.records import SourceRecord


class Seen(NamedTuple):
    """A source as people see it."""

    source: SourceRecord
    write_keys: tuple[str, ...]


class Listed(NamedTuple):
    """A page of sources, and how many there are in all."""

    sources: list[Seen]
    total: int


def listed(work: Work, after: int | None, most: int) -> Listed:
    """Those that the actor may see, by number above `after`."""
    work.check_somewhere("read", "source")
    sources = Sources(work.transaction, work.workspace.id)
    if work.actor.may("read", "source"):
        return Listed(_seen(work, sources.page(after, most)), sources.count())
    visible = [each for each in sources.all() if work.may_see(each)]
    page = [each for each in visible if after is None or each.number > after][:most]
    return Listed(_seen(work, page), len(visible))


def get(work: Work, source: str) -> Seen:
    """By its id. Raises Missing."""
    return _seen(work, [work.source(source)])[0]


def create(work: Work, given: dict[str, Any]) -> Seen:
    """A source in the shape of the declaration file; one without write keys gets one.

    Raises Invalid, Conflict or Forbidden.
    """
    work.check("write", "source")
    wanted = _read({**given, "write_keys": given.get("write_keys") or [new_write_key()]})
    if Sources(work.transaction, work.workspace.id).named(wanted.slug) is not None:
        raise Conflict(f"there is a source {wanted.slug} already: choose another slug")
    done = bring_about(work, nothing(work.workspace.id), Declared({wanted.slug: wanted}, {}))
    return get(work, done[0][1])


def update(work: Work, source: str, given: dict[str, Any]) -> Seen:
    """Change what is given, in the shape of the declaration file; the rest stays.

    Raises Missing, Invalid, Conflict or Forbidden.
    """
    record = work.source(source, "write")
    held = portion(work.transaction, work.workspace.id, [record])
    before = held.declared().sources[record.slug]
    wanted = _changed(before, given)
    if not bring_about(work, held, Declared({record.slug: wanted}, {})):
        work.note("Source Modified", "SOURCE", record.id, record.slug)
    return get(work, source)


def delete(work: Work, source: str) -> None:
    """With its connections, as Segment does. Raises Missing or Forbidden."""
    record = work.source(source, "write")
    connections = Connections(work.transaction, work.workspace.id).of(record.id)
    held = portion(work.transaction, work.workspace.id, [record], connections)
    bring_about(work, held, Declared({}, {}), prune=True)


def _changed(before: DeclaredSource, given: dict[str, Any]) -> DeclaredSource:
    """What is not given stays; what is given is checked as if it stood in a file."""
    read_anew = _read({"slug": before.slug, **given})
    return msgspec.structs.replace(before, **{key: getattr(read_anew, key) for key in given})


def _read(given: dict[str, Any]) -> DeclaredSource:
    source: DeclaredSource = read(lambda section: read_source(section, {}), given)
    return source


def _seen(work: Work, sources: Iterable[SourceRecord]) -> list[Seen]:
    keys = WriteKeys(work.transaction, work.workspace.id)
    return [Seen(each, keys.of(each.id)) for each in sources]
