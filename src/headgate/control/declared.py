"""What a workspace is to hold: the shape in which files and the store are compared."""

from __future__ import annotations

from typing import Any

import msgspec

from headgate.control.source_kinds import USUAL
from headgate.store.snapshot import Answers, Language, Mode, PublicKey, Schema


class Plain(msgspec.Struct, frozen=True):
    """The value of a secret, not yet sealed."""

    value: Any

    def __repr__(self) -> str:
        return "Plain(…)"


class Reference(msgspec.Struct, frozen=True):
    """A secret that the file does not tell: `hook.sharedSecret`."""

    name: str


class DeclaredOAuth(msgspec.Struct, frozen=True):
    """Whose tokens a source takes, by the slugs of the apps in order, and whether it must."""

    apps: tuple[str, ...]
    required: bool


class DeclaredOAuthApp(msgspec.Struct, frozen=True, kw_only=True):
    """`revoke_before` is in milliseconds since 1970."""

    slug: str
    name: str
    keys: tuple[PublicKey, ...]
    scopes: tuple[str, ...]
    token_seconds: int
    enabled: bool = True
    revoke_before: int | None = None


class DeclaredSource(msgspec.Struct, frozen=True, kw_only=True):
    """`write_keys` is None where the file leaves them as they are; `kind` is a slug."""

    slug: str
    name: str
    enabled: bool = True
    answers: Answers = "strict"
    labels: dict[str, str] = {}
    write_keys: tuple[str, ...] | None = None
    oauth: DeclaredOAuth | None = None
    schema: Schema | None = None
    kind: str = USUAL


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
    mode: Mode
    ordering: str
    settings: dict[str, Any]
    filters: list[Any]
    consent: list[Any]
    subscriptions: tuple[DeclaredSubscription, ...]


class Declared(msgspec.Struct, frozen=True):
    """Everything by its slug, in the order in which it was declared."""

    sources: dict[str, DeclaredSource]
    connections: dict[str, DeclaredConnection]
    oauth_apps: dict[str, DeclaredOAuthApp] = {}
