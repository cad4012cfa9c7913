"""What has to change for a workspace to hold what was declared: decided here, done elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.control.declaring.changes import Change, DeclaredKey, Plan, differing
from headgate.control.declaring.people_plan import (
    people_changes,
    put_changes,
    undeclared_people,
    undeclared_things,
)
from headgate.control.declaring.refusals import refuse_impossible
from headgate.control.declaring.subscription_plan import (
    final_order,
    is_reordered,
    subscription_changes,
    undeclared_subscriptions,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.control.declaring.changes import Place
    from headgate.control.declaring.declared import Declared, DeclaredConnection, DeclaredSource


def plan(current: Declared, wanted: Declared, *, prune: bool) -> Plan:
    """Compare what is with what is wanted; without `prune` nothing is deleted.

    Raises DeclarationError for what no change can bring about.
    """
    refuse_impossible(current, wanted, prune=prune)
    kept = () if prune else undeclared(current, wanted)
    return Plan(
        changes=changes(current, wanted, prune=prune),
        kept=tuple(f"{change.subject} is not declared and stays" for change in kept),
        orders=_orders(current, wanted, prune=prune),
    )


def changes(current: Declared, wanted: Declared, *, prune: bool) -> tuple[Change, ...]:
    """In the order in which they can be made."""
    return (
        *(_undeclared_first(current, wanted) if prune else ()),
        *_apps(current, wanted),
        *_sources(current, wanted),
        *_keys(current, wanted),
        *_connections(current, wanted, prune=prune),
        *(_undeclared_apps(current, wanted) if prune else ()),
        *put_changes("warehouse", current.warehouses, wanted.warehouses),
        *people_changes(current, wanted, prune=prune),
        *(_undeclared_warehouses(current, wanted) if prune else ()),
    )


def undeclared(current: Declared, wanted: Declared) -> Iterator[Change]:
    """What is there and was not declared, as what would delete it."""
    yield from _undeclared_first(current, wanted)
    yield from _undeclared_apps(current, wanted)
    yield from undeclared_subscriptions(current, wanted)
    yield from undeclared_people(current, wanted)
    yield from _undeclared_warehouses(current, wanted)


def _undeclared_warehouses(current: Declared, wanted: Declared) -> Iterator[Change]:
    return undeclared_things("warehouse", current.warehouses, wanted.warehouses)


def _undeclared_first(current: Declared, wanted: Declared) -> Iterator[Change]:
    """What goes before anything comes, so that its names are free."""
    yield from _undeclared_connections(current, wanted)
    yield from _undeclared_keys(current, wanted)
    yield from _undeclared_sources(current, wanted)


def _undeclared_connections(current: Declared, wanted: Declared) -> Iterator[Change]:
    for slug, connection in current.connections.items():
        if slug not in wanted.connections:
            yield Change(verb="delete", noun="connection", name=slug, was=connection)


def _undeclared_sources(current: Declared, wanted: Declared) -> Iterator[Change]:
    for slug, source in current.sources.items():
        if slug not in wanted.sources:
            yield Change(verb="delete", noun="source", name=slug, was=source)


def _undeclared_apps(current: Declared, wanted: Declared) -> Iterator[Change]:
    """They go last, when no source takes their tokens any more."""
    for slug, app in current.oauth_apps.items():
        if slug not in wanted.oauth_apps:
            yield Change(verb="delete", noun="app", name=slug, was=app)


def _undeclared_keys(current: Declared, wanted: Declared) -> Iterator[Change]:
    """Of the sources that stay: the keys of a source that is deleted go with it."""
    for slug, source in wanted.sources.items():
        for key in _held(current, slug):
            if source.write_keys is not None and key not in source.write_keys:
                yield Change(verb="delete", noun="key", name=key, of=slug)


def _apps(current: Declared, wanted: Declared) -> Iterator[Change]:
    for slug, app in wanted.oauth_apps.items():
        before = current.oauth_apps.get(slug)
        if before is None:
            yield Change(verb="create", noun="app", name=slug, to=app)
        elif what := differing(before, app):
            yield Change(verb="update", noun="app", name=slug, what=what, was=before, to=app)


def _sources(current: Declared, wanted: Declared) -> Iterator[Change]:
    for slug, source in wanted.sources.items():
        before = current.sources.get(slug)
        if before is None:
            yield Change(verb="create", noun="source", name=slug, to=source)
        elif what := differing(before, source, "write_keys", "ends_at"):
            yield Change(verb="update", noun="source", name=slug, what=what, was=before, to=source)


def _keys(current: Declared, wanted: Declared) -> Iterator[Change]:
    """A source that leaves its keys as they are gets one, without a name, if it has none."""
    for slug, source in wanted.sources.items():
        held = _held(current, slug)
        keys = source.write_keys
        for key in (held or ("",)) if keys is None else keys:
            if key not in held:
                to = DeclaredKey(key=key, ends_at=source.ends_at.get(key))
                yield Change(verb="create", noun="key", name=key, of=slug, to=to)
            elif keys is not None:
                yield from _ends(current.sources[slug], source, key)


def _ends(before: DeclaredSource, after: DeclaredSource, key: str) -> Iterator[Change]:
    was, to = (DeclaredKey(key=key, ends_at=each.ends_at.get(key)) for each in (before, after))
    if what := differing(was, to):
        yield Change(verb="update", noun="key", name=key, of=after.slug, what=what, was=was, to=to)


def _connections(current: Declared, wanted: Declared, *, prune: bool) -> Iterator[Change]:
    for slug, connection in wanted.connections.items():
        before = current.connections.get(slug)
        if before is None:
            yield Change(verb="create", noun="connection", name=slug, to=connection)
        elif what := _changed(before, connection, prune=prune):
            yield Change(
                verb="update",
                noun="connection",
                name=slug,
                what=what,
                was=before,
                to=connection,
            )
        yield from subscription_changes(before, connection, prune=prune)


def _changed(
    before: DeclaredConnection, after: DeclaredConnection, *, prune: bool
) -> tuple[str, ...]:
    what = differing(before, after, "subscriptions")
    return (*what, "order of subscriptions") if is_reordered(before, after, prune=prune) else what


def _orders(current: Declared, wanted: Declared, *, prune: bool) -> dict[str, tuple[Place, ...]]:
    return {
        slug: final_order(current.connections.get(slug), connection, prune=prune)
        for slug, connection in wanted.connections.items()
    }


def _held(current: Declared, slug: str) -> tuple[str, ...]:
    source: DeclaredSource | None = current.sources.get(slug)
    return (source.write_keys or ()) if source else ()
