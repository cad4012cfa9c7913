"""An invitation is accepted: whoever has its secret becomes a user of the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from headgate.control.access.passwords import hashed
from headgate.control.errors import Invalid, Missing, Problem, Refused, Unproven
from headgate.control.nouns import invites
from headgate.control.nouns.doorway import prove
from headgate.store.people import Invites, Users, invite_with
from headgate.store.trail import Trail

if TYPE_CHECKING:
    from headgate.control.nouns.doorway import Caller, Doorway
    from headgate.store.database import Transaction
    from headgate.store.people import InvitedTo
    from headgate.store.records import UserRecord

LONGEST_NAME = 128


class Joined(NamedTuple):
    """A user, and the id of the workspace that the user is in now."""

    user: UserRecord
    workspace: str


def accept(door: Doorway, secret: str, name: str, password: str, caller: Caller) -> Joined:
    """Join with a password of one's own; who has one already must show it.

    An invitation proves nothing about who uses the link: so it never changes a password, or
    whoever owns one workspace could get into all others of whomever they invite. What takes time
    is computed before the store is held. Raises Missing for a secret that is worth nothing,
    Invalid, TooSoon, and Refused for a user who has no password.
    """
    store, clock = door.premises.store, door.premises.clock
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        raise Invalid([Problem("name", f"must have 1 to {LONGEST_NAME} characters")])
    with store.read() as transaction:
        invited = _invited(transaction, secret, clock.now_ms())
        known = Users(transaction).named(invited.email)
    kept = hashed(password) if known is None else _shown(door, known, password, caller)
    with store.write() as transaction:
        now = clock.now_ms()
        if _invited(transaction, secret, now) != invited:
            raise _worthless()
        user = Users(transaction).named(invited.email)
        if (user and user.password) != (known and known.password):
            raise Refused("this account has just changed: try again")
        user = user or Users(transaction).add(
            email=invited.email, name=name.strip(), password=kept, at=now
        )
        invites.join(transaction, invited.workspace, user, now)
        _note(transaction, invited.workspace, user, now)
    return Joined(user, invited.workspace)


def _invited(transaction: Transaction, secret: str, now: int) -> InvitedTo:
    found = invite_with(transaction, invites.hashed(secret))
    if found is None:
        raise _worthless()
    if Invites(transaction, found.workspace).one(found.email).expires_at <= now:
        raise _worthless()
    return found


def _worthless() -> Missing:
    return Missing("this invitation is not valid, or no longer: ask for another one")


def _shown(door: Doorway, known: UserRecord, password: str, caller: Caller) -> str:
    if known.password is None:
        raise Refused(
            "this account has no password: whoever operates this Headgate can give it one"
        )
    try:
        prove(door, known.email, password, caller)
    except Unproven:
        raise Invalid([Problem("password", "is not the one of this account")]) from None
    return known.password


def _note(transaction: Transaction, workspace: str, user: UserRecord, now: int) -> None:
    Trail(transaction, workspace).add(
        at=now,
        type="Invite Accepted",
        actor=user.id,
        email=user.email,
        resource=user.id,
        resource_type="USER",
        resource_name=user.email,
    )
