"""Who may do what in the console API: every way in, by everybody."""

from __future__ import annotations

import re
from typing import Any

import pytest

from headgate.api.console.ways import WAYS, Way
from headgate.api.public.calls import OPERATIONS
from headgate.api.public.contract import contract
from headgate.control.access.roles import ROLES
from headgate.store.people import Invites
from headgate.store.records import InviteRecord
from tests.contracts.access.console import CONSOLE
from tests.contracts.access.console import WAYS as ROWS
from tests.contracts.test_workspace_in_every_query import watched
from tests.unit.api.asking import NOW, Answer, Asking, asking
from tests.unit.api.console.signed import BEHIND_PROXY, Browser, person, signed_in

NAMED = re.compile(r"\{(\w+)\}")
BY_OP = {each.op: each for each in WAYS}
PUBLIC = "/app/api/public"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Asking:
    return asking(tmp_path_factory.mktemp("console"), console=BEHIND_PROXY)


@pytest.fixture(scope="module")
def owner(api: Asking) -> Browser:
    """For what must be refused."""
    return signed_in(api, "owner")


def called(browser: Browser, way: Way, **headers: str | None) -> Answer:
    """The way's own call, with ids of the first workspace."""
    api, body = browser.api, CONSOLE[way.op].body
    known = {"sessionId": "ses_none", "userId": "usr_none", "$workspace": api.workspace.id}
    if way.op == "create_password_link":
        known["userId"] = person(api, "source_read_only").id
    if way.op == "create_invitation_link":
        with api.store.write() as transaction:
            record = InviteRecord(email=body["email"], hash="none", expires_at=NOW * 2)
            Invites(transaction, api.workspace.id).put(record)
    path = NAMED.sub(lambda found: known[found[1]], way.path)
    filled: Any = (
        b"" if body is None else {name: known.get(value, value) for name, value in body.items()}
    )
    return browser.call(way.method, path, filled, headers)


def test_every_way_says_who_may_use_it() -> None:
    assert {each.op for each in WAYS} == ROWS.keys()
    for way in WAYS:
        told = ROWS[way.op]
        assert (way.needs == "nobody") is (told.needs == "nobody"), way
        assert (way.body is None) is (told.body is None), way


def test_every_way_names_its_workspace(api: Asking) -> None:
    with watched() as faults:
        browser = signed_in(api, "owner")
        for way in sorted(WAYS, key=lambda way: way.op == "sign_out"):
            called(browser, way)
    assert faults == []


@pytest.mark.parametrize("op", sorted(BY_OP))
def test_a_way_is_open_to_whom_the_table_says(op: str, api: Asking) -> None:
    row, way = ROWS[op], BY_OP[op]
    stranger = called(Browser(api), way)
    if row.needs == "nobody":
        assert stranger.status in ({401} if op == "sign_in" else {404}), stranger
        return
    assert stranger.status == 401, stranger
    assert stranger.json["errors"][0]["type"] == "unauthorized"


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_allows_what_the_table_says(role: str, api: Asking) -> None:
    user, browser = person(api, role), Browser(api)
    for op, row in ROWS.items():
        if row.needs == "nobody":
            continue
        if browser.cookie is None:
            browser.sign_in(user.email)
        answer = called(browser, BY_OP[op])
        is_allowed = row.needs == "session" or row.needs in ROLES[role].permissions
        assert (answer.status not in {401, 403}) is is_allowed, (op, answer)


@pytest.mark.parametrize("op", [each.op for each in WAYS if not each.is_reading])
def test_no_change_goes_without_the_token_of_its_page(op: str, owner: Browser) -> None:
    way, browser = BY_OP[op], owner
    if ROWS[op].needs != "nobody":
        assert called(browser, way, **{"x-csrf-token": None}).status == 403
    assert called(browser, way, origin=None).status == 403
    assert called(browser, way, origin="https://evil.example").status == 403


def test_the_whole_public_api_is_behind_the_session(api: Asking) -> None:
    stranger, owner = Browser(api), signed_in(api, "owner")
    for endpoint in contract().endpoints:
        path = PUBLIC + NAMED.sub("none", endpoint.path)
        assert stranger.call(endpoint.method, path).status == 401, endpoint.op
        if endpoint.method != "GET":
            answer = owner.call(endpoint.method, path, headers={"x-csrf-token": None})
            assert answer.status == 403, endpoint.op
    assert owner.call("GET", f"{PUBLIC}/").status == 200, "the control: it is let in with all"
    assert len(OPERATIONS) > 0


def test_the_public_api_allows_by_session_what_it_allows_by_token(api: Asking) -> None:
    for role in sorted(ROLES):
        browser, token = signed_in(api, role), api.token(role)
        for path in ("/sources", "/users", "/audit-events", "/labels", "/invites", "/groups"):
            by_session = browser.call("GET", PUBLIC + path).status
            assert by_session == api.call("GET", path, token=token).status, (role, path)
