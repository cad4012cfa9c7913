"""Links that work once: for the first owner, and for a new password; there is no mail server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from headgate.control.access import totp
from headgate.control.access.addresses import address
from headgate.control.access.passwords import hashed as password_hash
from headgate.control.access.people import actor_of_user, owners
from headgate.control.access.roles import OWNER
from headgate.control.access.sessions import LONGEST_SECRET, hashed, new_secret
from headgate.control.errors import Invalid, Missing, Problem, Refused
from headgate.control.noting import Note, write_down
from headgate.control.nouns.doorway import workspaces_of
from headgate.control.workspaces import FIRST
from headgate.store.access import Grants
from headgate.store.people import Invites, Members, Users, invite_with
from headgate.store.records import LinkRecord
from headgate.store.sessions import Links, Sessions
from headgate.store.trail import Trail
from headgate.store.workspaces import Workspaces

if TYPE_CHECKING:
    from headgate.clock import Clock
    from headgate.control.nouns.doorway import Doorway
    from headgate.control.work import Work
    from headgate.store.database import Store, Transaction
    from headgate.store.people import InvitedTo
    from headgate.store.records import UserRecord

HOUR_MS: Final = 3_600_000
HOURS: Final = 24
LONGEST_NAME: Final = 128


class Link(NamedTuple):
    """What a link holds, told once, and until when it works."""

    secret: str
    expires_at: int


class Purpose(NamedTuple):
    """What a link is for: `owner`, `password` or `invitation`; for whom, and whether as a user."""

    purpose: str
    email: str | None = None
    workspace: str | None = None
    is_known: bool = False


def offer_first_owner(store: Store, clock: Clock) -> Link | None:
    """A new link in place of any earlier one; None where somebody is a user already."""
    with store.write() as transaction:
        Links(transaction).forget("owner")
        if Users(transaction).are_there():
            return None
        link = Link(new_secret(), clock.now_ms() + HOURS * HOUR_MS)
        Links(transaction).put(
            LinkRecord(
                hash=hashed(link.secret), purpose="owner", user=None, expires_at=link.expires_at
            )
        )
    return link


def become_owner(door: Doorway, secret: str, email: str, name: str, password: str) -> UserRecord:
    """Be the first user, and own whatever workspaces there are. Raises Missing or Invalid."""
    with door.premises.store.read() as transaction:
        _found(transaction, secret, "owner", door.now)
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        raise Invalid([Problem("name", f"must have 1 to {LONGEST_NAME} characters")])
    known_as, kept = address(email), password_hash(password)
    with door.premises.store.write() as transaction:
        _found(transaction, secret, "owner", door.now)
        Links(transaction).forget("owner")
        user = Users(transaction).add(email=known_as, name=name.strip(), password=kept, at=door.now)
        for each in Workspaces(transaction).all() or [Workspaces(transaction).add(FIRST)]:
            Members(transaction, each.id).add(user.id, door.now)
            Grants(transaction, each.id).add(user.id, OWNER)
            _note(transaction, each.id, user, door.now, "User Added")
    return user


def password_link(work: Work, user: str, *, ends_totp: bool = False) -> Link:
    """A link by which a user of the workspace, by id, chooses a new password.

    Whoever may do that could sign in as that user: so nobody may where the user is in a workspace
    that the actor does not own. Raises Missing, Forbidden or Refused.
    """
    work.check("write", "user")
    record = Users(work.transaction).one(user)
    if record is None or not Members(work.transaction, work.workspace.id).has(user):
        raise Missing(f"there is no user {user:.64}")
    if work.actor.kind != "operator":
        _must_own_all(work, user)
    if ends_totp:
        Users(work.transaction).update(totp.given(record, None))
        Sessions(work.transaction).end_all(user)
    link = Link(new_secret(), work.now + HOURS * HOUR_MS)
    Links(work.transaction).put(
        LinkRecord(
            hash=hashed(link.secret), purpose="password", user=user, expires_at=link.expires_at
        )
    )
    changed = ("password", "totp") if ends_totp else ("password",)
    work.note("Password Link Created", "USER", user, record.email, changed)
    return link


def _must_own_all(work: Work, user: str) -> None:
    for each in workspaces_of(work.transaction, user):
        if each.id != work.workspace.id and work.actor.id not in owners(work.transaction, each.id):
            raise Refused(
                "this user is in a workspace that you do not own: whoever operates this Headgate"
                " can make a link"
            )


def set_password(door: Doorway, secret: str, password: str) -> UserRecord:
    """The user of a link has this password; every session ends. Raises Missing or Invalid."""
    with door.premises.store.read() as transaction:
        _found(transaction, secret, "password", door.now)
    kept = password_hash(password)
    with door.premises.store.write() as transaction:
        found = _found(transaction, secret, "password", door.now)
        user = Users(transaction).one(found.user or "")
        if user is None:
            raise _worthless()
        user = msgspec.structs.replace(user, password=kept)
        Users(transaction).update(user)
        Sessions(transaction).end_all(user.id)
        Links(transaction).forget("password", user.id)
        for each in workspaces_of(transaction, user.id):
            _note(transaction, each.id, user, door.now, "Password Changed", "password")
    door.throttle.forget(user.email, user.id)
    return user


def look(door: Doorway, secret: str) -> Purpose:
    """What a link is for, invitations included. Raises Missing."""
    with door.premises.store.read() as transaction:
        invited = invite_with(transaction, hashed(secret)) if _can_be(secret) else None
        if invited is not None:
            return _invitation(transaction, invited, door.now)
        found = _found(transaction, secret, None, door.now)
        user = Users(transaction).one(found.user) if found.user else None
    return Purpose(found.purpose, user.email if user else None, None, user is not None)


def _invitation(transaction: Transaction, invited: InvitedTo, now: int) -> Purpose:
    workspace = Workspaces(transaction).one(invited.workspace)
    ends = Invites(transaction, invited.workspace).one(invited.email).expires_at
    if workspace is None or ends <= now:
        raise _worthless()
    is_known = Users(transaction).named(invited.email) is not None
    return Purpose("invitation", invited.email, workspace.name, is_known)


def _found(transaction: Transaction, secret: str, purpose: str | None, now: int) -> LinkRecord:
    """Raises Missing, with the same words for whatever is wrong with it."""
    found = Links(transaction).shown(hashed(secret)) if _can_be(secret) else None
    if found is None or found.expires_at <= now or purpose not in {None, found.purpose}:
        raise _worthless()
    if found.purpose == "owner" and Users(transaction).are_there():
        raise _worthless()
    return found


def _can_be(secret: str) -> bool:
    return 0 < len(secret) <= LONGEST_SECRET


def _worthless() -> Missing:
    return Missing("this link is not valid, or no longer: ask for another one")


def _note(
    transaction: Transaction, workspace: str, user: UserRecord, now: int, what: str, *fields: str
) -> None:
    actor = actor_of_user(transaction, workspace, user.id)
    if actor is not None:
        note = Note(what, "USER", user.id, user.email, fields)
        write_down(Trail(transaction, workspace), actor, now, note)
