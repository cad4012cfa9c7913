"""What the audit trail says of the changes of a plan, in the words that Segment has for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from headgate.control.access.actor import Actor
    from headgate.control.declaring.changes import Change, Noun, Verb
    from headgate.store.trail import Trail

_SUBJECTS: Final[dict[Noun, tuple[str, str]]] = {
    "workspace": ("Workspace", "WORKSPACE"),
    "app": ("OAuth App", "OAUTH_APP"),
    "source": ("Source", "SOURCE"),
    "key": ("Source", "SOURCE"),
    "connection": ("Integration", "DESTINATION"),
    "subscription": ("Destination Subscription", "SUBSCRIPTION"),
}
"""Use cases write down themselves what becomes of labels, users and groups."""
_VERBS: Final[dict[Verb, str]] = {
    "create": "Created",
    "update": "Modified",
    "delete": "Deleted",
}


class Note(NamedTuple):
    """A line of the audit trail, without who and when."""

    type: str
    resource_type: str
    resource: str
    name: str
    what: tuple[str, ...] = ()


def write_down(trail: Trail, actor: Actor, at: int, note: Note) -> None:
    """Add a line to the trail: who did it, and when, in milliseconds since 1970."""
    trail.add(
        at=at,
        type=note.type,
        actor=actor.id,
        email=actor.email,
        resource=note.resource,
        resource_type=note.resource_type,
        resource_name=note.name,
        what=note.what,
    )


def notes(done: Iterable[tuple[Change, str]]) -> Iterator[Note]:
    """One for each change; a write key that comes or goes modifies its source."""
    for change, resource in done:
        subject, kind = _SUBJECTS[change.noun]
        if change.noun == "key":
            yield Note("Source Modified", kind, resource, change.of, ("write_keys",))
            continue
        yield Note(f"{subject} {_verb(change)}", kind, resource, change.name, change.what)


def _verb(change: Change) -> str:
    if change.noun == "connection" and change.what == ("enabled",):
        return "Enabled" if getattr(change.to, "enabled", False) else "Disabled"
    return _VERBS[change.verb]
