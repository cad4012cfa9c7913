"""What a workspace is to hold: the shape in which files and the store are compared."""

from __future__ import annotations

from typing import Any

import msgspec

from headgate.store.snapshot import Answers, Language


class Plain(msgspec.Struct, frozen=True):
    """The value of a secret, not yet sealed."""

    value: Any

    def __repr__(self) -> str:
        return "Plain(…)"


class Reference(msgspec.Struct, frozen=True):
    """A secret that the file does not tell: `hook.sharedSecret`."""

    name: str


class DeclaredSource(msgspec.Struct, frozen=True, kw_only=True):
    """`write_keys` is None where the file leaves them as they are."""

    slug: str
    name: str
    enabled: bool = True
    answers: Answers = "strict"
    labels: dict[str, str] = {}
    write_keys: tuple[str, ...] | None = None


class DeclaredSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """`mapping` is complete: defaults are already in it."""

    name: str
    action: str
    enabled: bool
    fql: Language
    trigger: str
    mapping: dict[str, Any]


class DeclaredConnection(msgspec.Struct, frozen=True, kw_only=True):
    """`source` is a slug. A secret setting is an envelope, a `Plain` or a `Reference`."""

    slug: str
    name: str
    source: str
    destination: str
    enabled: bool
    mode: str
    ordering: str
    settings: dict[str, Any]
    filters: list[Any]
    consent: list[Any]
    subscriptions: tuple[DeclaredSubscription, ...]


class Declared(msgspec.Struct, frozen=True):
    """Sources and connections by slug, in the order in which they were declared."""

    sources: dict[str, DeclaredSource]
    connections: dict[str, DeclaredConnection]
