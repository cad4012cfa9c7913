"""What the store keeps of each noun, as the repositories take and give it.

The workspace is not part of a record: it is part of the repository that the record went
through, and of every key and query below that.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from headgate.store.snapshot.model import Answers, CommandKind, Language, Mode, PublicKey, Schema


class WorkspaceRecord(msgspec.Struct, frozen=True):
    id: str
    slug: str
    name: str = ""


class SourceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`number` names the source in the log; it is assigned once and never given again.

    Times are in milliseconds since 1970, 0 where they are not known, here and below.
    """

    id: str
    number: int
    slug: str
    name: str
    enabled: bool
    answers: Answers
    labels: dict[str, str]
    oauth_required: bool = False
    schema: Schema | None = None
    kind: str = "http-api"
    created_at: int = 0
    updated_at: int = 0


class WriteKeyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`source` is an id; a key that gives way to another ends at `ends_at`."""

    key: str
    source: str
    ends_at: int | None = None


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
    created_at: int = 0
    updated_at: int = 0


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


class UserRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody; `password` is an argon2id hash, `totp` a sealed secret."""

    id: str
    email: str
    name: str
    password: str | None
    totp: dict[str, Any] | None
    created_at: int


class SessionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is signed in, just now in `workspace`, both by id; `hash` is its id's SHA-256.

    `verified_at` is when a password was shown last, `agent` what the browser calls itself.
    """

    id: str
    hash: str
    user: str
    workspace: str
    address: str
    agent: str
    created_at: int
    seen_at: int
    verified_at: int
    expires_at: int


class LinkRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What works once; `hash` is the SHA-256 of what the link holds, `user` an id."""

    hash: str
    purpose: Literal["owner", "password"]
    user: str | None
    expires_at: int


class MemberRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`user` is an id."""

    user: str
    since: int


class GroupRecord(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str


class GroupMemberRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`group` is an id, `email` the address of a user or of somebody who is invited."""

    id: str
    group: str
    email: str


class InviteRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`hash` is the SHA-256 of what the invitation's link holds."""

    email: str
    hash: str
    expires_at: int


class TokenRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`hash` is the token's SHA-256; `created_by` the id of whoever made it."""

    id: str
    name: str
    hash: str
    last4: str
    created_at: int
    created_by: str
    expires_at: int | None
    used_at: int | None


class Resource(msgspec.Struct, frozen=True):
    """One thing that a role may be limited to: `type` as Segment writes it, such as SOURCE."""

    type: str
    id: str


class Label(msgspec.Struct, frozen=True, order=True):
    key: str
    value: str


class GrantRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A role of a holder, who is a user, a group or a token by id, or an invited address.

    It counts for the whole workspace, or only for `resources` and for what carries one of
    `labels`.
    """

    id: str
    holder: str
    role: str
    resources: tuple[Resource, ...] = ()
    labels: tuple[Label, ...] = ()


class LabelRecord(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    key: str
    value: str
    description: str


class AuditRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what to which resource; `what` are names of fields, never their values.

    `number` counts from 1 in a workspace; `hash` is of this record and the one before it.
    """

    number: int
    id: str
    at: int
    type: str
    actor: str
    email: str
    resource: str
    resource_type: str
    resource_name: str
    what: tuple[str, ...]
    hash: str


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """When a warehouse is loaded, while it is enabled: at the enabled ones of some hours of a day.

    `hours` says by hour, 0 to 23, whether it is one; `timezone` is a name such as Europe/Berlin.
    """

    enabled: bool
    timezone: str
    hours: dict[int, bool]


class WarehouseRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` is a slug of the catalogue; secrets in `settings` are sealed."""

    id: str
    number: int
    slug: str
    name: str
    kind: str
    enabled: bool
    settings: dict[str, Any]
    schedule: Schedule | None
    created_at: int
    updated_at: int


class WarehouseSourceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A source that is connected to a warehouse since then; both are ids."""

    id: str
    warehouse: str
    source: str
    since: int


class SelectionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a collection of a source, or one property of it, is loaded into a warehouse.

    `property` is empty for the collection as a whole; what no record names is loaded.
    """

    id: str
    warehouse: str
    source: str
    collection: str
    property: str
    enabled: bool


RegulationKind = Literal[
    "SUPPRESS_ONLY",
    "UNSUPPRESS",
    "SUPPRESS_WITH_DELETE",
    "DELETE_ONLY",
    "SUPPRESS_WITH_DELETE_INTERNAL",
    "DELETE_INTERNAL",
    "DELETE_ARCHIVE_ONLY",
]
RegulationStatus = Literal[
    "INITIALIZED",
    "INVALID",
    "NOT_SUPPORTED",
    "RUNNING",
    "PARTIAL_SUCCESS",
    "FAILED",
    "FINISHED",
]


class RegulationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done with what is known of some subjects, in the words of Segment.

    Of the whole workspace, or of one `source` by id. `subjects` are ids of people: they belong
    in no log and in no audit trail.
    """

    id: str
    number: int
    source: str | None
    kind: RegulationKind
    subject_type: Literal["USER_ID", "ANONYMOUS_ID"]
    subjects: tuple[str, ...]
    status: RegulationStatus
    created_at: int
    finished_at: int | None
