"""What signing in is done with, and how somebody proves to be a user."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from headgate.control.access import totp
from headgate.control.access.passwords import is_right
from headgate.control.access.sessions import Lengths, csrf_of, hashed, new_secret
from headgate.control.access.throttle import Throttle
from headgate.control.errors import CodeWanted, Forbidden, Unproven
from headgate.store.ids import new_id
from headgate.store.keyring import secret_box
from headgate.store.people import Members, Users
from headgate.store.records import SessionRecord
from headgate.store.sessions import Sessions
from headgate.store.workspaces import Workspaces
from headgate.telemetry import log

if TYPE_CHECKING:
    from headgate.control.access.throttle import Key
    from headgate.control.work import Control, Premises
    from headgate.store.database import Transaction
    from headgate.store.records import UserRecord, WorkspaceRecord
    from headgate.store.secrets import SecretBox

_LONGEST_AGENT = 200
DEFAULT_LENGTHS = Lengths()


@dataclass(frozen=True)
class Doorway:
    """Where people come in; `throttle` is one for all ways, or each would be tried in turn."""

    control: Control
    lengths: Lengths = DEFAULT_LENGTHS
    throttle: Throttle = field(default_factory=Throttle)

    @property
    def premises(self) -> Premises:
        return self.control.premises

    @property
    def now(self) -> int:
        return self.premises.clock.now_ms()

    def box(self, transaction: Transaction) -> SecretBox:
        return secret_box(transaction, self.premises.store.folder, self.premises.environ)


class Caller(NamedTuple):
    """Where somebody calls from, and what the browser calls itself."""

    address: str
    agent: str = ""


class Begun(NamedTuple):
    """A new session; `secret` is for the cookie alone, `csrf` for the page."""

    session: SessionRecord
    secret: str
    csrf: str


def prove(door: Doorway, account: str, password: str, caller: Caller) -> UserRecord:
    """The user of an account whose password this is.

    It takes as long, and raises the same Unproven, for an account that is not there. Raises
    TooSoon where too much has failed.
    """
    keys = door.throttle.keys(account, caller.address)
    door.throttle.enter(keys, door.now)
    with door.premises.store.read() as transaction:
        user = Users(transaction).named(account)
    if not is_right(user.password if user else None, password) or user is None:
        log.warning("sign_in.failed", address=caller.address, user=user.id if user else "")
        raise Unproven("the address, the password or the code is not right")
    door.throttle.passed(keys)
    return user


def enter_code(door: Doorway, user: UserRecord, code: str | None) -> tuple[Key, ...]:
    """Count the try of a code, whoever has the password; what to call `passed` with.

    Raises CodeWanted where a code is needed and there is none, and TooSoon.
    """
    if not totp.is_on(user):
        return ()
    if not code:
        raise CodeWanted("this account wants a code of its authenticator, or a recovery code")
    keys = door.throttle.code(user.id)
    door.throttle.enter(keys, door.now)
    return keys


def use_code(
    door: Doorway, transaction: Transaction, user: UserRecord, code: str | None
) -> UserRecord:
    """The user as the store has it now, whose code is used up. Raises Unproven or CodeWanted."""
    current = Users(transaction).one(user.id)
    if current is None or current.password != user.password:
        raise Unproven("this account has just changed: try again")
    kept = totp.of(current)
    if kept is None or not kept.is_on:
        return current
    left = totp.used(current, kept, code or "", door.box(transaction), door.now)
    if left is None:
        log.warning("sign_in.failed", user=user.id, factor="code")
        raise Unproven("the address, the password or the code is not right")
    current = totp.given(current, left)
    Users(transaction).update(current)
    return current


def begin(
    door: Doorway, transaction: Transaction, user: UserRecord, workspace: str, caller: Caller
) -> Begun:
    """A session with an id that nobody had before; what is over anyway is removed."""
    secret, now = new_secret(), door.now
    sessions = Sessions(transaction)
    sessions.forget_over(now, now - door.lengths.idle_ms)
    session = sessions.add(
        SessionRecord(
            id=new_id("ses"),
            hash=hashed(secret),
            user=user.id,
            workspace=workspace,
            address=caller.address,
            agent=_plain(caller.agent),
            created_at=now,
            seen_at=now,
            verified_at=now,
            expires_at=now + door.lengths.whole_ms,
        )
    )
    return Begun(session, secret, csrf_of(secret))


def begin_anew(
    door: Doorway, transaction: Transaction, user: UserRecord, workspace: str, caller: Caller
) -> Begun:
    """All sessions of a user end, and one begins."""
    Sessions(transaction).end_all(user.id)
    return begin(door, transaction, user, workspace, caller)


def workspaces_of(transaction: Transaction, user: str) -> list[WorkspaceRecord]:
    """Those that a user, by id, is a member of."""
    return [
        each for each in Workspaces(transaction).all() if Members(transaction, each.id).has(user)
    ]


def some_workspace(transaction: Transaction, user: str) -> str:
    """The one where the user was last, by id, or the first. Raises Forbidden for none."""
    ids = [each.id for each in workspaces_of(transaction, user)]
    if not ids:
        raise Forbidden("this account is in no workspace: ask an owner of one to invite you")
    recent = [each.workspace for each in Sessions(transaction).of(user)]
    return next((each for each in recent if each in ids), ids[0])


def _plain(agent: str) -> str:
    return "".join(each for each in agent[:_LONGEST_AGENT] if each.isprintable())
