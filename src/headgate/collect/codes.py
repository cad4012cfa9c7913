"""What every answer and every reason of the collection API means to whoever sent the request."""

from __future__ import annotations

from typing import Final, NamedTuple

NEVER: Final = "no"
CHANGED: Final = "once that is changed"
LATER: Final = "after `Retry-After`"
SMALLER: Final = "in parts"
RENEWED: Final = "with a new token"
ANEW: Final = "on a new connection"


class Meaning(NamedTuple):
    """What an answer says, and whether the same request may be sent again."""

    means: str
    again: str = NEVER


ANSWERS: Final = {
    (400, "bad_request"): Meaning("no valid HTTP, no JSON, or not of the shape that is asked for"),
    (400, "empty_batch"): Meaning("the batch has no events"),
    (400, "delivery_loop"): Meaning(
        "a Headgate sent the events, and they had gone through one too often before"
    ),
    (401, "unknown_source"): Meaning(
        "the write key is missing or unknown, or header and body have different ones", CHANGED
    ),
    (401, "token_required"): Meaning("the source takes events only with an access token", CHANGED),
    (401, "invalid_token"): Meaning(
        "the access token is not of this server, of an app that the source does not take, or of"
        " another scope",
        CHANGED,
    ),
    (401, "token_revoked"): Meaning("the app of the access token, or its key, is not in use"),
    (403, "source_disabled"): Meaning("the source is disabled", CHANGED),
    (404, "not_found"): Meaning("nothing is at this path"),
    (404, "unknown_source"): Meaning("no source has the write key in the path of this file"),
    (405, "method_not_allowed"): Meaning("the path is there, but not for this method"),
    (408, "too_slow"): Meaning("the request did not arrive in time", ANEW),
    (413, "too_large"): Meaning(
        "the body, an event, or the number of events in a batch is over its limit", SMALLER
    ),
    (414, "too_large"): Meaning("the target is too long"),
    (415, "unsupported_encoding"): Meaning("`Content-Encoding` is unknown, or the body is a form"),
    (417, "bad_request"): Meaning("`Expect` asks for something else than `100-continue`"),
    (429, "too_many_requests"): Meaning(
        "the source, or the address, sends too fast or has too many connections", LATER
    ),
    (431, "too_large"): Meaning("the headers are too long or too many"),
    (503, "unavailable"): Meaning(
        "our fault: the disk, overload or a start; nothing is promised of the request", LATER
    ),
    (511, "token_expired"): Meaning("the access token has expired", RENEWED),
    (511, "token_revoked"): Meaning("the access token was revoked", RENEWED),
}
"""By status and code (contract section 4)."""

DISCARDS: Final = {
    "bad_request": "it is no JSON object, too deeply nested, or has a field of a wrong type",
    "too_large": "it is larger than an event may be",
    "type_unknown": "`type` is none of the six calls, and the path does not say it either",
    "unknown_source": "it has another write key than the batch that it is in",
    "no_user_anon_id": "neither `userId` nor `anonymousId`",
    "id_required": "a `group` without `groupId`, or an `alias` without its two ids",
    "id_not_string": "an id is neither text nor a number",
    "message_id_too_long": "`messageId` is too long",
    "event_not_defined": "a `track` without `event`",
    "event_not_string": "`event` is no text",
    "name_not_string": "`name` is no text",
    "category_not_string": "`category` is no text",
    "properties_not_object": "`properties` is no object",
    "traits_not_object": "`traits` is no object",
    "bad_timestamp": "`timestamp`, `originalTimestamp` or `sentAt` is no time",
}
"""Why an event is not taken (domain section 2)."""

TOKENS: Final = {
    (400, "invalid_request"): Meaning("the form, or a claim of the assertion, is wrong"),
    (400, "unsupported_grant_type"): Meaning("`grant_type` is not `client_credentials`"),
    (400, "invalid_scope"): Meaning("the app may not have this scope"),
    (401, "invalid_client"): Meaning("the assertion does not show that the app sent it"),
    (415, "invalid_request"): Meaning("the body is said to be no form"),
    (429, "slow_down"): Meaning("too many tokens at once", LATER),
    (503, "temporarily_unavailable"): Meaning("our fault: the disk or overload", LATER),
}
"""By status and `error` of the token endpoint (RFC 6749 section 5.2)."""

COUNTERS: Final = {
    "requests": "requests with events, or that could not be read",
    "refused": "of those, refused before anybody judged their events",
    "events": "events that were accepted, copies among them",
    "rejected": "events of a known source that were refused, and bodies without an event",
    "unavailable": "requests whose events the log did not take (503)",
    "client_metrics": "measurements that browser libraries sent to `/v1/m`",
    "tokens": "access tokens that were given",
    "token_refusals": "requests for an access token that were refused",
}
"""What a collect process counts, by the name on `/metrics`."""
