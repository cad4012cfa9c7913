"""Signing in and out, and the sessions that somebody has."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from headgate.control.access.addresses import LONGEST
from headgate.control.access.people import actor_of_user
from headgate.control.access.sessions import hashed, is_over
from headgate.control.errors import Missing
from headgate.control.noting import Note, write_down
from headgate.control.nouns.doorway import (
    begin,
    enter_code,
    prove,
    some_workspace,
    use_code,
    workspaces_of,
)
from headgate.store.sessions import Sessions
from headgate.store.trail import Trail

if TYPE_CHECKING:
    from headgate.control.access.actor import Actor
    from headgate.control.nouns.doorway import Begun, Caller, Doorway
    from headgate.control.work import Work
    from headgate.store.database import Transaction
    from headgate.store.records import SessionRecord, UserRecord, WorkspaceRecord


class Given(NamedTuple):
    """What somebody shows; `code` is that of the second factor, where the account has one."""

    email: str
    password: str
    code: str | None = None


def sign_in(door: Doorway, given: Given, caller: Caller, before: str | None = None) -> Begun:
    """A new session; the one `before`, by its secret, ends.

    Raises Unproven, CodeWanted, TooSoon, or Forbidden for who is in no workspace.
    """
    user = prove(door, given.email[: LONGEST + 1].lower(), given.password, caller)
    keys = enter_code(door, user, given.code)
    with door.premises.store.write() as transaction:
        user = use_code(door, transaction, user, given.code)
        workspace = some_workspace(transaction, user.id)
        if before is not None and (ended := Sessions(transaction).shown(hashed(before))):
            Sessions(transaction).end(ended.id)
        begun = begin(door, transaction, user, workspace, caller)
        _note(transaction, workspace, user, begun)
    door.throttle.passed(keys)
    return begun


def _note(transaction: Transaction, workspace: str, user: UserRecord, begun: Begun) -> None:
    actor = actor_of_user(transaction, workspace, user.id)
    if actor is not None:
        note = Note("User Signed In", "USER", user.id, user.email)
        write_down(Trail(transaction, workspace), actor, begun.session.created_at, note)


def sign_out(work: Work, session: SessionRecord) -> None:
    """The session is worth nothing from now on."""
    Sessions(work.transaction).end(session.id)
    note_own(work, "User Signed Out")


def listed(work: Work, door: Doorway) -> list[SessionRecord]:
    """The actor's own that are not over, the newest first."""
    found = Sessions(work.transaction).of(work.actor.id)
    return [each for each in found if not is_over(each, work.now, door.lengths)]


def end(work: Work, session: str) -> None:
    """One of the actor's own, by id. Raises Missing."""
    sessions = Sessions(work.transaction)
    if session not in {each.id for each in sessions.of(work.actor.id)}:
        raise Missing(f"you have no session {session:.64}")
    sessions.end(session)
    note_own(work, "Session Ended")


def end_others(work: Work, session: SessionRecord) -> None:
    """All of the actor's own but this."""
    Sessions(work.transaction).end_all(work.actor.id, but=session.id)
    note_own(work, "Session Ended")


def move(work: Work, session: SessionRecord, workspace: str) -> None:
    """Go on in another workspace of the actor's, by id. Raises Missing, as for one never made."""
    if workspace not in {each.id for each in workspaces(work)}:
        raise Missing(f"there is no workspace {workspace:.64}")
    Sessions(work.transaction).move(session.id, workspace)
    note_own(work, "Workspace Entered", workspace)


def workspaces(work: Work) -> list[WorkspaceRecord]:
    """Those that the actor is a member of."""
    return workspaces_of(work.transaction, work.actor.id)


def note_own(work: Work, what: str, *fields: str) -> None:
    """Write down what somebody did to the own account."""
    actor: Actor = work.actor
    work.note(what, "USER", actor.id, actor.email, fields)
