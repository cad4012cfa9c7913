"""The configuration that all roles hold in memory: one versioned, immutable value."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Answers = Literal["strict", "compatible"]
Language = Literal["strict", "compatible"]
"""The languages as documented, or as Segment runs them."""
Mode = Literal["cloud", "device"]
"""Whether we deliver the events, or a plugin in the page does."""


class SourceOAuth(msgspec.Struct, frozen=True):
    """Whose tokens a source takes, by the ids of the apps, and whether it takes nothing else."""

    apps: tuple[str, ...]
    required: bool


class Source(msgspec.Struct, frozen=True, tag="source"):
    """Where events come from. `number` names it in the log and is never given to another."""

    number: int
    id: str
    workspace: str
    slug: str
    name: str
    enabled: bool
    answers: Answers
    write_keys: tuple[str, ...]
    oauth: SourceOAuth | None = None


class PublicKey(msgspec.Struct, frozen=True):
    """A key that an OAuth app signs with: its `kid`, and SubjectPublicKeyInfo in PEM."""

    id: str
    pem: str


class OAuthApp(msgspec.Struct, frozen=True, tag="oauth_app"):
    """Who may get access tokens; `slug` is the client id. It holds no secret.

    A token lives `token_seconds`; those issued before `revoke_before`, milliseconds since
    1970, are worthless.
    """

    id: str
    workspace: str
    slug: str
    name: str
    keys: tuple[PublicKey, ...]
    scopes: tuple[str, ...]
    token_seconds: int
    enabled: bool
    revoke_before: int | None = None


class Subscription(msgspec.Struct, frozen=True):
    """Trigger, action and mapping, both in the language `fql`; no default is added later."""

    id: str
    name: str
    action: str
    enabled: bool
    fql: Language
    trigger: str
    mapping: dict[str, Any]


class Connection(msgspec.Struct, frozen=True, tag="connection"):
    """A source joined to a destination. Secrets in `settings` stay sealed envelopes.

    `source` is the source's number. `start` is partition -> position, set when the connection
    first became enabled and never changed; None means never enabled: it has no lane.
    """

    number: int
    id: str
    workspace: str
    slug: str
    name: str
    source: int
    destination: str
    enabled: bool
    mode: Mode
    ordering: str
    settings: dict[str, Any]
    filters: list[Any]
    consent: list[Any]
    subscriptions: tuple[Subscription, ...]
    start: dict[int, int] | None = None


Thing = Source | Connection | OAuthApp
"""What a snapshot is made of; each is encoded, compared and decoded on its own."""


class Snapshot(msgspec.Struct, frozen=True):
    """Everything configured in all workspaces, by number or by id; versions only grow."""

    version: int
    sources: dict[int, Source]
    connections: dict[int, Connection]
    oauth_apps: dict[str, OAuthApp] = {}
