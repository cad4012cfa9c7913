"""Sources: where events come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from headgate.control.declaring.changing import bring_about, read
from headgate.control.declaring.declared import Declared
from headgate.control.declaring.holdings import portion
from headgate.control.declaring.source_section import read_source
from headgate.control.errors import Conflict, Invalid, Missing, Problem
from headgate.store.connections import Connections
from headgate.store.ids import new_write_key
from headgate.store.sources import Sources
from headgate.store.write_keys import WriteKeys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headgate.control.declaring.declared import DeclaredSource
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
        return Listed(seen(work, sources.page(after, most)), sources.count())
    visible = [each for each in sources.all() if work.may_see(each)]
    page = [each for each in visible if after is None or each.number > after][:most]
    return Listed(seen(work, page), len(visible))


def get(work: Work, source: str) -> Seen:
    """By its id. Raises Missing."""
    return seen(work, [work.source(source)])[0]


def named(work: Work, slug: str) -> Seen:
    """By its slug. Raises Missing."""
    found = Sources(work.transaction, work.workspace.id).named(slug)
    if found is None or not work.may_see(found):
        raise Missing(f"there is no source {slug}")
    return seen(work, [found])[0]


def create(work: Work, given: dict[str, Any]) -> Seen:
    """A source in the shape of the declaration file; one without write keys gets one.

    Raises Invalid, Conflict or Forbidden.
    """
    work.check("write", "source")
    wanted = _read({**given, "write_keys": given.get("write_keys") or [new_write_key()]})
    _refuse_taken(work, wanted)
    around = portion(work.transaction, work.workspace.id, [])
    done = bring_about(work, around, Declared({wanted.slug: wanted}, {}), is_noted=False)
    source = done[0][1]
    work.note("Source Created", "SOURCE", source, wanted.slug)
    return get(work, source)


def update(work: Work, source: str, given: dict[str, Any]) -> Seen:
    """Change what is given, in the shape of the declaration file; the rest stays.

    Raises Missing, Invalid, Conflict or Forbidden.
    """
    change(work, source, given)
    return get(work, source)


def change(work: Work, source: str, given: dict[str, Any]) -> None:
    """As `update`, also where the actor does not see the source any more afterwards."""
    before = work.source(source, "write")
    anew = _read({"slug": before.slug, **given})
    record = before if anew.slug == before.slug else _renamed(work, before, anew.slug)
    held = portion(work.transaction, work.workspace.id, [record])
    changed = {key: getattr(anew, key) for key in given}
    wanted = msgspec.structs.replace(held.declared().sources[record.slug], **changed)
    done = bring_about(work, held, Declared({record.slug: wanted}, {}), is_noted=False)
    what = {name for each, _ in done for name in each.what or ("write_keys",)}
    renamed = () if record is before else ("slug",)
    work.note("Source Modified", "SOURCE", record.id, record.slug, [*renamed, *sorted(what)])


def delete(work: Work, source: str) -> None:
    """With its connections, as Segment does. Raises Missing or Forbidden."""
    record = work.source(source, "write")
    connections = Connections(work.transaction, work.workspace.id).of(record.id)
    held = portion(work.transaction, work.workspace.id, [record], connections)
    rest = Declared({}, {}, held.declared().oauth_apps)
    bring_about(work, held, rest, prune=True)


def _read(given: dict[str, Any]) -> DeclaredSource:
    source: DeclaredSource = read(lambda section: read_source(section, {}), given)
    return source


def _refuse_taken(work: Work, wanted: DeclaredSource) -> None:
    """Slugs are a workspace's own; write keys are not, as events name no workspace."""
    _refuse_slug(work, wanted.slug)
    keys = WriteKeys(work.transaction, work.workspace.id)
    problems = [
        Problem(f"write_keys[{place}]", "is in use already: choose another")
        for place, key in enumerate(wanted.write_keys or ())
        if keys.is_taken(key)
    ]
    if problems:
        raise Invalid(problems)


def _refuse_slug(work: Work, slug: str) -> None:
    if Sources(work.transaction, work.workspace.id).named(slug) is not None:
        raise Conflict(f"there is a source {slug} already: choose another slug")


def _renamed(work: Work, record: SourceRecord, slug: str) -> SourceRecord:
    """A declaration knows things by their slugs, so that it cannot change one."""
    _refuse_slug(work, slug)
    renamed = msgspec.structs.replace(record, slug=slug, updated_at=work.now)
    Sources(work.transaction, work.workspace.id).update(renamed)
    work.is_configuration_changed = True
    return renamed


def seen(work: Work, sources: Iterable[SourceRecord]) -> list[Seen]:
    """Sources that the actor may see, as people see them."""
    keys = WriteKeys(work.transaction, work.workspace.id)
    return [Seen(each, keys.of(each.id)) for each in sources]
