"""Untrusted bytes to an event, or to the reasons why they are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from headgate.events.calls import CALLS, MAX_EVENT, MAX_MESSAGE_ID
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


class _Object(msgspec.Struct, gc=False):
    """Any JSON object; its members are passed over, not read."""


class _Context(msgspec.Struct, gc=False):
    direct: object = None


class _Envelope(msgspec.Struct, gc=False):
    """The fields that decide; their types are the common case, not the rule."""

    type: str | None = None
    messageId: str | None = None  # noqa: N815 - the names of the wire
    userId: str | int | float | None = None  # noqa: N815
    anonymousId: str | int | float | None = None  # noqa: N815
    event: str | None = None
    name: str | None = None
    category: str | None = None
    groupId: str | int | float | None = None  # noqa: N815
    previousId: str | int | float | None = None  # noqa: N815
    timestamp: str | int | float | None = None
    originalTimestamp: str | int | float | None = None  # noqa: N815
    sentAt: str | int | float | None = None  # noqa: N815
    writeKey: str | None = None  # noqa: N815
    properties: _Object | None = None
    traits: _Object | None = None
    context: _Context | None = None
    integrations: _Object | None = None


_decode = msgspec.json.Decoder(_Envelope).decode
_decode_any = msgspec.json.Decoder().decode


def parse(raw: bytes | memoryview | msgspec.Raw, call: str | None) -> Accepted | Rejected:
    """Read one event; `call` is what the path says, None where the event must say it itself.

    `raw` must be UTF-8. A well-formed event takes one decode of a few fields; whatever does not
    fit them is looked at again, slowly, for a reason that names the field.
    """
    if len(memoryview(raw)) > MAX_EVENT:
        return Rejected("too_large", f"An event may have {MAX_EVENT} bytes.")
    try:
        envelope = _decode(raw)
    except msgspec.ValidationError:
        return _diagnose(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        return Rejected("bad_request", f"The event is not JSON: {_plainly(error)}.")
    return _judge(envelope, call)


def _judge(envelope: _Envelope, call: str | None) -> Accepted | Rejected:
    kind = call or envelope.type
    if kind not in CALLS:
        return Rejected("type_unknown", f"type must be one of {', '.join(CALLS)}.")
    user_id, anonymous_id = _text(envelope.userId), _text(envelope.anonymousId)
    rejected = _check_ids(envelope, kind, user_id, anonymous_id)
    if rejected is not None:
        return rejected
    if kind == "track" and not envelope.event:
        return Rejected("event_not_defined", "event, the name of what happened, is required.")
    original = envelope.timestamp if envelope.timestamp is not None else envelope.originalTimestamp
    timestamp = None
    if original is not None and original != "":
        timestamp = parse_ms(original)
        if timestamp is None:
            return Rejected(
                "bad_timestamp",
                "timestamp must be an ISO 8601 time such as 2026-11-22T07:20:32.663Z.",
            )
    return Accepted(
        kind,
        envelope.messageId or None,
        user_id,
        anonymous_id,
        timestamp,
        None if envelope.sentAt is None else parse_ms(envelope.sentAt),
        envelope.writeKey,
        envelope.context is not None and envelope.context.direct is True,
    )


def _text(value: str | float | None) -> str | None:
    """An id as text: clients send numbers, and mean the same by 5 and 5.0."""
    if isinstance(value, str):
        return value or None
    if value is None:
        return None
    return str(int(value)) if value == value // 1 else str(value)


def _check_ids(
    envelope: _Envelope, kind: str, user_id: str | None, anonymous_id: str | None
) -> Rejected | None:
    if envelope.messageId is not None and len(envelope.messageId) > MAX_MESSAGE_ID:
        return Rejected("message_id_too_long", f"messageId may have {MAX_MESSAGE_ID} characters.")
    if user_id is None and anonymous_id is None:
        return Rejected("no_user_anon_id", "userId or anonymousId is required.")
    if kind == "group" and _text(envelope.groupId) is None:
        return Rejected("id_required", "groupId is required in a group call.")
    if kind == "alias" and (
        user_id is None or (_text(envelope.previousId) is None and anonymous_id is None)
    ):
        return Rejected("id_required", "userId and previousId are required in an alias call.")
    return None


def _diagnose(raw: bytes | memoryview | msgspec.Raw) -> Rejected:
    """Name the field whose type is wrong, in a fixed order so that the answer is stable."""
    try:
        event = _decode_any(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        return Rejected("bad_request", f"The event is not JSON: {_plainly(error)}.")
    if not isinstance(event, dict):
        return Rejected("bad_request", "An event must be a JSON object.")
    for field, (fits, what, code) in _RULES.items():
        if not fits(event.get(field)):
            return Rejected(code, f"{field} must be {what}.")
    return Rejected("bad_request", "The event has a field of a wrong type or size.")


def _is_text(value: object) -> bool:
    return isinstance(value, str | None)


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float | None) and not isinstance(value, bool)


def _is_object(value: object) -> bool:
    return isinstance(value, dict | None)


_RULES: dict[str, tuple[Callable[[object], bool], str, str]] = {
    "event": (_is_text, "a string", "event_not_string"),
    "name": (_is_text, "a string", "name_not_string"),
    "category": (_is_text, "a string", "category_not_string"),
    "type": (_is_text, "a string", "type_unknown"),
    "messageId": (_is_text, "a string", "bad_request"),
    "writeKey": (_is_text, "a string", "bad_request"),
    "userId": (_is_scalar, "a string", "id_not_string"),
    "anonymousId": (_is_scalar, "a string", "id_not_string"),
    "groupId": (_is_scalar, "a string", "id_not_string"),
    "previousId": (_is_scalar, "a string", "id_not_string"),
    "properties": (_is_object, "an object", "properties_not_object"),
    "traits": (_is_object, "an object", "traits_not_object"),
    "context": (_is_object, "an object", "bad_request"),
    "integrations": (_is_object, "an object", "bad_request"),
    "timestamp": (_is_scalar, "an ISO 8601 time", "bad_timestamp"),
    "originalTimestamp": (_is_scalar, "an ISO 8601 time", "bad_timestamp"),
    "sentAt": (_is_scalar, "an ISO 8601 time", "bad_timestamp"),
}
"""What each field may be, and the discard code where it is not."""


def _plainly(error: Exception) -> str:
    """The parser's reason without the words that only a programmer needs."""
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
