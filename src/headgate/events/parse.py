"""Untrusted bytes to an event, or to the reasons why they are none."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import msgspec

from headgate.events.calls import CALLS, MAX_DEPTH, MAX_EVENT, MAX_MESSAGE_ID
from headgate.events.times import parse_ms


class Rejected(NamedTuple):
    """Why something is not accepted; `code` is a discard code of domain section 2."""

    code: str
    message: str


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """What the server needs to know of an event; everything else stays in its original bytes.

    Ids are texts, None for absent; times are milliseconds since 1970 UTC as the client said them.
    """

    type: str
    message_id: str | None
    user_id: str | None
    anonymous_id: str | None
    original_timestamp: int | None
    sent_at: int | None
    write_key: str | None
    direct: bool
    """The sender asks that its address be taken as the user's (`context.direct`)."""


class _Event(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """An event of nearly every client: types are checked, and all of it decoded, in one go.

    Whatever does not fit, by a type or by a field that is not named here, is looked at again.
    """

    type: str | None = None
    messageId: str | None = None  # noqa: N815 - the names of the wire
    userId: str | int | float | None = None  # noqa: N815
    anonymousId: str | int | float | None = None  # noqa: N815
    event: str | None = None
    properties: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    timestamp: str | int | float | None = None
    integrations: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    name: str | None = None
    category: str | None = None
    groupId: str | int | float | None = None  # noqa: N815
    previousId: str | int | float | None = None  # noqa: N815
    originalTimestamp: str | int | float | None = None  # noqa: N815
    sentAt: str | int | float | None = None  # noqa: N815
    writeKey: str | None = None  # noqa: N815
    channel: Any = None
    version: Any = None
    metadata: Any = msgspec.field(default=None, name="_metadata")


_read = msgspec.json.Decoder(_Event).decode
_decode = msgspec.json.Decoder().decode
_NAMES = frozenset(_Event.__struct_fields__) - {"metadata"}


def parse(raw: bytes, call: str | None) -> Accepted | Rejected:
    """Read one event; `call` is what the path says, None where the event must say it itself.

    `raw` must be UTF-8. All of it is decoded: what passes here can be read again by everyone
    behind the log, so numbers beyond a double and half surrogates end here.
    """
    if len(raw) > MAX_EVENT:
        return Rejected("too_large", f"An event may have {MAX_EVENT} bytes.")
    try:
        event = _read(raw)
    except (ValueError, RecursionError):
        found = _look_again(raw)
        if isinstance(found, Rejected):
            return found
        event = found
    # Counting is cheap and enough for nearly all: so few brackets cannot be nested so deeply.
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and _is_deep(_decode(raw)):
        return Rejected("bad_request", f"The event is nested more than {MAX_DEPTH} levels deep.")
    if call and event.type and event.type != call and _names(raw).count("type") > 1:
        return Rejected("bad_request", "type is there more than once.")
    return _judge(event, call)


def _look_again(raw: bytes) -> _Event | Rejected:
    """Slowly: the reason why it is no event, or the event with fields that few clients send."""
    try:
        event = _decode(raw)
    except (ValueError, RecursionError) as error:
        return Rejected("bad_request", f"The event is not JSON: {_plainly(error)}.")
    if type(event) is not dict:
        return Rejected("bad_request", "An event must be a JSON object.")
    for field, (types, what, code) in _RULES.items():
        if type(event.get(field)) not in types:
            return Rejected(code, f"{field} must be {what}.")
    # What no rule names counts for nothing but the depth.
    others = {name: value for name, value in event.items() if name not in _NAMES}
    return _Event(**{name: event[name] for name in _NAMES & event.keys()}, metadata=others)


def _names(raw: bytes) -> list[str]:
    """The names at the top of an object, each as often as it is there."""
    return [name for name, _ in json.loads(raw, object_pairs_hook=list)]


def fault_in(raw: bytes) -> str | None:
    """What keeps JSON from being read again by everyone behind the log, if anything."""
    try:
        value = _decode(raw)
    except (ValueError, RecursionError) as error:
        return f"is not JSON: {_plainly(error)}"
    return f"is nested more than {MAX_DEPTH} levels deep" if _is_deep([value]) else None


def _judge(event: _Event, call: str | None) -> Accepted | Rejected:
    kind = call or event.type
    if kind not in CALLS:
        return Rejected("type_unknown", f"type must be one of {', '.join(CALLS)}.")
    message_id = event.messageId or None
    user_id, anonymous_id = _text(event.userId), _text(event.anonymousId)
    rejected = _check_ids(event, kind, message_id, user_id, anonymous_id)
    if rejected is not None:
        return rejected
    if kind == "track" and not event.event:
        return Rejected("event_not_defined", "event, the name of what happened, is required.")
    original = event.timestamp if event.timestamp is not None else event.originalTimestamp
    timestamp = None
    if original is not None and original != "":
        timestamp = parse_ms(original)
        if timestamp is None:
            return Rejected(
                "bad_timestamp",
                "timestamp must be an ISO 8601 time such as 2026-11-22T07:20:32.663Z.",
            )
    context = event.context
    return Accepted(
        kind,
        message_id,
        user_id,
        anonymous_id,
        timestamp,
        None if event.sentAt is None else parse_ms(event.sentAt),
        event.writeKey,
        context is not None and context.get("direct") is True,
    )


def _text(value: str | float | None) -> str | None:
    """An id as text: clients send numbers, and mean the same by 5 and 5.0; blanks are no id."""
    if value is None:
        return None
    if isinstance(value, str):
        return value if value and not value.isspace() else None
    if isinstance(value, int):
        return str(value)
    return str(int(value)) if value.is_integer() else str(value)


def _check_ids(
    event: _Event,
    kind: str,
    message_id: str | None,
    user_id: str | None,
    anonymous_id: str | None,
) -> Rejected | None:
    if message_id is not None and len(message_id) > MAX_MESSAGE_ID:
        return Rejected("message_id_too_long", f"messageId may have {MAX_MESSAGE_ID} characters.")
    if user_id is None and anonymous_id is None:
        return Rejected("no_user_anon_id", "userId or anonymousId is required.")
    other_id = None
    if kind == "group":
        other_id = _text(event.groupId)
        if other_id is None:
            return Rejected("id_required", "groupId is required in a group call.")
    elif kind == "alias":
        other_id = _text(event.previousId)
        if user_id is None or (other_id is None and anonymous_id is None):
            return Rejected("id_required", "userId and previousId are required in an alias call.")
    for each in (message_id, user_id, anonymous_id, other_id):
        if each is not None and "\0" in each:
            return Rejected("bad_request", "An id must not contain the character NUL.")
    return None


def _is_deep(value: dict[str, Any] | list[Any]) -> bool:
    layer: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        layer = [
            inner
            for outer in layer
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) in _CONTAINERS
        ]
        if not layer:
            return False
    return True


