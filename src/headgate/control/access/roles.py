"""Every role, and what it allows (domain section 21): the one table that decides."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, get_args

Noun = Literal[
    "workspace",
    "source",
    "warehouse",
    "function",
    "tracking_plan",
    "privacy",
    "label",
    "user",
    "token",
    "audit",
    "pii",
]
"""What permissions are about; a connection, its subscriptions and filters go with its source."""
Access = Literal["read", "write"]
Permission = tuple[Noun, Access]

_NOUNS: Final[tuple[Noun, ...]] = get_args(Noun)
_BASE: Final[frozenset[Permission]] = frozenset({("workspace", "read"), ("label", "read")})
"""What everybody may who is in a workspace at all."""


class Role(NamedTuple):
    """`limited_to` is the type of resource that it may be limited to, as Segment writes it."""

    id: str
    name: str
    description: str
    permissions: frozenset[Permission]
    limited_to: str | None = None


def _reads(*nouns: Noun) -> frozenset[Permission]:
    return _BASE | {(noun, "read") for noun in nouns}


def _writes(*nouns: Noun) -> frozenset[Permission]:
    return _reads(*nouns) | {(noun, "write") for noun in nouns}


_ROLES: Final = (
    Role(
        "owner",
        "Workspace Owner",
        "May do everything, which includes people, tokens, privacy and the audit trail.",
        _writes(*_NOUNS),
    ),
    Role(
        "member",
        "Workspace Member",
        "May see and change everything but people, tokens, privacy and the audit trail.",
        _writes("source", "warehouse", "function", "tracking_plan") | _reads("user"),
    ),
    Role(
        "source_admin",
        "Source Admin",
        "May change sources with their destinations, subscriptions and filters.",
        _writes("source"),
        "SOURCE",
    ),
    Role(
        "source_read_only",
        "Source Read-only",
        "May see sources with their destinations, subscriptions and filters.",
        _reads("source"),
        "SOURCE",
    ),
    Role(
        "function_admin",
        "Function Admin",
        "May change functions.",
        _writes("function"),
        "FUNCTION",
    ),
    Role(
        "function_read_only",
        "Function Read-only",
        "May see functions.",
        _reads("function"),
        "FUNCTION",
    ),
    Role(
        "warehouse_admin",
        "Warehouse Destination Admin",
        "May change warehouses.",
        _writes("warehouse"),
        "WAREHOUSE",
    ),
    Role(
        "warehouse_read_only",
        "Warehouse Destination Read-only",
        "May see warehouses.",
        _reads("warehouse"),
        "WAREHOUSE",
    ),
    Role(
        "tracking_plan_admin",
        "Tracking Plan Admin",
        "May change tracking plans.",
        _writes("tracking_plan"),
    ),
    Role(
        "tracking_plan_read_only",
        "Tracking Plan Read-only",
        "May see tracking plans.",
        _reads("tracking_plan"),
    ),
    Role(
        "privacy_admin",
        "End User Privacy Admin",
        "May delete and suppress what is known of people.",
        _writes("privacy"),
    ),
    Role(
        "pii_access",
        "PII Access",
        "May see what events say of people.",
        _reads("pii"),
    ),
)
ROLES: Final[dict[str, Role]] = {role.id: role for role in _ROLES}
OWNER: Final = "owner"
