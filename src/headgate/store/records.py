"""What the store keeps of each noun, as the repositories take and give it.

The workspace is not part of a record: it is part of the repository that the record went
through, and of every key and query below that.
"""

from __future__ import annotations

from typing import Any

import msgspec

from headgate.store.snapshot.model import Answers, CommandKind, Language, Mode, PublicKey, Schema


class WorkspaceRecord(msgspec.Struct, frozen=True):
    id: str
    slug: str


class SourceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`number` names the source in the log; it is assigned once and never given again."""

    id: str
    number: int
    slug: str
    name: str
    enabled: bool
    answers: Answers
    labels: dict[str, str]
    oauth_required: bool = False
    schema: Schema | None = None


class WriteKeyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`source` is an id."""

    key: str
    source: str


class OAuthAppRecord(msgspec.Struct, frozen=True, kw_only=True):
    """As `OAuthApp` of the snapshot, without its workspace."""

    id: str
    slug: str
    name: str
    keys: tuple[PublicKey, ...]
    scopes: tuple[str, ...]
    token_seconds: int
    enabled: bool
    revoke_before: int | None


class ConnectionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`source` is an id; secrets in `settings` are sealed; `start` as in the snapshot."""

    id: str
    number: int
    source: str
    slug: str
    name: str
    destination: str
    enabled: bool
    mode: Mode
    ordering: str
    settings: dict[str, Any]
    filters: list[Any]
    consent: list[Any]
    start: dict[int, int] | None


class SubscriptionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`connection` is an id; `ordinal` is the place among the connection's subscriptions."""

    id: str
    connection: str
    ordinal: int
    name: str
    action: str
    enabled: bool
    fql: Language
    trigger: str
    mapping: dict[str, Any]


class CommandRecord(msgspec.Struct, frozen=True, kw_only=True):
    """As `Command` of the snapshot, without its workspace; `connection` is an id."""

    id: str
    number: int
    connection: str
    kind: CommandKind
    args: dict[str, Any]
    at: int
