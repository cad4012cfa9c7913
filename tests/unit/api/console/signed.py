"""People with browsers: each keeps its cookie, and sends what a page of ours sends."""

from __future__ import annotations

from http.cookies import SimpleCookie
from ipaddress import ip_network
from itertools import count
from typing import TYPE_CHECKING, Any

from headgate.api.console.routes import Console
from headgate.control.access.passwords import hashed
from headgate.control.nouns import users
from headgate.proxies import Proxies
from headgate.store.access import Grants
from headgate.store.people import Users

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.store.records import UserRecord
    from tests.unit.api.asking import Answer, Asking

HOST = "127.0.0.1:8081"
PASSWORD = "correct horse battery"  # noqa: S105 - nobody's
KEPT = hashed(PASSWORD)
"""Computed once: it takes as long as a guess does."""
BEHIND_PROXY = Console(proxies=Proxies([ip_network("127.0.0.0/8")]))
"""Lets a test say from which address a browser calls."""
_fresh = count()


class Browser:
    """One browser; `cookie` and `csrf` are what it was given, None before it signs in."""

    def __init__(self, api: Asking, address: str = "192.0.2.1") -> None:
        self.api, self.address = api, address
        self.cookie: str | None = None
        self.csrf: str | None = None

    def call(
        self,
        method: str,
        path: str,
        body: Any = b"",
        headers: Mapping[str, str | None] | None = None,
        **query: str,
    ) -> Answer:
        """`headers` are put in place of those that a browser sends; None leaves one away."""
        sent = {**self._sent(method, body), **(headers or {})}
        told = {name: value for name, value in sent.items() if value is not None}
        answer = self.api.bare(method, path, body, told, **query)
        self._keep(answer)
        return answer

    def _sent(self, method: str, body: Any) -> dict[str, str | None]:
        changes = method not in {"GET", "HEAD"}
        return {
            "host": HOST,
            "user-agent": "Tests/1.0",
            "x-forwarded-for": self.address,
            "sec-fetch-site": "same-origin",
            "origin": f"http://{HOST}" if changes else None,
            "content-type": "application/json" if body != b"" else None,
            "cookie": f"headgate={self.cookie}" if self.cookie else None,
            "x-csrf-token": self.csrf if changes else None,
        }

    def _keep(self, answer: Answer) -> None:
        found = SimpleCookie(answer.headers.get("set-cookie", ""))
        for name, each in found.items():
            assert name.removeprefix("__Host-") == "headgate"
            self.cookie = each.value or None
            self.csrf = (answer.json.get("data") or {}).get("csrf") if self.cookie else None

    def sign_in(self, email: str, password: str = PASSWORD, code: str | None = None) -> Answer:
        shown = {"email": email, "password": password, **({"code": code} if code else {})}
        return self.call("POST", "/app/api/session", shown)

    def me(self) -> Answer:
        return self.call("GET", "/app/api/session")


def person(
    api: Asking, *roles: str, email: str | None = None, workspace: str | None = None
) -> UserRecord:
    """A new user with these roles and the password."""
    named = email or f"person-{next(_fresh)}@example.org"
    with api.control.write(api.operator(workspace)) as work:
        return users.create(work, named, roles or ("owner",), password=KEPT)


def signed_in(
    api: Asking,
    *roles: str,
    email: str | None = None,
    workspace: str | None = None,
    address: str = "192.0.2.1",
) -> Browser:
    """The browser of a new user with these roles, who has just signed in."""
    user = person(api, *roles, email=email, workspace=workspace)
    browser = Browser(api, address)
    assert browser.sign_in(user.email).status == 200
    return browser


def give_only(api: Asking, user: str, *roles: str) -> None:
    """The roles of a user, by id, in the first workspace are these from now on."""
    with api.store.write() as transaction:
        grants = Grants(transaction, api.workspace.id)
        grants.remove_all(user)
        for role in roles:
            grants.add(user, role)


def user_of(api: Asking, email: str) -> UserRecord:
    with api.store.read() as transaction:
        found = Users(transaction).named(email)
    assert found is not None
    return found
