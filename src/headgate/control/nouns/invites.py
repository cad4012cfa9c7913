"""Invitations: who is asked to join a workspace, and with which permissions."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from headgate.control.access.addresses import addresses
from headgate.control.errors import Conflict, Invalid, Missing, Problem
from headgate.control.nouns import grants
from headgate.store.access import Grants
from headgate.store.people import Groups, Invites, Members, Users
from headgate.store.records import InviteRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headgate.control.work import Work
    from headgate.store.database import Transaction
    from headgate.store.records import UserRecord

DAY_MS: Final = 86_400_000
DAYS: Final = 7
MOST: Final = 200
"""How many one call may invite."""
_SECRET_BYTES: Final = 32


class Invited(NamedTuple):
    """Somebody who is asked; `secret` is for the link, and nobody is told it again."""

    email: str
    secret: str


class Listed(NamedTuple):
    """A page of invitations, which may have expired, and how many there are in all."""

    invites: tuple[InviteRecord, ...]
    total: int


def listed(work: Work, after: str | None, most: int) -> Listed:
    """By address above `after`. Raises Forbidden."""
    work.check("read", "user")
    invites = Invites(work.transaction, work.workspace.id)
    return Listed(invites.page(after, most), invites.count())


def create(work: Work, given: Sequence[dict[str, Any]]) -> list[Invited]:
    """In Segment's shape, `{email, permissions}`; an invitation takes an earlier one's place.

    Raises Invalid, Forbidden, or Conflict for somebody who is in the workspace.
    """
    work.check("write", "user")
    emails = _addresses(given)
    wanted = [
        grants.read(work, each.get("permissions") or [], f"invites.{number}.permissions")
        for number, each in enumerate(given)
    ]
    _must_be_strangers(work, emails)
    for email, each in zip(emails, wanted, strict=True):
        grants.replace(work, email, each)
    return [_asked(work, email) for email in emails]


def renew(work: Work, email: str) -> Invited:
    """Ask once more: the earlier secret is worth nothing, the permissions stay.

    Raises Missing, Invalid or Forbidden.
    """
    work.check("write", "user")
    (kept,) = addresses([email])
    _must_be_invited(work, [kept])
    return _asked(work, kept)


def delete(work: Work, emails: Sequence[str]) -> list[str]:
    """Their links are worth nothing from now on. Raises Missing, Invalid or Forbidden."""
    work.check("write", "user")
    kept = addresses(emails)
    _must_be_invited(work, kept)
    for email in kept:
        Invites(work.transaction, work.workspace.id).remove(email)
        Grants(work.transaction, work.workspace.id).remove_all(email)
        Groups(work.transaction, work.workspace.id).leave_all(email)
        work.note("Invite Deleted", "INVITE", email, email)
    return kept


def hashed(secret: str) -> str:
    """What is kept of the secret of an invitation."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def join(transaction: Transaction, workspace: str, user: UserRecord, now: int) -> None:
    """Make a user a member, with what an invitation promised to the address, if there is one."""
    members, invites = Members(transaction, workspace), Invites(transaction, workspace)
    if not members.has(user.id):
        members.add(user.id, now)
    if invites.has(user.email):
        invites.remove(user.email)
        Grants(transaction, workspace).pass_on(user.email, user.id)


def _asked(work: Work, email: str) -> Invited:
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    ends = work.now + DAYS * DAY_MS
    record = InviteRecord(email=email, hash=hashed(secret), expires_at=ends)
    Invites(work.transaction, work.workspace.id).put(record)
    work.note("Invite Created", "INVITE", email, email, ("permissions",))
    return Invited(email, secret)


def _addresses(given: Sequence[dict[str, Any]]) -> list[str]:
    """As they are kept, in the order in which they were given."""
    if not 1 <= len(given) <= MOST:
        raise Invalid([Problem("invites", f"must be 1 to {MOST}")])
    told = [each["email"] for each in given]
    try:
        kept = addresses(told)
    except Invalid as invalid:
        raise Invalid(
            Problem(f"invites{each.path.removeprefix('emails')}.email", each.message)
            for each in invalid.problems
        ) from None
    if len(kept) != len(told):
        raise Invalid([Problem("invites", "must name each address once")])
    return kept


def _must_be_strangers(work: Work, emails: Sequence[str]) -> None:
    found = Users(work.transaction).at(emails)
    members = Members(work.transaction, work.workspace.id).these(each.id for each in found)
    if inside := [each.email for each in found if each.id in members]:
        raise Conflict(f"{inside[0]} is in this workspace already")


def _must_be_invited(work: Work, emails: Sequence[str]) -> None:
    invites = Invites(work.transaction, work.workspace.id)
    for email in emails:
        if not invites.has(email):
            raise Missing(f"nobody is invited at {email}")
