"""The own password and second factor: whoever changes them shows the password, and starts anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from headgate.control.access import totp
from headgate.control.access.passwords import hashed
from headgate.control.errors import Conflict, Forbidden, Invalid, Problem, Refused, Unproven
from headgate.control.nouns.doorway import begin_anew, enter_code, prove, use_code
from headgate.control.nouns.signing_in import note_own
from headgate.store.people import Users
from headgate.store.sessions import Sessions

if TYPE_CHECKING:
    from headgate.control.access.sessions import Recognised
    from headgate.control.access.throttle import Key
    from headgate.control.access.totp import Enrolment
    from headgate.control.nouns.doorway import Begun, Caller, Doorway
    from headgate.control.work import Work
    from headgate.store.records import UserRecord

VERIFIED_MS: Final = 600_000
"""How long a password that was shown for it lets a second factor be turned on."""


class TurnedOn(NamedTuple):
    """The session that goes on, and the recovery codes, which nobody is told again."""

    begun: Begun
    codes: tuple[str, ...]


def change_password(door: Doorway, me: Recognised, old: str, new: str, caller: Caller) -> Begun:
    """Every session ends but the new one. Raises Invalid, TooSoon or Refused."""
    user = _shown(door, me, old, caller)
    try:
        kept = hashed(new)
    except Invalid as invalid:
        raise Invalid(Problem("newPassword", each.message) for each in invalid.problems) from None
    with door.control.write(me.actor) as work:
        user = msgspec.structs.replace(_current(work, user), password=kept)
        Users(work.transaction).update(user)
        note_own(work, "Password Changed", "password")
        return _anew(door, work, user, caller)


def begin_totp(door: Doorway, me: Recognised, password: str, caller: Caller) -> Enrolment:
    """A secret for an authenticator, told once; it counts when a code of it was shown.

    Raises Invalid, TooSoon, or Conflict where the second factor is on.
    """
    user = _shown(door, me, password, caller)
    with door.control.write(me.actor) as work:
        user = _current(work, user)
        if totp.is_on(user):
            raise Conflict("the second factor is on: turn it off first")
        kept, enrolment = totp.begun(user, work.box)
        Users(work.transaction).update(totp.given(user, kept))
        Sessions(work.transaction).verified(me.session.id, work.now)
        note_own(work, "Second Factor Begun", "totp")
    return enrolment


def confirm_totp(door: Doorway, me: Recognised, code: str, caller: Caller) -> TurnedOn:
    """From now on it is asked for; every session ends but the new one.

    Raises Invalid, TooSoon, Conflict, or Forbidden when the password was shown too long ago.
    """
    if door.now - me.session.verified_at > VERIFIED_MS:
        raise Forbidden("that took too long: begin again, with your password")
    keys = _code_key(door, me)
    with door.control.write(me.actor) as work:
        user = _user(work)
        kept = totp.of(user)
        if kept is None or kept.is_on:
            raise Conflict("no second factor waits for its first code: begin with your password")
        left = totp.used(user, kept, code, work.box, work.now)
        if left is None:
            raise Invalid([Problem("code", "is not the one that the authenticator shows now")])
        recovery = totp.confirmed(left)
        user = totp.given(user, recovery.kept)
        Users(work.transaction).update(user)
        note_own(work, "Second Factor Turned On", "totp")
        begun = _anew(door, work, user, caller)
    door.throttle.passed(keys)
    return TurnedOn(begun, tuple(totp.shown(each) for each in recovery.codes))


def end_totp(door: Doorway, me: Recognised, password: str, code: str, caller: Caller) -> Begun:
    """It is asked for no more; every session ends but the new one.

    Raises Invalid, TooSoon, or Conflict where it is off.
    """
    user = _shown(door, me, password, caller)
    if not totp.is_on(user):
        raise Conflict("the second factor is off")
    keys = enter_code(door, user, code)
    with door.control.write(me.actor) as work:
        try:
            user = use_code(door, work.transaction, user, code)
        except Unproven:
            raise Invalid([Problem("code", "is not right, or was used already")]) from None
        user = totp.given(user, None)
        Users(work.transaction).update(user)
        note_own(work, "Second Factor Turned Off", "totp")
        begun = _anew(door, work, user, caller)
    door.throttle.passed(keys)
    return begun


def _shown(door: Doorway, me: Recognised, password: str, caller: Caller) -> UserRecord:
    try:
        return prove(door, me.actor.email, password, caller)
    except Unproven:
        raise Invalid([Problem("password", "is not the one of this account")]) from None


def _code_key(door: Doorway, me: Recognised) -> tuple[Key, ...]:
    keys = door.throttle.code(me.actor.id)
    door.throttle.enter(keys, door.now)
    return keys


def _current(work: Work, shown: UserRecord) -> UserRecord:
    """As the store has it now. Raises Refused when the password was changed meanwhile."""
    user = _user(work)
    if user.password != shown.password:
        raise Refused("this account has just changed: try again")
    return user


def _user(work: Work) -> UserRecord:
    user = Users(work.transaction).one(work.actor.id)
    if user is None:
        raise Refused("only a user has an own account")
    return user


def _anew(door: Doorway, work: Work, user: UserRecord, caller: Caller) -> Begun:
    return begin_anew(door, work.transaction, user, work.workspace.id, caller)
