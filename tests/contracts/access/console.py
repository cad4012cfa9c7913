"""Who may use each call of the console API, by its operation, and a body of it that is good.

`nobody` is open to strangers, `session` to whoever is signed in, and a permission to whoever has
a role with it. A route of the console API without a row here fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from headgate.control.access.roles import Permission


class Row(NamedTuple):
    """`$name` in a body or a query stands for an id of the world in which it is tried."""

    needs: Literal["nobody", "session"] | Permission
    body: Any = None
    query: dict[str, str] = {}  # noqa: RUF012 - never changed


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

_SEES: Permission = ("source", "read")
_CHANGES: Permission = ("source", "write")
_TRACK = {"type": "track", "event": "Seen", "userId": "u"}
_DRAFT = {"action": "send", "trigger": 'type = "track"', "mapping": {"url": "https://x.example/"}}

OPERATIONS: dict[str, Row] = {
    "watch_source": Row(_SEES),
    "list_recent_events": Row(_SEES),
    "list_refusals": Row(_SEES),
    "send_test_event": Row(_CHANGES, {"event": _TRACK}),
    "preview_trigger": Row(_SEES, {"trigger": 'type = "track"', "event": _TRACK}),
    "preview_mapping": Row(
        _SEES, {"destination": "webhook", "action": "send", "mapping": {}, "event": _TRACK}
    ),
    "preview_subscription": Row(_SEES, {"subscription": _DRAFT}),
    "trace_message": Row(_SEES),
    "list_attempts": Row(_SEES, None, {"connection": "$connectionId"}),
    "list_letters": Row(_SEES, None, {"connection": "$connectionId"}),
    "get_letter": Row(_SEES),
    "list_lanes": Row(_SEES),
    "pause_connection": Row(_CHANGES, {}),
    "resume_connection": Row(_CHANGES, {}),
    "skip_connection": Row(_CHANGES, {}),
    "count_redrive": Row(_SEES, {}),
    "redrive_connection": Row(_CHANGES, {}),
    "list_replays": Row(_SEES),
    "count_replay": Row(_SEES, {"connection": "$connectionId"}),
    "start_replay": Row(_CHANGES, {"connection": "$connectionId"}),
    "get_replay": Row(_SEES),
    "pause_replay": Row(_CHANGES, {}),
    "resume_replay": Row(_CHANGES, {}),
    "cancel_replay": Row(_CHANGES, {}),
    "get_overview": Row(("workspace", "read")),
    "search_workspace": Row(("workspace", "read"), None, {"q": "$slug"}),
    "export_audit_trail": Row(("audit", "read")),
}
"""What the console can do beside the Public API, which it serves as well."""

CONSOLE: dict[str, Row] = {**WAYS, **OPERATIONS}
