"""What each way into the web app does, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from headgate.clock import iso
from headgate.control.access import totp
from headgate.control.access.sessions import Recognised, csrf_of
from headgate.control.nouns import invites, one_time_links, own_account, signing_in
from headgate.control.nouns.accepting import accept
from headgate.control.nouns.doorway import Begun, Caller, Doorway
from headgate.store.people import Users

if TYPE_CHECKING:
    from headgate.api.console.site import Site
    from headgate.control.work import Work
    from headgate.store.records import SessionRecord


class Asked(NamedTuple):
    """One call: `me` is who is signed in, where the way needs that; `secret` is the cookie's."""

    door: Doorway
    site: Site
    me: Recognised | None
    secret: str | None
    caller: Caller
    path: dict[str, str]
    body: Any

    @property
    def user(self) -> Recognised:
        """Who is signed in, for a way that needs a session."""
        if self.me is None:
            raise AssertionError("a way that is open to strangers asked who is signed in")
        return self.me


class Told(NamedTuple):
    """The answer; a session that begins is given as a cookie, one that ends is taken back."""

    data: dict[str, Any]
    begun: Begun | None = None
    has_ended: bool = False


Handler = Callable[[Asked], Told]
_DONE: Final[dict[str, Any]] = {"status": "SUCCESS"}


def _sign_in(asked: Asked) -> Told:
    given = signing_in.Given(asked.body.email, asked.body.password, asked.body.code)
    begun = signing_in.sign_in(asked.door, given, asked.caller, asked.secret)
    return Told({"csrf": begun.csrf}, begun)


def _get_session(asked: Asked) -> Told:
    with asked.door.control.read(asked.user.actor) as work:
        return Told({**_me(work, asked.user.session), "csrf": csrf_of(asked.secret or "")})


def _enter_workspace(asked: Asked) -> Told:
    with asked.door.control.write(asked.user.actor) as work:
        signing_in.move(work, asked.user.session, asked.body.workspace_id)
    return Told(_DONE)


def _sign_out(asked: Asked) -> Told:
    with asked.door.control.write(asked.user.actor) as work:
        signing_in.sign_out(work, asked.user.session)
    return Told(_DONE, has_ended=True)


def _list_sessions(asked: Asked) -> Told:
    with asked.door.control.read(asked.user.actor) as work:
        found = signing_in.listed(work, asked.door)
    return Told({"sessions": [_session(each, asked.user.session) for each in found]})


def _end_other_sessions(asked: Asked) -> Told:
    with asked.door.control.write(asked.user.actor) as work:
        signing_in.end_others(work, asked.user.session)
    return Told(_DONE)


def _end_session(asked: Asked) -> Told:
    session = asked.path["sessionId"]
    with asked.door.control.write(asked.user.actor) as work:
        signing_in.end(work, session)
    return Told(_DONE, has_ended=session == asked.user.session.id)


def _change_password(asked: Asked) -> Told:
    old, new = asked.body.password, asked.body.new_password
    return _again(own_account.change_password(asked.door, asked.user, old, new, asked.caller))


def _begin_totp(asked: Asked) -> Told:
    made = own_account.begin_totp(asked.door, asked.user, asked.body.password, asked.caller)
    return Told({"secret": made.secret, "uri": made.uri})


def _confirm_totp(asked: Asked) -> Told:
    made = own_account.confirm_totp(asked.door, asked.user, asked.body.code, asked.caller)
    return Told({"csrf": made.begun.csrf, "recoveryCodes": list(made.codes)}, made.begun)


def _end_totp(asked: Asked) -> Told:
    password, code = asked.body.password, asked.body.code
    return _again(own_account.end_totp(asked.door, asked.user, password, code, asked.caller))


def _look_at_link(asked: Asked) -> Told:
    found = one_time_links.look(asked.door, asked.body.secret)
    return Told(
        {
            "purpose": found.purpose,
            "email": found.email,
            "workspace": found.workspace,
            "isKnown": found.is_known,
        }
    )


def _become_owner(asked: Asked) -> Told:
    given = asked.body
    user = one_time_links.become_owner(
        asked.door, given.secret, given.email, given.name, given.password
    )
    return Told({"email": user.email})


def _choose_password(asked: Asked) -> Told:
    user = one_time_links.set_password(asked.door, asked.body.secret, asked.body.password)
    return Told({"email": user.email})


def _accept_invitation(asked: Asked) -> Told:
    given = asked.body
    joined = accept(asked.door, given.secret, given.name, given.password, asked.caller)
    return Told({"email": joined.user.email, "workspaceId": joined.workspace})


def _create_invitation_link(asked: Asked) -> Told:
    with asked.door.control.write(asked.user.actor) as work:
        invited = invites.renew(work, asked.body.email)
    return Told({"link": asked.site.link("invitation", invited.secret)})


def _create_password_link(asked: Asked) -> Told:
    with asked.door.control.write(asked.user.actor) as work:
        link = one_time_links.password_link(work, asked.path["userId"])
    told = asked.site.link("password", link.secret)
    return Told({"link": told, "expiresAt": iso(link.expires_at)})


HANDLERS: Final[dict[str, Handler]] = {
    "sign_in": _sign_in,
    "get_session": _get_session,
    "enter_workspace": _enter_workspace,
    "sign_out": _sign_out,
    "list_sessions": _list_sessions,
    "end_other_sessions": _end_other_sessions,
    "end_session": _end_session,
    "change_password": _change_password,
    "begin_totp": _begin_totp,
    "confirm_totp": _confirm_totp,
    "end_totp": _end_totp,
    "look_at_link": _look_at_link,
    "become_owner": _become_owner,
    "choose_password": _choose_password,
    "accept_invitation": _accept_invitation,
    "create_invitation_link": _create_invitation_link,
    "create_password_link": _create_password_link,
}


def _again(begun: Begun) -> Told:
    return Told({"csrf": begun.csrf}, begun)


def _me(work: Work, session: SessionRecord) -> dict[str, Any]:
    actor, user = work.actor, Users(work.transaction).one(work.actor.id)
    here = work.workspace
    return {
        "user": {
            "id": actor.id,
            "email": actor.email,
            "name": actor.name,
            "hasTotp": user is not None and totp.is_on(user),
        },
        "workspace": {"id": here.id, "slug": here.slug, "name": here.name},
        "workspaces": [
            {"id": each.id, "slug": each.slug, "name": each.name}
            for each in signing_in.workspaces(work)
        ],
        "roles": sorted({each.role for each in actor.grants}),
        "session": _session(session, session),
    }


def _session(session: SessionRecord, mine: SessionRecord) -> dict[str, Any]:
    return {
        "id": session.id,
        "isThis": session.id == mine.id,
        "address": session.address,
        "agent": session.agent,
        "createdAt": iso(session.created_at),
        "seenAt": iso(session.seen_at),
        "verifiedAt": iso(session.verified_at),
        "expiresAt": iso(session.expires_at),
    }
