"""What a request to the test server says: its body, read once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from headgate.kit.masking import MASK
from headgate.mapping import Mode

_UNDERSCORE: Final = re.compile(r"_([a-z])")


class Malformed(ValueError):
    """A body that is not what the route takes; the message says where."""


class Access(msgspec.Struct, frozen=True, rename="camel"):
    """What OAuth gave a customer, and what the destination knows us by."""

    access_token: str = ""
    refresh_token: str = ""
    client_id: str = ""
    client_secret: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        return self.access_token, self.refresh_token, self.client_secret


class Context(msgspec.Struct, frozen=True, rename="camel"):
    """Where in a payload choices are asked for, and what was typed there."""

    query: str = ""
    selected_key: str | None = None
    selected_array_index: int | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A body. `payload` is an event or a list of events, of choices the values so far.

    `send` overrides what the server was started with; `trigger` that of the action. `fql` is the
    language of trigger and mapping.
    """

    payload: Any = None
    mapping: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    auth: Access = Access()
    send: bool | None = None
    trigger: str | None = None
    fql: Mode = "strict"
    page: str | None = None
    dynamic_field_context: Context = Context()
    hook_inputs: dict[str, Any] = {}
    audience_name: str = ""
    audience_settings: dict[str, Any] = {}
    external_id: str = ""


_OWN: Final = frozenset(Asked.__struct_encode_fields__) | frozenset(Access.__struct_encode_fields__)


def read(body: bytes, *, has_settings_at_top: bool = False) -> Asked:
    """Read a body; raises `Malformed`.

    Tokens may stand in `auth`, in `settings.oauth` and, as for refreshing, at the top. With
    `has_settings_at_top` names that are no others' are settings.
    """
    try:
        given = msgspec.json.decode(body or b"{}", type=dict[str, Any])
        top = {name: value for name, value in given.items() if name not in _OWN}
        settings = {**(top if has_settings_at_top else {}), **(given.get("settings") or {})}
        access = {**given, **camel(settings.pop("oauth", {})), **camel(given.get("auth") or {})}
        return msgspec.convert(
            {**_present(given), "settings": settings, "auth": _present(access)}, Asked
        )
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError, AttributeError) as error:
        raise Malformed(f"the body must be a JSON object of the documented form: {error}") from None


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def camel(values: Mapping[str, Any]) -> dict[str, Any]:
    """Name things as bodies do; stored tokens are `access_token`."""
    return {_UNDERSCORE.sub(lambda it: it[1].upper(), name): it for name, it in values.items()}


def filled(kept: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that a request gives over those of the file; what is masked stays the file's."""
    return {**kept, **{name: value for name, value in given.items() if value != MASK}}
