"""An actor: who asks for something, in which workspace, with which roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import msgspec

from headgate.control.access.roles import OWNER, ROLES
from headgate.store.records import GrantRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.control.access.roles import Access, Noun


class Target(NamedTuple):
    """A resource that a role may be limited to: its type as Segment writes it, and its labels."""

    type: str
    id: str
    labels: Mapping[str, str]


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A user with a session, a token, or the operator at the machine's own commands.

    `id` is that of the user or the token; `workspace` is an id.
    """

    kind: Literal["user", "token", "operator"]
    id: str
    workspace: str
    name: str = ""
    email: str = ""
    grants: tuple[GrantRecord, ...] = ()

    def may(self, access: Access, noun: Noun, target: Target | None = None) -> bool:
        """Whether a role allows it for the target, or for the workspace as a whole."""
        return any(
            (noun, access) in ROLES[grant.role].permissions
            and (not is_limited(grant) or (target is not None and _covers(grant, target)))
            for grant in self.grants
            if grant.role in ROLES
        )

    def may_somewhere(self, access: Access, noun: Noun) -> bool:
        """Whether a role allows it for anything: what a list then shows is what it covers."""
        return any(
            (noun, access) in ROLES[grant.role].permissions
            for grant in self.grants
            if grant.role in ROLES
        )

    @property
    def is_owner(self) -> bool:
        return any(grant.role == OWNER and not is_limited(grant) for grant in self.grants)


OPERATOR_ID: Final = "operator"


def operator(workspace: str) -> Actor:
    """Whoever may read the data folder may do everything with what is in it."""
    grant = GrantRecord(id="", holder=OPERATOR_ID, role=OWNER)
    return Actor(
        kind="operator",
        id=OPERATOR_ID,
        workspace=workspace,
        name="headgate command",
        grants=(grant,),
    )


def is_limited(grant: GrantRecord) -> bool:
    """Whether it counts only for some things, not for the whole workspace."""
    return bool(grant.resources or grant.labels)


def _covers(grant: GrantRecord, target: Target) -> bool:
    return any(each.type == target.type and each.id == target.id for each in grant.resources) or (
        any(target.labels.get(each.key) == each.value for each in grant.labels)
    )
