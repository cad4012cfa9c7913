"""The changes of a plan, each with the line that tells a person about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeVar

import msgspec

from headgate.control.declaring.declared import (
    DeclaredConnection,
    DeclaredGroup,
    DeclaredLabel,
    DeclaredOAuthApp,
    DeclaredSource,
    DeclaredSubscription,
    DeclaredUser,
    DeclaredWarehouse,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Verb = Literal["create", "update", "delete"]
Noun = Literal[
    "workspace",
    "app",
    "source",
    "key",
    "connection",
    "subscription",
    "warehouse",
    "label",
    "user",
    "group",
]
PEOPLE: Final[tuple[Noun, ...]] = ("label", "user", "group")
"""What says who may do what."""
BY_USE_CASE: Final[tuple[Noun, ...]] = ("warehouse", *PEOPLE)
"""What is changed, and written down, as the APIs do it."""


class DeclaredKey(msgspec.Struct, frozen=True, kw_only=True):
    """A write key, and when it ends, in milliseconds since 1970, if it does."""

    key: str
    ends_at: int | None = None


class DeclaredWorkspace(msgspec.Struct, frozen=True, kw_only=True):
    """What a workspace is called; its slug never changes."""

    name: str


DeclaredThing = (
    DeclaredOAuthApp
    | DeclaredSource
    | DeclaredConnection
    | DeclaredSubscription
    | DeclaredKey
    | DeclaredWorkspace
    | DeclaredWarehouse
    | DeclaredLabel
    | DeclaredUser
    | DeclaredGroup
)

Place = tuple[str, int]
"""A subscription among its connection's: its name, and how many before it have that name."""

_WORDS: dict[Noun, str] = {"app": "OAuth app", "key": "write key", "group": "user group"}
_PARENTS: dict[Noun, Noun] = {"key": "source", "subscription": "connection"}


class Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


def placed(subscriptions: Iterable[N]) -> dict[Place, N]:
    """Subscriptions of one connection by what tells them apart, in their order."""
    found: dict[Place, N] = {}
    for each in subscriptions:
        nth = sum(1 for name, _ in found if name == each.name)
        found[each.name, nth] = each
    return found


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to create, update or delete.

    `name` is a slug, a write key or a subscription's name; `of` is the slug of the source that
    the key, or the connection that the subscription, belongs to; `what` names the fields that
    differ; `was` is what the thing is, `to` what it is to become.
    """

    verb: Verb
    noun: Noun
    name: str
    of: str = ""
    nth: int = 0
    what: tuple[str, ...] = ()
    was: DeclaredThing | None = None
    to: DeclaredThing | None = None

    @property
    def place(self) -> Place:
        return self.name, self.nth

    @property
    def line(self) -> str:
        """`update connection hook: enabled, settings.sharedSecret`."""
        fields = f": {', '.join(self.what)}" if self.what else ""
        return f"{self.verb} {self.subject}{fields}"

    @property
    def subject(self) -> str:
        """`subscription Everything of connection hook`."""
        owner = f" of {_PARENTS[self.noun]} {self.of}" if self.of else ""
        return f"{_WORDS.get(self.noun, self.noun)} {self.name or '(to be generated)'}{owner}"


class Plan(msgspec.Struct, frozen=True):
    """Changes in the order in which they can be made.

    `kept` tells of what is there and was not declared; `orders` gives the subscriptions of each
    connection that changes, as they are to stand in the end; `doubts` tells of what is declared
    and can have no effect.
    """

    changes: tuple[Change, ...]
    kept: tuple[str, ...]
    orders: dict[str, tuple[Place, ...]]
    doubts: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        return (*self.kept, *self.doubts)


def differing(before: msgspec.Struct, after: msgspec.Struct, *but: str) -> tuple[str, ...]:
    """The fields, or members of fields, in which two things of one type differ."""
    fields = [name for name in before.__struct_fields__ if name not in but]
    return tuple(
        line
        for name in fields
        for line in _differing(name, getattr(before, name), getattr(after, name))
    )


def _differing(name: str, before: object, after: object) -> Iterator[str]:
    if _is_same(before, after):
        return
    if not (type(before) is type(after) is dict):
        yield name
        return
    members = [
        f"{name}.{key}"
        for key in dict.fromkeys([*before, *after])
        if not (key in before and key in after and _is_same(before[key], after[key]))
    ]
    yield from members or [f"order of {name}"]


def _is_same(before: object, after: object) -> bool:
    """Equal as JSON is: `true` is not `1`, `1` is not `1.0`, and the order of keys counts."""
    return type(before) is type(after) and msgspec.json.encode(before) == msgspec.json.encode(after)
