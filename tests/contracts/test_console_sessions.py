"""What a session is worth when it is over, was stolen, or was planted by somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headgate.control.nouns import users
from tests.unit.api.asking import Asking, asking
from tests.unit.api.console.signed import (
    BEHIND_PROXY,
    PASSWORD,
    Browser,
    give_only,
    person,
    signed_in,
)

if TYPE_CHECKING:
    from pathlib import Path

HOUR_MS = 3_600_000
LABEL = {"label": {"key": "team", "value": "web"}}
LABELS = "/app/api/public/labels"
NEW = "another correct horse"


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path, console=BEHIND_PROXY)


@pytest.mark.abuse("ac_web_logout")
def test_a_cookie_is_worth_nothing_after_signing_out(api: Asking) -> None:
    browser, thief = signed_in(api, "owner"), Browser(api)
    thief.cookie = browser.cookie
    assert thief.me().status == 200, "the control"
    answer = browser.call("DELETE", "/app/api/session")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert thief.me().status == 401
    assert thief.call("GET", LABELS).status == 401


@pytest.mark.abuse("ac_web_logout")
def test_a_cookie_is_worth_nothing_after_a_new_password(api: Asking) -> None:
    browser, thief = signed_in(api, "owner"), Browser(api)
    thief.cookie = browser.cookie
    body = {"password": PASSWORD, "newPassword": NEW}
    assert browser.call("PUT", "/app/api/password", body).status == 200
    assert (browser.me().status, thief.me().status) == (200, 401)


@pytest.mark.abuse("ac_web_logout")
def test_a_cookie_is_worth_nothing_after_the_operator_gave_a_password(api: Asking) -> None:
    user = person(api, "member")
    browser = Browser(api)
    browser.sign_in(user.email)
    person(api, "member", email=user.email)
    assert browser.me().status == 401


@pytest.mark.abuse("ac_web_logout")
def test_a_cookie_is_worth_nothing_after_the_user_was_removed(api: Asking) -> None:
    user = person(api, "member")
    browser, other = Browser(api), Browser(api)
    browser.sign_in(user.email)
    assert browser.me().status == 200
    api.call("DELETE", "/users", userIds=user.id)
    assert browser.me().status == 401
    with api.control.write(api.operator()) as work:
        users.create(work, user.email, ["member"])
    assert browser.me().status == 401, "not even when the user comes back"
    assert other.sign_in(user.email).status == 200


@pytest.mark.abuse("ac_web_logout")
def test_who_loses_one_workspace_keeps_the_session_in_another(api: Asking) -> None:
    user = person(api, "member")
    person(api, "member", email=user.email, workspace=api.other.id)
    here, there = Browser(api), Browser(api)
    here.sign_in(user.email)
    there.sign_in(user.email)
    there.call("PATCH", "/app/api/session", {"workspaceId": api.other.id})
    api.call("DELETE", "/users", userIds=user.id)
    assert (here.me().status, there.me().status) == (401, 200)


@pytest.mark.abuse("ac_web_idle")
def test_a_session_ends_when_nobody_uses_it_for_twelve_hours(api: Asking) -> None:
    used, left = signed_in(api, "owner"), signed_in(api, "owner")
    api.clock.now += 12 * HOUR_MS - 1
    assert used.me().status == 200
    api.clock.now += 1
    assert (used.me().status, left.me().status) == (200, 401)


@pytest.mark.abuse("ac_web_idle")
def test_a_session_ends_after_seven_days_however_it_is_used(api: Asking) -> None:
    browser = signed_in(api, "owner")
    begun = api.clock.now
    while api.clock.now + 6 * HOUR_MS < begun + 7 * 24 * HOUR_MS:
        api.clock.now += 6 * HOUR_MS
        assert browser.me().status == 200
    api.clock.now = begun + 7 * 24 * HOUR_MS - 1
    assert browser.me().status == 200
    api.clock.now += 1
    assert browser.me().status == 401


@pytest.mark.abuse("ac_role_stale")
def test_a_role_that_is_taken_away_is_gone_with_the_next_call(api: Asking) -> None:
    user = person(api, "owner")
    browser = Browser(api)
    browser.sign_in(user.email)
    assert browser.call("POST", LABELS, LABEL).status == 201
    give_only(api, user.id, "source_read_only")
    assert browser.call("POST", LABELS, LABEL).status == 403
    assert browser.call("GET", "/app/api/public/users").status == 403
    give_only(api, user.id, "owner")
    assert browser.call("GET", "/app/api/public/users").status == 200, "the control"


def test_an_id_that_somebody_else_chose_is_not_taken_over(api: Asking) -> None:
    """Session fixation: the thief's cookie is in the victim's browser before the victim comes."""
    thief = signed_in(api, "source_read_only")
    user = person(api, "owner")
    for planted in (thief.cookie, "chosen-by-the-thief"):
        victim, follower = Browser(api), Browser(api)
        victim.cookie = follower.cookie = planted
        victim.sign_in(user.email)
        assert victim.me().data["user"]["id"] == user.id
        assert victim.cookie != planted
        assert follower.me().status == 401


def test_every_sign_in_has_an_id_of_its_own_and_ends_the_one_before(api: Asking) -> None:
    user = person(api, "owner")
    browser, earlier = Browser(api), Browser(api)
    browser.sign_in(user.email)
    earlier.cookie = browser.cookie
    browser.sign_in(user.email)
    assert (browser.me().status, earlier.me().status) == (200, 401)
