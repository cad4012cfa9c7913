"""The reference page of the Config API, made from what serves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from headgate.api.config.calls import OPERATIONS
from headgate.api.config.dispatch import CALLS_A_MINUTE
from headgate.api.config.errors import CODES
from headgate.api.config.handlers import load
from headgate.api.config.masks import changeable
from headgate.api.config.missing import MISSING
from headgate.api.config.pages import MOST, USUAL
from headgate.api.reading import MOST_BYTES, MOST_DEPTH
from headgate.markdown import part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.api.config.calls import Operation

_INTRODUCTION: Final = """\
# Config API

Generated from `headgate.api.config`. [Use the Config API](../guides/config-api.md) is the guide to
it; what is new should use the [Public API](public-api.md)."""
_CALLS: Final = f"""\
Below `/v1beta` at the control address, in the shapes of Segment's older API.
`/v1beta/openapi.json` describes every call and every model. Tokens and their roles are those of
the Public API, as `Authorization: Bearer TOKEN`; each may call {CALLS_A_MINUTE} times a minute,
beside what it calls of the Public API."""
_NAMES: Final = """\
A resource goes by its name, which is the path to it: `workspaces/w/sources/s/destinations/d`.

- `w` is the slug of the token's own workspace; any other is not there (404)
- `s` is the slug of a source
- `d` is the slug of the destination's entry in the catalogue, while the source has no other
  connection to it and none of its connections has that slug; else it is the connection's own slug.
  The own slug, which `headgate export` shows, always finds the connection; answers tell the name
  that it goes by
- a filter goes by its id, a setting by `.../destinations/d/config/<setting>`

A name that is given in a body begins with that of its parent, which is the one of the path.
`POST` makes one destination of each entry; the Public API makes further ones."""
_BODIES: Final = f"""\
- JSON whatever the media type says, at most {MOST_BYTES >> 20} MiB, and {MOST_DEPTH} levels deep;
  null is the same as leaving a field out, and unknown fields fall away
- an answer is the resource itself, a list of them beside `next_page_token`, or `{{}}` for what was
  deleted, all with status 200
- a source that is made is enabled, a destination and a filter are not, unless they say so
- a list takes `page_size` (1 to {MOST:,}, else {USUAL}) and `page_token`; an empty
  `next_page_token` ends it, and a token is good for its own list only
- secrets are told as bullets and their last characters; sent back so they stay as they are"""
_MASKS: Final = """\
`PATCH` changes the fields that `update_mask.paths` names, with or without the resource before them
(`destination.enabled`, `enabled`); the mask stands beside the resource or in it. A path without a
value makes the field empty, which is refused where it cannot be; a value without a path has no
effect. Any other path is refused (400). `config` changes the settings that it lists and lets
others be; an entry without a value, or no entry at all, brings back the usual values."""
_ERRORS: Final = {
    400: "something given cannot be: the text names the field",
    401: "there is no valid token",
    403: "no role of the token allows it",
    404: "there is no such thing, path or method in the token's workspace",
    409: "there is something of that name, or something else still needs it",
    413: "the body is too long",
    429: "the minute is used up: `Retry-After` says how long to wait",
    500: "a fault of this Headgate, which its log tells under the name in the answer",
    501: "this Headgate does not have the call",
    503: "the database or the key of the secrets cannot be used: the text says what to do",
}
_MISSING: Final = """\
Known calls that answer 501: their answers are not known well enough, or there is nothing yet that
could give them. The last column says what the Public API or the command line has instead."""


def reference() -> str:
    """Markdown for docs/reference/config-api.md."""
    return "\n".join([_INTRODUCTION, *_lines()]) + "\n"


def _lines() -> Iterator[str]:
    load()
    yield from part("Calls", _CALLS)
    yield from part("Names", _NAMES)
    yield from part("Requests and answers", _BODIES)
    yield from part("Update masks", _MASKS, ("resource", "fields"), _changes())
    errors = ((str(status), str(code), _ERRORS[status]) for status, code in CODES.items())
    told = 'An error is `{"error": text, "code": number}`.'
    yield from part("Errors", told, ("status", "code", "when"), errors)
    calls = sorted(OPERATIONS.values(), key=lambda each: (each.path, each.method))
    yield from part("What is served", "", ("call", "takes", "gives"), map(_call, calls))
    yield from part("What is missing", _MISSING, ("service", "call", "instead"), _missing())


def _call(operation: Operation) -> tuple[str, str, str]:
    taken = "" if operation.body is None else f"`{operation.body.__name__}`"
    return f"`{operation.told}`", taken, f"`{operation.answer.__name__}`"


def _changes() -> Iterator[tuple[str, str]]:
    for each in OPERATIONS.values():
        if each.body is not None and each.resource is not None:
            change = type(getattr(each.body(), each.resource))
            yield f"`{each.resource}`", ", ".join(f"`{name}`" for name in changeable(change))


def _missing() -> Iterator[tuple[str, str, str]]:
    return ((each.service, f"`{each.method} {each.path}`", each.instead) for each in MISSING)
