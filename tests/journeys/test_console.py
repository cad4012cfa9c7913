"""Somebody new starts Headgate, becomes its owner by the link that it tells, and signs in."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any

import msgspec

from tests.harness.receiver import until
from tests.harness.sending import Answer, exchange, request

if TYPE_CHECKING:
    from tests.harness.fixtures import Start
    from tests.harness.system import Headgate

LINK = re.compile(r"(http://[^/\s]+)/app/owner#([\w-]+)")
SECONDS = 10.0
EMAIL, PASSWORD = "ada@example.org", "correct horse battery"


def links(headgate: Headgate) -> list[tuple[str, str]]:
    """Where the links of the first owner lead, and the secret of each."""
    return LINK.findall(headgate.logs())


def ask(url: str, method: str, path: str, body: Any = None, **more: str) -> Answer:
    headers = [
        ("Origin", "http://127.0.0.1"),
        ("Content-Type", "application/json"),
        *((name.replace("_", "-"), value) for name, value in more.items()),
    ]
    raw = b"" if body is None else msgspec.json.encode(body)
    return exchange(url, request(method, path, headers, raw))


def test_the_first_owner_signs_in_and_a_restart_keeps_the_session(start: Start) -> None:
    headgate = start()
    until(lambda: bool(links(headgate)), SECONDS, "the link")
    ((url, secret),) = links(headgate)
    assert url == headgate.ready.control
    given = {"secret": secret, "email": EMAIL, "name": "Ada", "password": PASSWORD}
    assert ask(url, "POST", "/app/api/links/owner", given).status == 200
    assert ask(url, "POST", "/app/api/links/owner", given).status == 404
    answer = ask(url, "POST", "/app/api/session", {"email": EMAIL, "password": PASSWORD})
    assert answer.status == 200
    cookie = SimpleCookie(answer.headers["set-cookie"])["headgate"].value
    shown = {"Cookie": f"headgate={cookie}"}
    csrf = msgspec.json.decode(answer.body)["data"]["csrf"]
    label = {"label": {"key": "team", "value": "web"}}
    path = "/app/api/public/labels"
    assert ask(url, "POST", path, label, **shown).status == 403
    assert ask(url, "POST", path, label, **shown, X_CSRF_Token=csrf).status == 201
    headgate.kill("control")
    until(lambda: is_signed_in(url, shown), SECONDS, "control's next start")
    assert len(links(headgate)) == 1, "there is an owner: no further link"
    new = headgate.run("user", "reset", EMAIL).decode().strip()
    assert new.startswith(f"{url}/app/password#")
    chosen = {"secret": new.partition("#")[2], "password": "another correct horse"}
    assert ask(url, "POST", "/app/api/links/password", chosen).status == 200
    assert ask(url, "GET", "/app/api/session", **shown).status == 401
    held = [path for path in headgate.data.rglob("*") if path.is_file()]
    for each in (secret, cookie, chosen["secret"], PASSWORD):
        assert not [path for path in held if each.encode() in path.read_bytes()]
    logs = headgate.logs()
    assert not [each for each in (cookie, csrf, chosen["secret"], PASSWORD) if each in logs]


def is_signed_in(url: str, shown: dict[str, str]) -> bool:
    try:
        return ask(url, "GET", "/app/api/session", **shown).status == 200
    except OSError:
        return False
