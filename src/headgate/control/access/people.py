"""What a user may do in a workspace: by the own roles, and by those of groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.control.access.actor import Actor, is_limited
from headgate.control.access.roles import OWNER
from headgate.store.access import Grants
from headgate.store.people import Groups, Members, Users

if TYPE_CHECKING:
    from headgate.store.database import Transaction


def actor_of_user(transaction: Transaction, workspace: str, user: str) -> Actor | None:
    """A user, by id, as an actor in a workspace, by id; None for somebody who is no member."""
    record = Users(transaction).one(user)
    if record is None or not Members(transaction, workspace).has(user):
        return None
    groups = Groups(transaction, workspace).of(record.email)
    return Actor(
        kind="user",
        id=user,
        workspace=workspace,
        name=record.name,
        email=record.email,
        grants=Grants(transaction, workspace).of(user, *groups),
    )


def owners(transaction: Transaction, workspace: str) -> frozenset[str]:
    """The ids of the users who own a workspace, by a role of their own or of a group."""
    grants = Grants(transaction, workspace).all()
    holders = {each.holder for each in grants if each.role == OWNER and not is_limited(each)}
    groups = Groups(transaction, workspace)
    emails = {email for holder in holders for email in groups.members(holder)}
    holders |= {each.id for each in Users(transaction).at(emails)}
    return frozenset(each.user for each in Members(transaction, workspace).all()) & holders