_CONTAINERS = frozenset({dict, list})


_TEXT: frozenset[type] = frozenset({str, type(None)})
_SCALAR: frozenset[type] = frozenset({str, int, float, type(None)})
_OBJECT: frozenset[type] = frozenset({dict, type(None)})

_RULES: dict[str, tuple[frozenset[type], str, str]] = {
    "event": (_TEXT, "a string", "event_not_string"),
    "name": (_TEXT, "a string", "name_not_string"),
    "category": (_TEXT, "a string", "category_not_string"),
    "type": (_TEXT, "a string", "type_unknown"),
    "messageId": (_TEXT, "a string", "bad_request"),
    "writeKey": (_TEXT, "a string", "bad_request"),
    "userId": (_SCALAR, "a string", "id_not_string"),
    "anonymousId": (_SCALAR, "a string", "id_not_string"),
    "groupId": (_SCALAR, "a string", "id_not_string"),
    "previousId": (_SCALAR, "a string", "id_not_string"),
    "properties": (_OBJECT, "an object", "properties_not_object"),
    "traits": (_OBJECT, "an object", "traits_not_object"),
    "context": (_OBJECT, "an object", "bad_request"),
    "integrations": (_OBJECT, "an object", "bad_request"),
    "timestamp": (_SCALAR, "an ISO 8601 time", "bad_timestamp"),
    "originalTimestamp": (_SCALAR, "an ISO 8601 time", "bad_timestamp"),
    "sentAt": (_SCALAR, "an ISO 8601 time", "bad_timestamp"),
}
"""What each field may be, and the discard code where it is not."""


def _plainly(error: Exception) -> str:
    """The parser's reason without the words that only a programmer needs."""
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
