"""Signing in and out, and what a session is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headgate.api.console import routes
from headgate.control.access.sessions import Lengths
from headgate.store.people import Members
from tests.unit.api.asking import Asking, asking
from tests.unit.api.console.signed import BEHIND_PROXY, PASSWORD, Browser, person, signed_in

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path, console=BEHIND_PROXY)


def test_who_signs_in_is_known_by_a_cookie_that_scripts_cannot_read(api: Asking) -> None:
    user = person(api, "source_admin", email="ada@example.org")
    browser = Browser(api)
    assert browser.me().status == 401
    answer = browser.sign_in("Ada@Example.org")
    assert answer.status == 200
    cookie = answer.headers["set-cookie"]
    for part in ("headgate=", "HttpOnly", "Path=/", "SameSite=strict", "Max-Age=604800"):
        assert part in cookie
    assert "Secure" not in cookie
    told = browser.me().data
    assert told["user"] == {
        "id": user.id,
        "email": "ada@example.org",
        "name": "ada",
        "hasTotp": False,
    }
    assert told["workspace"]["slug"] == "main"
    assert told["roles"] == ["source_admin"]
    assert told["csrf"] == browser.csrf
    assert str(browser.cookie) not in str(told), "the id of the session is in its cookie alone"


def test_the_public_api_is_there_for_who_is_signed_in(api: Asking) -> None:
    browser = signed_in(api, "owner")
    assert browser.call("GET", "/app/api/public/").data["workspace"]["slug"] == "main"
    label = {"label": {"key": "team", "value": "web"}}
    assert browser.call("POST", "/app/api/public/labels", label).status == 201
    answer = browser.call("GET", "/app/api/public/labels")
    assert answer.data["labels"][0]["key"] == "team"
    assert "x-ratelimit-limit" in answer.headers
    stranger = Browser(api)
    assert stranger.call("GET", "/app/api/public/labels").status == 401
    assert api.call("GET", "/app/api/public/labels", token=api.owner).status == 421
    by_token = {"authorization": f"Bearer {api.owner}"}
    assert stranger.call("GET", "/app/api/public/labels", headers=by_token).status == 401
    with_cookie = {"cookie": f"headgate={browser.cookie}", "authorization": None}
    assert stranger.call("GET", "/labels", headers=with_cookie).status == 401


def test_somebody_who_is_in_no_workspace_is_told_so_only_with_the_password(api: Asking) -> None:
    user = person(api, "member")
    with api.store.write() as transaction:
        Members(transaction, api.workspace.id).remove(user.id)
    assert Browser(api).sign_in(user.email, "not the password").status == 401
    assert Browser(api).sign_in(user.email).status == 403


def test_who_is_in_two_workspaces_chooses_and_comes_back_to_the_last_one(api: Asking) -> None:
    user = person(api, "owner")
    person(api, "source_read_only", email=user.email, workspace=api.other.id)
    browser = Browser(api)
    browser.sign_in(user.email)
    told = browser.me().data
    assert [each["slug"] for each in told["workspaces"]] == ["main", "other"]
    answer = browser.call("PATCH", "/app/api/session", {"workspaceId": api.other.id})
    assert answer.status == 200
    told = browser.me().data
    assert (told["workspace"]["slug"], told["roles"]) == ("other", ["source_read_only"])
    label = {"label": {"key": "team", "value": "web"}}
    assert browser.call("POST", "/app/api/public/labels", label).status == 403
    again = Browser(api)
    again.sign_in(user.email)
    assert again.me().data["workspace"]["slug"] == "other"


def test_nobody_enters_a_workspace_of_others(api: Asking) -> None:
    browser = signed_in(api, "owner")
    answers = [
        browser.call("PATCH", "/app/api/session", {"workspaceId": each})
        for each in (api.other.id, "wsp_none")
    ]
    assert [each.status for each in answers] == [404, 404]
    assert browser.me().data["workspace"]["slug"] == "main"


def test_the_own_sessions_are_listed_and_ended(api: Asking) -> None:
    user = person(api, "owner")
    browsers = [Browser(api, f"192.0.2.{number}") for number in range(3)]
    for each in browsers:
        each.sign_in(user.email)
        api.clock.now += 1000
    _, second, third = browsers
    listed = third.call("GET", "/app/api/sessions").data["sessions"]
    assert [each["address"] for each in listed] == ["192.0.2.2", "192.0.2.1", "192.0.2.0"]
    assert [each["isThis"] for each in listed] == [True, False, False]
    assert {each["agent"] for each in listed} == {"Tests/1.0"}
    path = f"/app/api/sessions/{listed[2]['id']}"
    assert third.call("DELETE", path).status == 200
    assert [each.me().status for each in browsers] == [401, 200, 200]
    assert third.call("DELETE", path).status == 404
    assert second.call("DELETE", "/app/api/sessions").status == 200
    assert [each.me().status for each in browsers] == [401, 200, 401]


def test_nobody_ends_a_session_of_another(api: Asking) -> None:
    mine, theirs = signed_in(api, "owner"), signed_in(api, "owner")
    session = theirs.me().data["session"]["id"]
    assert mine.call("DELETE", f"/app/api/sessions/{session}").status == 404
    assert theirs.me().status == 200
    assert len(mine.call("GET", "/app/api/sessions").data["sessions"]) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "a@x.org"},
        {"email": 1, "password": "x" * 9},
        {"email": "a\0@x.org", "password": "x" * 9},
        {"email": "a" * 1025, "password": "x" * 9},
        [],
    ],
)
def test_what_is_no_sign_in_is_told_so(api: Asking, body: object) -> None:
    answer = Browser(api).call("POST", "/app/api/session", body)
    assert answer.status == 400
    assert "data" not in answer.json


def test_the_operator_says_how_long_a_session_lives(tmp_path: Path) -> None:
    short = BEHIND_PROXY._replace(lengths=Lengths(whole_ms=10_000, idle_ms=5_000))
    api = asking(tmp_path, console=short)
    used, left = signed_in(api, "owner"), signed_in(api, "owner")
    api.clock.now += 4_999
    assert used.me().status == 200
    api.clock.now += 1
    assert (used.me().status, left.me().status) == (200, 401)
    api.clock.now += 4_998
    assert used.me().status == 200
    api.clock.now += 2
    assert used.me().status == 401


def test_signing_in_and_out_is_in_the_audit_trail(api: Asking) -> None:
    browser = signed_in(api, "owner")
    browser.call("DELETE", "/app/api/session")
    events = api.call("GET", "/audit-events").data["events"]
    assert [each["type"] for each in events[:2]] == ["User Signed Out", "User Signed In"]


def test_what_is_echoed_does_not_hold_what_opens_the_session(api: Asking) -> None:
    browser = signed_in(api, "owner")
    told = str(browser.call("GET", "/app/api/public/echo", headers={"x-csrf-token": browser.csrf}))
    assert "user-agent" in told, "the control"
    assert str(browser.cookie) not in told
    assert str(browser.csrf) not in told


def test_when_too_many_strangers_wait_only_strangers_do(
    api: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, inside = person(api, "owner"), signed_in(api, "owner")
    monkeypatch.setattr(routes, "MOST_WAITING", 0)
    answer = Browser(api).sign_in(user.email)
    assert (answer.status, answer.headers["retry-after"]) == (429, "5")
    body = {"password": PASSWORD, "newPassword": PASSWORD}
    assert inside.call("PUT", "/app/api/password", body).status == 200
    monkeypatch.undo()
    assert Browser(api).sign_in(user.email).status == 200, "the control"
