"""The reference page of the collection API, made from the tables and limits that it works by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.collect import (
    admission,
    bodies,
    chunks,
    codes,
    connection,
    gather,
    heads,
    keeper,
    routes,
)
from headgate.collect.oauth import assertions, endpoint
from headgate.events import calls
from headgate.markdown import part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.collect.codes import Meaning
    from headgate.collect.routes import Route

_INTRODUCTION = """\
# Collection

Generated from `headgate.collect`. [Send events](../guides/send-events.md) is the guide to it,
[Run collection](../guides/run-collection.md) that for operators."""

_PATHS = """\
A path may end with a slash, unless it stands for files (`...`). `OPTIONS` is answered everywhere,
for browsers that ask before they send; a page of any origin may send, and read the answer. `HEAD`
is answered like `GET`, without the body."""

_KEYS = """\
A request names its source by a write key, in the first of these places that is there:

1. the header `X-Write-Key`, up to a colon
2. the user name of `Authorization: Basic`
3. `?writeKey=`, on the paths above that say so
4. `writeKey` in the body: of the batch, else of its first event that has one

Where a key is in 1, 2 or 3 and in the body, both must be the same; one that ends in `***` is none.
A request is one source's: an event of a batch that has another key is refused. With
`Authorization: Bearer` and an access token the key is in the body."""

_BODIES = f"""\
- JSON in UTF-8, whatever `Content-Type` says, but never `multipart/...`
- `Content-Encoding: gzip`, `x-gzip`, `identity` or none; what begins like gzip is unpacked
- with `Content-Length` or chunked, never both
- a batch is `{{"batch": [event, ...]}}`, with or without `writeKey`, `sentAt`, `context` and
  `integrations`, which then hold for each event that does not say otherwise
- one event is an object; `type` may be missing where the path says it
- `null` is the same as absent; ids may be numbers
- a pixel's event is `?data=` with base64 of an object, or parameters with dotted names such as
  `properties.subject`; its answer is a picture, with status 200 unless it is our fault (503)
