"""Invitations: in the Public API, and what becomes of them when they are accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from headgate.control.access.passwords import hashed, is_right
from headgate.control.access.people import actor_of_user
from headgate.control.errors import Invalid, Missing, Refused
from headgate.control.nouns import invites, users
from headgate.control.nouns.accepting import Joined, accept
from headgate.control.nouns.doorway import Caller, Doorway
from headgate.store.people import Users
from headgate.store.tables import invites as table
from tests.unit.api.asking import Asking, asking
from tests.unit.api.people import group, trail, user, whole

if TYPE_CHECKING:
    from pathlib import Path

CHOSEN = "correct horse"
DAY = 86_400_000


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path)


def invited(api: Asking, email: str, *roles: str, workspace: str | None = None) -> str:
    """The secret of the link."""
    permissions = [{"roleId": role} for role in roles]
    with api.control.write(api.operator(workspace)) as work:
        (made,) = invites.create(work, [{"email": email, "permissions": permissions}])
    return made.secret


def accepted(api: Asking, secret: str, password: str = CHOSEN) -> Joined:
    door = Doorway(api.control)
    return accept(door, secret, "Ada", password, Caller("192.0.2.1"))


def roles(api: Asking, of: str, workspace: str) -> list[str] | None:
    with api.store.read() as transaction:
        found = actor_of_user(transaction, workspace, of)
    return None if found is None else sorted(each.role for each in found.grants)


def test_people_are_invited_listed_and_uninvited(api: Asking) -> None:
    given = [{"email": f"{n}@X.org", "permissions": [whole(api, "member")]} for n in "cab"]
    answer = api.call("POST", "/invites", {"invites": given})
    assert (answer.status, answer.data) == (201, {"emails": ["c@x.org", "a@x.org", "b@x.org"]})
    assert trail(api)[0] == ("Invite Created", "INVITE", "b@x.org")
    first = api.call("GET", "/invites", **{"pagination[count]": "2"}).data
    rest = {"pagination[cursor]": first["pagination"]["next"]}
    assert first["invites"] == ["a@x.org", "b@x.org"]
    assert api.call("GET", "/invites", **rest).data["invites"] == ["c@x.org"]
    gone = api.call("DELETE", "/invites", **{"emails[0]": "a@x.org", "emails[1]": "C@x.org"})
    assert gone.data == {"status": "SUCCESS"}
    assert trail(api)[0] == ("Invite Deleted", "INVITE", "c@x.org")
    assert api.call("GET", "/invites").data["invites"] == ["b@x.org"]


@pytest.mark.parametrize(
    "email", ["", "ada", "a b@x.org", "@x.org", "a@x", "a@x.org\n", f"{'a' * 65}@x.org", "ä@x.org"]
)
def test_only_addresses_are_invited(api: Asking, email: str) -> None:
    answer = api.call("POST", "/invites", {"invites": [{"email": "a@x.org"}, {"email": email}]})
    assert (answer.status, answer.fields) == (422, ["invites.1.email"])
    assert api.call("GET", "/invites").data["invites"] == []


def test_what_cannot_be_promised_is_refused(api: Asking) -> None:
    king = {"email": "a@x.org", "permissions": [{"roleId": "king"}]}
    answer = api.call("POST", "/invites", {"invites": [king]})
    assert answer.fields == ["invites.0.permissions.0.roleId"]
    twice = api.call("POST", "/invites", {"invites": [{"email": "a@x.org"}, {"email": "A@x.org"}]})
    assert (twice.status, twice.fields) == (422, ["invites"])
    assert api.call("POST", "/invites", {"invites": []}).status == 422
    user(api, "in@x.org", "member")
    assert api.call("POST", "/invites", {"invites": [{"email": "in@x.org"}]}).status == 409
    assert api.call("DELETE", "/invites", emails="nobody@x.org").status == 404


def test_invitations_of_another_workspace_are_not_there(api: Asking) -> None:
    invited(api, "a@x.org", "owner", workspace=api.other.id)
    assert api.call("GET", "/invites").data["invites"] == []
    assert api.call("DELETE", "/invites", emails="a@x.org").status == 404
    assert api.call("GET", "/invites", token=api.foreign).data["invites"] == ["a@x.org"]


@pytest.mark.abuse("ac_role_owner_only")
def test_only_owners_invite(api: Asking) -> None:
    member = api.token("member")
    body = {"invites": [{"email": "a@x.org", "permissions": [whole(api, "owner")]}]}
    assert api.call("POST", "/invites", body, token=member).status == 403
    assert api.call("DELETE", "/invites", emails="a@x.org", token=member).status == 403


def test_an_invitation_is_kept_as_a_hash_that_only_its_secret_gives(api: Asking) -> None:
    secret = invited(api, "a@x.org", "member")
    with api.store.read() as transaction:
        kept = str(transaction.connection.execute(select(table)).all())
    assert secret not in kept
    assert invites.hashed(secret) in kept
    assert len(secret) >= 43, "256 bits"


def test_who_accepts_becomes_a_user_with_what_was_promised(api: Asking) -> None:
    secret = invited(api, "ada@x.org", "member", "pii_access")
    inside = group(api, "web", "ada@x.org")
    assert api.call("GET", f"/groups/{inside}/invites").data["emails"] == ["ada@x.org"]
    joined = accepted(api, secret)
    assert (joined.user.email, joined.user.name) == ("ada@x.org", "Ada")
    assert joined.workspace == api.workspace.id
    assert trail(api)[0] == ("Invite Accepted", "USER", "ada@x.org")
    assert roles(api, joined.user.id, api.workspace.id) == ["member", "pii_access"]
    assert is_right(joined.user.password, CHOSEN)
    assert api.call("GET", "/invites").data["invites"] == []
    assert api.call("GET", f"/groups/{inside}").data["userGroup"]["memberCount"] == 1
    with pytest.raises(Missing):
        accepted(api, secret)


def test_an_invitation_ends_after_seven_days(api: Asking) -> None:
    early, late = invited(api, "a@x.org", "member"), invited(api, "b@x.org", "member")
    api.clock.now += 7 * DAY - 1
    assert accepted(api, early).user.email == "a@x.org"
    api.clock.now += 1
    with pytest.raises(Missing, match="ask for another"):
        accepted(api, late)
    with api.control.write(api.operator()) as work:
        anew = invites.renew(work, "b@x.org").secret
    with pytest.raises(Missing):
        accepted(api, late)
    joined = accepted(api, anew)
    assert roles(api, joined.user.id, api.workspace.id) == ["member"]


def test_a_newer_invitation_takes_the_place_of_an_earlier_one(api: Asking) -> None:
    earlier = invited(api, "ada@x.org", "owner")
    newer = invited(api, "ada@x.org", "source_read_only")
    with pytest.raises(Missing):
        accepted(api, earlier)
    joined = accepted(api, newer)
    assert roles(api, joined.user.id, api.workspace.id) == ["source_read_only"]


def test_what_was_promised_is_gone_with_the_invitation(api: Asking) -> None:
    secret = invited(api, "ada@x.org", "owner")
    api.call("DELETE", "/invites", emails="ada@x.org")
    with pytest.raises(Missing):
        accepted(api, secret)
    joined = accepted(api, invited(api, "ada@x.org"))
    assert roles(api, joined.user.id, api.workspace.id) == []


def test_an_invitation_opens_no_account_that_is_there_without_its_password(api: Asking) -> None:
    first = accepted(api, invited(api, "ada@x.org", "owner", workspace=api.other.id))
    secret = invited(api, "ada@x.org", "member")
    with pytest.raises(Invalid, match="password"):
        accepted(api, secret, "another password")
    assert roles(api, first.user.id, api.workspace.id) is None
    joined = accepted(api, secret)
    assert joined.user == first.user, "also the password stays"
    assert roles(api, first.user.id, api.workspace.id) == ["member"]
    assert roles(api, first.user.id, api.other.id) == ["owner"]


def test_an_invitation_gives_no_password_to_an_account_without_one(api: Asking) -> None:
    theirs = user(api, "ada@x.org", "owner", workspace=api.other.id)
    secret = invited(api, "ada@x.org", "member")
    with pytest.raises(Refused, match="no password"):
        accepted(api, secret)
    with api.store.read() as transaction:
        assert Users(transaction).one(theirs.id) == theirs


def test_the_operator_lets_an_invited_in_with_what_was_promised(api: Asking) -> None:
    secret = invited(api, "ada@x.org", "source_admin")
    with api.control.write(api.operator()) as work:
        made = users.create(work, "ada@x.org", [], password=hashed(CHOSEN))
    assert roles(api, made.id, api.workspace.id) == ["source_admin"]
    assert is_right(made.password, CHOSEN)
    with pytest.raises(Missing):
        accepted(api, secret)


@pytest.mark.parametrize(("name", "password"), [("", CHOSEN), ("Ada", "short")])
def test_a_name_or_password_that_cannot_be_accepts_nothing(
    api: Asking, name: str, password: str
) -> None:
    secret = invited(api, "ada@x.org", "member")
    with pytest.raises(Invalid):
        accept(Doorway(api.control), secret, name, password, Caller("192.0.2.1"))
    assert api.call("GET", "/invites").data["invites"] == ["ada@x.org"]


def test_a_secret_that_never_was_is_worth_nothing(api: Asking) -> None:
    for secret in ("", "x", "\udc80", "é" * 5000):
        with pytest.raises(Missing):
            accepted(api, secret)
