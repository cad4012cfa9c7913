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
    """`write_keys` is None where the file leaves them as they are; `kind` is a slug.

    `ends_at` tells when some of the keys end, in milliseconds since 1970.
    """

    slug: str
    name: str
    enabled: bool = True
    answers: Answers = "strict"
    labels: dict[str, str] = {}
    write_keys: tuple[str, ...] | None = None
    ends_at: dict[str, int] = {}
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


def warehouse_owner(slug: str) -> str:
    """What the names of a warehouse's secrets begin with; no connection has a dot in its slug."""
    return f"warehouse.{slug}"


class DeclaredSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """When a warehouse is to be loaded: hours of the day in a time zone, each on or off."""

    enabled: bool
    timezone: str
    hours: dict[int, bool]


class DeclaredWarehouse(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` is a slug of the catalogue; `settings` are as those of a connection.

    `left_out` tells what is not loaded of the sources, which are slugs: a source with a collection,
    and one of its properties, or "" for all of it. Both are in order.
    """

    slug: str
    name: str
    kind: str
    settings: dict[str, Any] = {}
    sources: tuple[str, ...] = ()
    schedule: DeclaredSchedule | None = None
    left_out: tuple[tuple[str, str, str], ...] = ()


class DeclaredLabel(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    value: str
    description: str = ""

    @property
    def name(self) -> str:
        return f"{self.key}:{self.value}"


class DeclaredRole(msgspec.Struct, frozen=True, kw_only=True):
    """A role for the whole workspace, or only for what is named, by slug, or carries a label.

    `labels` are keys with their values. All are in order, so that equal roles look equal.
    """

    role: str
    sources: tuple[str, ...] = ()
    warehouses: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def is_limited(self) -> bool:
        return bool(self.sources or self.warehouses or self.labels)


class DeclaredUser(msgspec.Struct, frozen=True, kw_only=True):
    """`email` as it is kept; who `is_invited` is not in the workspace yet."""

    email: str
    roles: tuple[DeclaredRole, ...] = ()
    is_invited: bool = False

    @property
    def name(self) -> str:
        return self.email


class DeclaredGroup(msgspec.Struct, frozen=True, kw_only=True):
    """`members` are addresses."""

    name: str
    roles: tuple[DeclaredRole, ...] = ()
    members: tuple[str, ...] = ()


class Declared(msgspec.Struct, frozen=True):
    """Everything by its slug, in the order in which it was declared.

    What is None is not spoken of, and stays as it is: the name of the workspace, its warehouses,
    its labels by `key:value`, its users by address, its groups by name.
    """

    sources: dict[str, DeclaredSource]
    connections: dict[str, DeclaredConnection]
    oauth_apps: dict[str, DeclaredOAuthApp] = {}
    name: str | None = None
    warehouses: dict[str, DeclaredWarehouse] | None = None
    labels: dict[str, DeclaredLabel] | None = None
    users: dict[str, DeclaredUser] | None = None
    groups: dict[str, DeclaredGroup] | None = None
