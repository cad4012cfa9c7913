"""The ways into the web app and around in the own account: one row for each call."""

from __future__ import annotations

from typing import Annotated, Final, Literal, NamedTuple

import msgspec

Needs = Literal["nobody", "session"]
"""`nobody` is open to strangers; `session` to whoever is signed in, in any role."""

Text = Annotated[str, msgspec.Meta(max_length=4096)]
Name = Annotated[str, msgspec.Meta(max_length=1024, pattern=r"^[^\x00]*$")]
"""What databases keep or look for: PostgreSQL has no NUL, which a password may hold.

These lengths are the longest that is read; the use case says how much may be kept.
"""


class SignIn(msgspec.Struct, frozen=True):
    email: Name
    password: Text
    code: Name | None = None


class Place(msgspec.Struct, frozen=True, rename="camel"):
    workspace_id: Name


class NewPassword(msgspec.Struct, frozen=True, rename="camel"):
    password: Text
    new_password: Text


class Password(msgspec.Struct, frozen=True):
    password: Text


class Code(msgspec.Struct, frozen=True):
    code: Name


class PasswordAndCode(msgspec.Struct, frozen=True):
    password: Text
    code: Name


class Secret(msgspec.Struct, frozen=True):
    """What a link holds behind its `#`."""

    secret: Name


class FirstOwner(msgspec.Struct, frozen=True):
    secret: Name
    email: Name
    name: Name
    password: Text


class Acceptance(msgspec.Struct, frozen=True):
    secret: Name
    name: Name
    password: Text


class ChosenPassword(msgspec.Struct, frozen=True):
    secret: Name
    password: Text


class Invited(msgspec.Struct, frozen=True):
    email: Name


class Way(NamedTuple):
    """One call of the console API; `body` is what it takes, by the names that clients use."""

    op: str
    method: str
    path: str
    needs: Needs
    body: type[msgspec.Struct] | None = None

    @property
    def is_reading(self) -> bool:
        return self.method == "GET"


_API: Final = "/app/api"
WAYS: Final = (
    Way("sign_in", "POST", f"{_API}/session", "nobody", SignIn),
    Way("get_session", "GET", f"{_API}/session", "session"),
    Way("enter_workspace", "PATCH", f"{_API}/session", "session", Place),
    Way("sign_out", "DELETE", f"{_API}/session", "session"),
    Way("list_sessions", "GET", f"{_API}/sessions", "session"),
    Way("end_other_sessions", "DELETE", f"{_API}/sessions", "session"),
    Way("end_session", "DELETE", f"{_API}/sessions/{{sessionId}}", "session"),
    Way("change_password", "PUT", f"{_API}/password", "session", NewPassword),
    Way("begin_totp", "POST", f"{_API}/totp", "session", Password),
    Way("confirm_totp", "PUT", f"{_API}/totp", "session", Code),
    Way("end_totp", "POST", f"{_API}/totp/off", "session", PasswordAndCode),
    Way("look_at_link", "POST", f"{_API}/links", "nobody", Secret),
    Way("become_owner", "POST", f"{_API}/links/owner", "nobody", FirstOwner),
    Way("choose_password", "POST", f"{_API}/links/password", "nobody", ChosenPassword),
    Way("accept_invitation", "POST", f"{_API}/links/invitation", "nobody", Acceptance),
    Way("create_invitation_link", "POST", f"{_API}/invitation-links", "session", Invited),
    Way(
        "create_password_link",
        "POST",
        f"{_API}/users/{{userId}}/password-link",
        "session",
    ),
)
