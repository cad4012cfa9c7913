"""What pages of other sites try with somebody's browser, and what they get."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from headgate.api.console import cookies
from headgate.api.console.routes import Console
from headgate.api.console.site import Site
from headgate.api.console.ways import WAYS
from headgate.api.public.contract import contract
from headgate.store.tables import metadata
from tests.unit.api.asking import Asking, asking
from tests.unit.api.console.signed import (
    BEHIND_PROXY,
    HOST,
    PASSWORD,
    Browser,
    person,
    signed_in,
)
from tests.unit.collect.peer import Peer, bare, post

if TYPE_CHECKING:
    from pathlib import Path

EVIL = "https://evil.example"
LABEL = {"label": {"key": "team", "value": "web"}}
LABELS = "/app/api/public/labels"


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path, console=BEHIND_PROXY)


def rows(api: Asking) -> dict[str, list[str]]:
    """Everything that the store holds."""
    with api.store.read() as transaction:
        return {
            table.name: sorted(map(str, transaction.connection.execute(select(table))))
            for table in metadata.sorted_tables
        }


@pytest.mark.abuse("ac_web_csrf_form")
@pytest.mark.parametrize(
    "type_", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", None]
)
def test_what_a_form_can_send_is_no_call(api: Asking, type_: str | None) -> None:
    browser = signed_in(api, "owner")
    evil = {"content-type": type_, "origin": EVIL, "sec-fetch-site": "cross-site"}
    assert browser.call("POST", LABELS, LABEL, evil).status == 403
    assert browser.call("POST", LABELS, LABEL, {"content-type": type_}).status == 415
    assert browser.call("GET", LABELS).data["labels"] == []
    assert browser.call("POST", LABELS, LABEL).status == 201, "the control"


@pytest.mark.abuse("ac_web_csrf_nohdr")
def test_a_cookie_alone_changes_nothing(api: Asking) -> None:
    browser, other = signed_in(api, "owner"), signed_in(api, "owner")
    for missing in (
        {"x-csrf-token": None},
        {"x-csrf-token": ""},
        {"x-csrf-token": other.csrf},
        {"x-csrf-token": browser.cookie},
        {"x-csrf-token": "\xe9"},
        {"origin": None},
        {"x-csrf-token": None, "origin": None, "sec-fetch-site": None},
        {"origin": EVIL},
        {"origin": f"http://{HOST}.evil.example"},
        {"origin": f"https://{HOST}"},
        {"origin": f"http://ada@{HOST}"},
        {"origin": "http://127.0.0.1:8080"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
    ):
        assert browser.call("POST", LABELS, LABEL, missing).status == 403, missing
    assert browser.call("GET", LABELS).data["labels"] == []
    assert browser.call("POST", LABELS, LABEL, {"sec-fetch-site": None}).status == 201


@pytest.mark.abuse("ac_web_csrf_null_origin")
def test_a_page_without_an_origin_is_none_of_ours(api: Asking) -> None:
    browser = signed_in(api, "owner")
    assert browser.call("POST", LABELS, LABEL, {"origin": "null"}).status == 403
    assert browser.call("GET", LABELS, headers={"origin": "null"}).status == 403
    assert browser.call("GET", LABELS).data["labels"] == []


@pytest.mark.abuse("ac_web_csrf_login")
def test_nobody_is_signed_in_by_another_site(api: Asking) -> None:
    user = person(api, "owner")
    shown = {"email": user.email, "password": PASSWORD}
    browser = Browser(api)
    for evil in (
        {"origin": EVIL, "sec-fetch-site": "cross-site"},
        {"origin": EVIL, "sec-fetch-site": None},
        {"origin": "null"},
        {"origin": None},
        {"sec-fetch-site": "cross-site"},
        {"origin": EVIL, "content-type": "text/plain"},
    ):
        answer = browser.call("POST", "/app/api/session", shown, evil)
        assert (answer.status, answer.headers.get("set-cookie")) == (403, None), evil
    answer = browser.call("POST", "/app/api/session", shown, {"content-type": "text/plain"})
    assert (answer.status, browser.cookie) == (415, None)
    assert browser.call("POST", "/app/api/session", shown).status == 200


@pytest.mark.abuse("ac_web_csrf_get")
def test_nothing_is_changed_by_reading(api: Asking) -> None:
    """Every path of the console API, asked with GET and HEAD by an owner."""
    browser = signed_in(api, "owner")
    public = [f"/app/api/public{each.path}" for each in contract().endpoints]
    ways = [each.path for each in WAYS]
    reads = {("GET", each.path) for each in WAYS if each.is_reading}
    before = rows(api)
    for path in sorted({*public, *ways}):
        for method in ("GET", "HEAD"):
            status = browser.call(method, path.replace("{", "").replace("}", "")).status
            assert status < 500 or status == 501, (method, path, status)
            if path in ways:
                assert (status == 405) is (("GET", path) not in reads), (method, path, status)
    assert rows(api) == before
    browser.call("POST", LABELS, LABEL)
    assert rows(api) != before, "the control"


@pytest.mark.abuse("ac_web_cors_reflect", "ac_web_cors_vary")
def test_no_other_origin_may_read_an_answer(api: Asking) -> None:
    browser = signed_in(api, "owner")
    paths = ("/app/api/session", LABELS, "/labels", "/v1beta/workspaces/main", "/openapi.json")
    for path in paths:
        for method in ("GET", "OPTIONS", "POST"):
            asked = {
                "origin": EVIL,
                "access-control-request-method": "POST",
                "access-control-request-headers": "x-csrf-token",
                "authorization": f"Bearer {api.owner}",
            }
            answer = browser.call(method, path, headers=asked)
            told = [name for name in answer.headers if name.startswith("access-control-")]
            assert told == [], (method, path, answer.status)
            assert "Origin" in answer.headers["vary"]
            assert answer.headers["cache-control"] == "private, no-store"
    answer = browser.call("OPTIONS", "/app/api/session")
    assert answer.status == 405


@pytest.mark.abuse("ac_web_cors_collect", "ac_web_cors_vary")
def test_collection_tells_every_page_the_same_whatever_it_carries() -> None:
    """Clients ask with credentials, so collection allows them by name; it knows none at all.

    What it answers does not depend on a cookie, and it gives none: there is nothing to read that
    a page could not get without. The answers that name an origin say that they depend on it.
    """
    asked = "Access-Control-Request-Method: POST\r\n"
    for line in (b"OPTIONS", b"POST"):
        heard = []
        for extra in (f"Origin: {EVIL}\r\n", f"Origin: {EVIL}\r\nCookie: headgate=stolen\r\n"):
            peer = Peer()
            if line == b"OPTIONS":
                peer.say(bare("OPTIONS", "/v1/track", extra + asked))
            else:
                peer.say(post(path="/nothing", headers=extra))
            (answer,) = peer.told()
            assert answer.headers[b"vary"] == b"Origin"
            assert b"set-cookie" not in answer.headers
            heard.append((answer.status, answer.headers, answer.body))
        assert heard[0] == heard[1]
    peer = Peer()
    peer.say(bare("OPTIONS", "/v1/track", asked))
    (answer,) = peer.told()
    assert answer.headers[b"access-control-allow-origin"] == b"*"
    assert b"access-control-allow-credentials" not in answer.headers
    methods = answer.headers[b"access-control-allow-methods"]
    assert set(methods.split(b", ")) == {b"GET", b"HEAD", b"POST", b"OPTIONS"}


@pytest.mark.abuse("ac_web_host_header")
def test_a_name_that_nobody_gave_this_headgate_is_none_of_its_names(api: Asking) -> None:
    browser = signed_in(api, "owner")
    for host in ("127.0.0.1:8081", "127.0.0.1", "[::1]:8081", "localhost:8081", "10.1.2.3:99"):
        assert browser.call("GET", "/app/api/session", headers={"host": host}).status == 200, host
    for other in ("evil.example", "evil.example:8081", "127.0.0.1.evil.example", "", "a b", "x:y"):
        answer = browser.call("GET", "/app/api/session", headers={"host": other})
        assert answer.status == 421, other
    assert browser.call("GET", "/app/api/session", headers={"host": None}).status == 421


@pytest.mark.abuse("ac_web_host_header")
def test_the_name_that_the_operator_gave_is_the_only_one(tmp_path: Path) -> None:
    site = Site("https://headgate.example.org", "http://127.0.0.1:8081")
    api = asking(tmp_path, console=Console(site))
    user = person(api, "owner")
    shown = {"email": user.email, "password": PASSWORD}
    ours = {"host": "Headgate.example.org", "origin": "https://headgate.example.org"}
    answer = Browser(api).call("POST", "/app/api/session", shown, ours)
    assert answer.status == 200
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-headgate=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "Path=/", "SameSite=strict"))
    assert "Domain" not in cookie
    assert cookies.name(site) == "__Host-headgate"
    for host in (HOST, "localhost:8081", "headgate.example.org:8081", "evil.example"):
        answer = Browser(api).call("POST", "/app/api/session", shown, {**ours, "host": host})
        assert answer.status == 421, host
    plain = {**ours, "origin": "http://headgate.example.org"}
    assert Browser(api).call("POST", "/app/api/session", shown, plain).status == 403