- `/v1/validate` takes one event or a batch, and answers 200 with `valid`, `accepted` (how many
  would be taken) and `rejected`; at most {bodies.MAX_EVENTS:,} events"""

_ANSWERS = """\
Taken is answered by 200 and `{"success": true}`, a batch of which some events were refused by 200
and `{"success": true, "rejected": [{"index": ..., "code": ..., "message": ...}]}`. Every other
answer is `{"success": false, "code": ..., "message": ..., "error": ...}`: `code` is stable,
`message` says what to change, and `error` repeats it for clients that look there. `Retry-After` is
in whole seconds, at least 1. There are no redirects. After invalid HTTP, 408, 414, 417, 431 and a
body over its limit the connection is closed."""

_DISCARDS = """\
One event alone is then answered by 400 (413 for `too_large`), and so is a batch of which no event
can be taken; else the batch is answered by 200, and `rejected` has the code. A source with
`answers: compatible` answers 200 in all these cases, also for JSON of another shape, once the
refusal itself is on disk. Either way `headgate log stat` counts them by source and code."""

_TOKENS = "`/token` answers as OAuth 2.0 says, with `error` and `error_description`:"

_LIMITS = "Names in parentheses are [settings](settings.md), with their defaults."

_COUNTERS = """\
On `/metrics` of the control address, for each collect process (label `index`), with the beginning
`headgate_collect_` and the end `_total`. `headgate_up` is 1 for each process that is ready. Numbers
are a few seconds old, and begin with 0 when a process starts."""


def reference() -> str:
    """Markdown for docs/reference/collection.md."""
    return "\n".join([_INTRODUCTION, *_lines()]) + "\n"


def _lines() -> Iterator[str]:
    yield from part("Paths", _PATHS, ("path", "method", "for", "key in the query"), _routes())
    yield from part("Write keys", _KEYS)
    yield from part("Bodies", _BODIES)
    yield from part("Answers", _ANSWERS, *_meanings("code", codes.ANSWERS))
    yield from part("Why an event is refused", _DISCARDS, ("code", "reason"), _discards())
    yield from part("Access tokens", _TOKENS, *_meanings("error", codes.TOKENS))
    yield from part("Limits", _LIMITS, ("what", "at most", "beyond"), _limits())
    yield from part("Deadlines", "They are kept to the second.", ("what", "seconds"), _deadlines())
    yield from part("Counters", _COUNTERS, ("name", "counts"), _counters())


def _routes() -> Iterator[tuple[str, ...]]:
    """A row for each route, with all paths that lead to it."""
    paths: dict[Route, list[str]] = {}
    for path, route in routes.PATHS.items():
        paths.setdefault(route, []).append(path)
    for route in sorted(paths, key=lambda each: each.kind.value):
        yield _route(sorted(paths[route], key=lambda path: (len(path), path)), route)
    for folder, route in routes.FOLDERS.items():
        yield _route([f"{folder}..."], route)


def _route(paths: list[str], route: Route) -> tuple[str, ...]:
    methods = ", ".join(each.decode() for each in route.methods)
    key = "yes" if route.key_in_query else ""
    return ", ".join(f"`{path}`" for path in paths), methods, route.means, key


def _meanings(
    code: str, table: dict[tuple[int, str], Meaning]
) -> tuple[tuple[str, ...], Iterator[tuple[str, ...]]]:
    rows = (
        (str(status), f"`{name}`", meaning.means, meaning.again)
        for (status, name), meaning in table.items()
    )
    return ("status", code, "meaning", "send again?"), rows


def _discards() -> Iterator[tuple[str, str]]:
    return ((f"`{code}`", why) for code, why in codes.DISCARDS.items())


def _counters() -> Iterator[tuple[str, str]]:
    return ((f"`{name}`", what) for name, what in codes.COUNTERS.items())


def _limits() -> Iterator[tuple[str, str, str]]:
    from headgate.settings import Settings  # which collection itself does without

    default = {name: field.default for name, field in Settings.model_fields.items()}
    yield "request line and headers", _bytes(heads.MAX_HEAD), "431"
    yield "fields of headers", f"{heads.MAX_FIELDS}", "431"
    yield "target", _bytes(heads.MAX_TARGET), "414"
    yield "body, before and after unpacking", _bytes(heads.MAX_BODY), "413"
    yield "members of a gzip body", f"{bodies.MOST_MEMBERS}", "400"
    yield "line of a chunk's size", _bytes(chunks.MAX_LINE), "400"
    yield "all lines of chunks beside the content", _bytes(chunks.MAX_OVERHEAD), "413"
    yield "events of a batch", f"{bodies.MAX_EVENTS:,}", "413"
    yield "`context` and `integrations` of a batch, each", _bytes(calls.MAX_EVENT), "413"
    yield "event", _bytes(calls.MAX_EVENT), "`too_large`"
    yield "levels of objects and lists", f"{calls.MAX_DEPTH}", "`bad_request`"
    yield "`messageId`", f"{calls.MAX_MESSAGE_ID} characters", "`message_id_too_long`"
    yield "unanswered requests of a connection", f"{connection.MOST_PIPELINED}", "the next wait"
    yield "bodies that are arriving, of a process", _bytes(admission.MOST_HELD), "503"
    yield "events that wait for the disk, of a process", _bytes(gather.MOST_WAITING), "503"
    yield "of these, of one source", _bytes(keeper.MOST_OF_A_SOURCE), "429"
    yield "a write to disk that others wait for", f"{gather.LAG_SECONDS:g} s", "503"
    yield "connections of a process (`sockets`)", f"{default['sockets']:,}", "503"
    yield "of these, from one address (`address_sockets`)", f"{default['address_sockets']:,}", "429"
    yield from (
        (f"events a second, {whose} (`{name}`)", str(default[name] or "no limit"), status)
        for name, whose, status in (
            ("collect_rate", "in all", "503"),
            ("source_rate", "of one source", "429"),
            ("address_rate", "from one address", "429"),
        )
    )
    yield "requests for tokens of an address", _pace(endpoint.ADDRESS_RATE), "429"
    yield "tokens of an app", _pace(endpoint.APP_RATE), "429"
    yield "`exp` of an assertion", f"{assertions.LONGEST_SECONDS} s ahead", "400"


def _deadlines() -> Iterator[tuple[str, str]]:
    slow = f"body slower than {connection.SLOWEST:,} bytes a second, from its start"
    yield (
        "headers, from their first byte or the connection's start: 408",
        _s(connection.HEADER_SECONDS),
    )
    yield "body, from the end of the headers: 408", _s(connection.BODY_SECONDS)
    yield f"{slow}: 408", _s(connection.GRACE_SECONDS)
    yield "connection without a request: closed", _s(connection.IDLE_SECONDS)
    yield "client that reads nothing of its answers: closed", _s(connection.UNREAD_SECONDS)


def _s(seconds: float) -> str:
    return f"{seconds:g}"


def _pace(rate: float) -> str:
    return f"{rate:g} a second"


def _bytes(size: int) -> str:
    """A size as people write it, exact."""
    for unit, factor in (("MiB", 1024 * 1024), ("KiB", 1024)):
        if size % factor == 0:
            return f"{size // factor:,} {unit}"
    return f"{size:,} bytes"
