"""What has to change among the subscriptions of one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.control.declaring.changes import Change, differing, placed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.control.declaring.changes import Place
    from headgate.control.declaring.declared import Declared, DeclaredConnection


def subscription_changes(
    before: DeclaredConnection | None, after: DeclaredConnection, *, prune: bool
) -> Iterator[Change]:
    had, wanted = placed(before.subscriptions if before else ()), placed(after.subscriptions)
    for (name, nth), gone in had.items() if prune else ():
        if (name, nth) not in wanted:
            yield Change(
                verb="delete", noun="subscription", name=name, nth=nth, of=after.slug, was=gone
            )
    for (name, nth), each in wanted.items():
        old = had.get((name, nth))
        what = differing(old, each) if old else ()
        if old is None or what:
            yield Change(
                verb="update" if old else "create",
                noun="subscription",
                name=name,
                nth=nth,
                of=after.slug,
                what=what,
                was=old,
                to=each,
            )


def final_order(
    before: DeclaredConnection | None, after: DeclaredConnection, *, prune: bool
) -> tuple[Place, ...]:
    """The declared ones as declared, then what stays besides them as it stood."""
    wanted = placed(after.subscriptions)
    had = placed(before.subscriptions if before and not prune else ())
    return (*wanted, *(place for place in had if place not in wanted))


def is_reordered(before: DeclaredConnection, after: DeclaredConnection, *, prune: bool) -> bool:
    had = placed(before.subscriptions)
    final = final_order(before, after, prune=prune)
    return [place for place in had if place in final] != [place for place in final if place in had]


def undeclared_subscriptions(current: Declared, wanted: Declared) -> Iterator[Change]:
    """Of the connections that are declared."""
    for slug, after in wanted.connections.items():
        if before := current.connections.get(slug):
            changes = subscription_changes(before, after, prune=True)
            yield from (change for change in changes if change.verb == "delete")
