"""The configuration that all roles hold in memory: one versioned, immutable value."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Answers = Literal["strict", "compatible"]
Language = Literal["strict", "compatible"]
"""The languages as documented, or as Segment runs them."""
Mode = Literal["cloud", "device"]
"""Whether we deliver the events, or a plugin in the page does."""
CommandKind = Literal["pause", "resume", "redrive", "replay", "cancel"]


class SourceOAuth(msgspec.Struct, frozen=True):
    """Whose tokens a source takes, by the ids of the apps, and whether it takes nothing else."""

    apps: tuple[str, ...]
    required: bool


class Schema(msgspec.Struct, frozen=True):
    """What a source keeps from all its connections (domain section 11, schema filters).

    `omitted_traits` has names of traits by `identify` and `group`; `integrations` says by name of
    a track event, then by name of a destination, whether the event may go there.
    """

    blocked_events: tuple[str, ...] = ()
    """Names of track events."""
    blocked_calls: tuple[Literal["page", "screen"], ...] = ()
    omitted_traits: dict[Literal["identify", "group"], tuple[str, ...]] = {}
    integrations: dict[str, dict[str, bool]] = {}


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
    schema: Schema | None = None


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


class Command(msgspec.Struct, frozen=True, tag="command"):
    """What somebody told a connection's lanes to do, once; the owner of the lane does it.

    `connection` is the connection's number, `at` milliseconds since 1970. Commands are done in
    the order of their numbers. `args` of each kind:

    * pause, cancel: `{"replay": id}` for the lane of that replay, `{}` for the live lane
    * resume: the same, and `{"skip": bool}`: whether what waited is closed instead of sent
    * redrive: `{"reason", "status", "subscription", "since", "until", "message_ids", "rate"}`,
      each null where it selects nothing; times in milliseconds, `since` included, `until` not
    * replay: `{"start", "stop", "since", "until", "types", "events", "filter", "only", "rate",
      "again"}`: positions of the log from `start` to below `stop`, of which `route.selection`
      says which are meant; `only` is `failed` or `all`; `rate` is deliveries a second or null
    """

    id: str
    number: int
    workspace: str
    connection: int
    kind: CommandKind
    at: int
    args: dict[str, Any]


Thing = Source | Connection | OAuthApp | Command
"""What a snapshot is made of; each is encoded, compared and decoded on its own."""


class Snapshot(msgspec.Struct, frozen=True):
    """Everything configured in all workspaces, by number or by id; versions only grow."""

    version: int
    sources: dict[int, Source]
    connections: dict[int, Connection]
    oauth_apps: dict[str, OAuthApp] = {}
    commands: dict[str, Command] = {}
    """In the order in which they were given."""


class Changes(msgspec.Struct, frozen=True):
    """What led to a version: things as they are now, and the ids of things that are no more."""

    version: int
    things: tuple[Thing, ...]
    gone: tuple[str, ...]
