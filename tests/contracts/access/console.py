"""Who may use each call of the console API, by its operation, and a body of it that is good.

`nobody` is open to strangers, `session` to whoever is signed in, and a permission to whoever has
a role with it. A route of the console API without a row here fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from headgate.control.access.roles import Permission


class Row(NamedTuple):
    """`$name` in a body stands for an id of the world in which it is tried."""

    needs: Literal["nobody", "session"] | Permission
    body: Any = None


_SECRET = {"secret": "none"}
_PASSWORD = {"password": "correct horse battery"}

WAYS: dict[str, Row] = {
    "sign_in": Row("nobody", {"email": "nobody@example.org", **_PASSWORD}),
    "look_at_link": Row("nobody", _SECRET),
    "become_owner": Row("nobody", {**_SECRET, **_PASSWORD, "email": "a@x.org", "name": "Ada"}),
    "choose_password": Row("nobody", {**_SECRET, **_PASSWORD}),
    "accept_invitation": Row("nobody", {**_SECRET, **_PASSWORD, "name": "Ada"}),
    "get_session": Row("session"),
    "enter_workspace": Row("session", {"workspaceId": "$workspace"}),
    "list_sessions": Row("session"),
    "end_other_sessions": Row("session"),
    "end_session": Row("session"),
    "sign_out": Row("session"),
    "change_password": Row("session", {**_PASSWORD, "newPassword": "correct horse battery"}),
    "begin_totp": Row("session", _PASSWORD),
    "confirm_totp": Row("session", {"code": "000000"}),
    "end_totp": Row("session", {**_PASSWORD, "code": "000000"}),
    "create_invitation_link": Row(("user", "write"), {"email": "invited@example.org"}),
    "create_password_link": Row(("user", "write")),
}
"""The ways in, and around in the own account."""

CONSOLE: dict[str, Row] = {**WAYS}
