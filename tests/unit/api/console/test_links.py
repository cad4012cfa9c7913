"""Links that work once: the first owner, a new password, an invitation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from headgate.control.nouns import invites
from headgate.control.nouns.one_time_links import HOUR_MS, HOURS, offer_first_owner
from headgate.store.people import Users
from headgate.store.tables import links
from tests.unit.api.asking import Asking, asking
from tests.unit.api.console.signed import BEHIND_PROXY, PASSWORD, Browser, person, signed_in

if TYPE_CHECKING:
    from pathlib import Path

NEW = "another correct horse"


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path, console=BEHIND_PROXY)


def offered(api: Asking) -> str:
    link = offer_first_owner(api.store, api.clock)
    assert link is not None
    return link.secret


def becomes(api: Asking, secret: str, **given: str) -> Any:
    body = {"secret": secret, "email": "Ada@x.org", "name": "Ada", "password": PASSWORD, **given}
    return Browser(api).call("POST", "/app/api/links/owner", body)


def looked(api: Asking, secret: str) -> Any:
    return Browser(api).call("POST", "/app/api/links", {"secret": secret})


def password_link(owner: Browser, user: str) -> str:
    """The secret of a new link for a user, by id."""
    answer = owner.call("POST", f"/app/api/users/{user}/password-link")
    return str(answer.data["link"].partition("#")[2])


def test_the_first_owner_is_whoever_has_the_link(api: Asking) -> None:
    secret = offered(api)
    assert looked(api, secret).data["purpose"] == "owner"
    assert becomes(api, secret).data == {"email": "ada@x.org"}
    browser = Browser(api)
    assert browser.sign_in("ada@x.org").status == 200
    told = browser.me().data
    assert (told["roles"], told["user"]["name"]) == (["owner"], "Ada")
    assert [each["slug"] for each in told["workspaces"]] == ["main", "other"], "all there are"
    assert becomes(api, secret, email="eve@x.org").status == 404
    assert offer_first_owner(api.store, api.clock) is None, "somebody is a user"


def test_a_newer_link_takes_the_place_of_the_first(api: Asking) -> None:
    earlier, later = offered(api), offered(api)
    assert becomes(api, earlier).status == 404
    assert becomes(api, later).status == 200


def test_the_link_of_the_first_owner_ends_in_a_day(api: Asking) -> None:
    secret = offered(api)
    api.clock.now += HOURS * HOUR_MS
    assert looked(api, secret).status == 404
    assert becomes(api, secret).status == 404


def test_the_link_is_worth_nothing_when_there_is_a_user(api: Asking) -> None:
    secret = offered(api)
    person(api, "owner")
    assert looked(api, secret).status == 404
    assert becomes(api, secret).status == 404


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 129}, "name"),
        ({"password": "short"}, "password"),
    ],
)
def test_what_cannot_be_an_owner_leaves_the_link_good(
    api: Asking, given: dict[str, str], field: str
) -> None:
    secret = offered(api)
    answer = becomes(api, secret, **given)
    assert (answer.status, answer.fields) == (422, [field])
    assert becomes(api, secret).status == 200


def test_of_many_who_use_one_link_at_once_one_gets_in(api: Asking) -> None:
    secret = offered(api)
    with ThreadPoolExecutor(4) as pool:
        emails = [f"{name}@x.org" for name in ("ada", "bob", "eve", "dan")]
        answers = list(pool.map(lambda email: becomes(api, secret, email=email), emails))
    assert sorted(each.status for each in answers) == [200, 404, 404, 404]
    with api.store.read() as transaction:
        assert len(Users(transaction).at(emails)) == 1


def test_only_the_hash_of_a_link_is_kept(api: Asking) -> None:
    secret = offered(api)
    with api.store.read() as transaction:
        rows = str(list(transaction.connection.execute(select(links))))
    assert secret not in rows


def test_an_owner_gives_a_user_a_link_for_a_new_password(api: Asking) -> None:
    owner, user = signed_in(api, "owner"), person(api, "member")
    theirs = Browser(api)
    theirs.sign_in(user.email)
    secret = password_link(owner, user.id)
    assert looked(api, secret).data == {
        "purpose": "password",
        "email": user.email,
        "workspace": None,
        "isKnown": True,
    }
    body = {"secret": secret, "password": NEW}
    assert Browser(api).call("POST", "/app/api/links/password", body).status == 200
    assert theirs.me().status == 401
    assert Browser(api).sign_in(user.email).status == 401
    assert Browser(api).sign_in(user.email, NEW).status == 200
    assert Browser(api).call("POST", "/app/api/links/password", body).status == 404


def test_a_link_for_a_password_ends_in_a_day_or_with_a_newer_one(api: Asking) -> None:
    owner, user = signed_in(api, "owner"), person(api, "member")
    earlier, later = password_link(owner, user.id), password_link(owner, user.id)
    assert looked(api, earlier).status == 404
    assert looked(api, later).status == 200
    api.clock.now += HOURS * HOUR_MS
    assert looked(api, later).status == 404


def test_a_password_that_cannot_be_leaves_the_link_good(api: Asking) -> None:
    owner, user = signed_in(api, "owner"), person(api, "member")
    secret = password_link(owner, user.id)
    path = "/app/api/links/password"
    answer = Browser(api).call("POST", path, {"secret": secret, "password": "short"})
    assert (answer.status, answer.fields) == (422, ["password"])
    assert Browser(api).call("POST", path, {"secret": secret, "password": NEW}).status == 200


def test_an_owner_gives_none_for_who_is_in_a_workspace_of_others(api: Asking) -> None:
    """Or owning one workspace would open all others of its users."""
    user = person(api, "member")
    person(api, "member", email=user.email, workspace=api.other.id)
    both = person(api, "owner")
    person(api, "owner", email=both.email, workspace=api.other.id)
    path = f"/app/api/users/{user.id}/password-link"
    assert signed_in(api, "owner").call("POST", path).status == 422
    browser = Browser(api)
    browser.sign_in(both.email)
    assert browser.call("POST", path).status == 200, "who owns both may"


def test_who_is_no_owner_gives_none(api: Asking) -> None:
    user = person(api, "source_read_only")
    browser = signed_in(api, "member")
    assert browser.call("POST", f"/app/api/users/{user.id}/password-link").status == 403
    assert browser.call("POST", "/app/api/invitation-links", {"email": "b@x.org"}).status == 403


def test_who_tries_what_is_not_allowed_is_in_the_audit_trail(api: Asking) -> None:
    user, browser = person(api, "member"), signed_in(api, "member")
    path = f"/app/api/users/{user.id}/password-link"
    assert [browser.call("POST", path).status for _ in range(3)] == [403] * 3
    denied = [
        each
        for each in api.call("GET", "/audit-events").data["events"]
        if each["type"] == "Access Denied"
    ]
    assert [each["resourceId"] for each in denied] == ["create_password_link"], "once an hour"


def test_an_invited_person_gets_in_by_the_link_that_an_owner_hands_over(api: Asking) -> None:
    owner = signed_in(api, "owner")
    invited = {"invites": [{"email": "bob@x.org", "permissions": []}]}
    assert owner.call("POST", "/app/api/public/invites", invited).status == 201
    answer = owner.call("POST", "/app/api/invitation-links", {"email": "bob@x.org"})
    page, _, secret = answer.data["link"].partition("#")
    assert page == "http://127.0.0.1:8081/app/invitation"
    assert looked(api, secret).data == {
        "purpose": "invitation",
        "email": "bob@x.org",
        "workspace": "main",
        "isKnown": False,
    }
    body = {"secret": secret, "name": "Bob", "password": PASSWORD}
    answer = Browser(api).call("POST", "/app/api/links/invitation", body)
    assert answer.data == {"email": "bob@x.org", "workspaceId": api.workspace.id}
    assert Browser(api).sign_in("bob@x.org").status == 200
    assert looked(api, secret).status == 404


def test_an_invitation_is_no_way_to_guess_a_password(api: Asking) -> None:
    user = person(api, "owner", workspace=api.other.id)
    with api.control.write(api.operator()) as work:
        (invited,) = invites.create(work, [{"email": user.email, "permissions": []}])
    body = {"secret": invited.secret, "name": "Ada", "password": "not the password"}
    path = "/app/api/links/invitation"
    statuses = [Browser(api).call("POST", path, body).status for _ in range(7)]
    assert statuses == [422] * 5 + [429] * 2
    assert looked(api, invited.secret).data["isKnown"]
