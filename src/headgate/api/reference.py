"""The reference page of the Public API, made from the contract and from what serves it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from headgate.api import reading
from headgate.api.public import pagination
from headgate.api.public.calls import OPERATIONS
from headgate.api.public.contract import contract
from headgate.api.public.handlers import load
from headgate.control.access.roles import ROLES
from headgate.control.nouns.regulations import MOST_SUBJECTS
from headgate.markdown import part
from headgate.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.api.public.contract import Endpoint
    from headgate.control.access.roles import Role

_INTRODUCTION = """\
# Public API

Generated from `headgate.api`. [Use the Public API](../guides/public-api.md) is the guide to it."""

_CALLS = """\
At the control address, in the shapes of Segment's Public API: its clients work when their base
address is that of this Headgate. `/openapi.json` there describes every call and every model."""

_TOKENS = """\
`Authorization: Bearer TOKEN`, with a token of `headgate token create` or of somebody who may make
some. A token belongs to one workspace: what is in another one is not there for it (404)."""

_BODIES = f"""\
- JSON, as `application/json` or `application/vnd.segment.v1+json` (`v1alpha`, `v1beta`); at most
  {reading.MOST_BYTES >> 20} MiB, and {reading.MOST_DEPTH} levels deep
- whoever accepts one of Segment's media types gets the one of the call's version
- an answer is `{{"data": ...}}`, or `{{"errors": [{{"type", "message", "field"}}]}}`; `field` is
  the one at fault, as a path such as `settings.apiKey`
- a list takes `pagination` with `count` (1 to {pagination.MOST:,}, else {pagination.USUAL}) and
  `cursor`, as JSON or as `pagination[count]`; `pagination.next` of its answer leads to the next
  page
- lists in a query are repeated (`groupBy=a&groupBy=b`) or numbered (`groupBy[0]=a`)"""

_ERRORS = (
    (400, "bad-request", "the body is no JSON"),
    (401, "unauthorized", "there is no valid token"),
    (403, "forbidden", "no role of the token allows it"),
    (404, "not-found", "there is no such thing in the token's workspace"),
    (409, "conflict", "something else has what was asked for, or still needs it"),
    (413, "payload-too-large", "the body is too long"),
    (415, "unsupported-media-type", "the body is of another type"),
    (422, "bad-request", "what was given cannot be: `field` names it"),
    (429, "too-many-requests", "the minute is used up: `Retry-After` says how long to wait"),
    (501, "not-implemented", "this Headgate does not have the call"),
)

_METRICS = """\
Times are widened to whole periods; periods in which nothing was counted are left out. What is not
kept is refused by 422 with the `field`, and never made up: counts of received events are kept by
source, those of refused ones by `discardReason`, those of what ended by `eventName`, `eventType`
and `discardReason`. What came in is told for as long as the log keeps it
([`retention_days`](settings.md)), what ended for as long as the ledgers keep series. Replays are
not counted; calls of usage are events.

| delivery metric | deliveries |
|---|---|
| `successes` | that were delivered |
| `discarded` | that were given up, by reason |
| `expired` | that were given up because trying again took too long, by reason |"""

_AREAS = {
    "": "Workspace",
    "echo": "Workspace",
    "catalog": "Catalogue",
    "sources": "Sources",
    "destinations": "Destinations and their subscriptions",
    "destination": "Filters of destinations",
    "delivery-overview": "What became of events",
    "events": "What became of events",
    "usage": "What became of events",
    "users": "People",
    "invites": "People",
    "groups": "People",
    "group": "People",
    "roles": "People",
    "labels": "Labels",
    "audit-events": "Audit",
    "functions": "Functions",
    "insert-function-instances": "Functions",
    "tracking-plans": "Tracking plans and transformations",
    "transformations": "Tracking plans and transformations",
    "filters": "Filters of other kinds",
    "warehouses": "Warehouses",
    "regulations": "Privacy",
    "suppressions": "Privacy",
    "reverse-etl-models": "Reverse ETL",
    "reverse-etl-syncs": "Reverse ETL",
    "dbt-model-syncs": "Reverse ETL",
    "customer-insights": "Spaces and audiences",
    "spaces": "Spaces and audiences",
    "credentials": "Credentials",
}
"""The areas, by the first word of a path, in the order of the page."""
_TOLD = {
    "Warehouses": """\
Nothing is loaded into warehouses yet: a warehouse is kept with its settings, its sources, its
schedule and what of its sources is chosen, and `enabled: true` is refused by 422. No source is
connected by itself: connecting one asks for a role that may change the source and the warehouse.
Only owners choose what is loaded.""",
    "Privacy": f"""\
Nothing is executed yet: a regulation is kept and stays `INITIALIZED`, nobody's events are kept
back, and nothing is deleted. Until it is begun it can be withdrawn by `DELETE`, a call that only
Segment's older clients know. A regulation names at most {MOST_SUBJECTS:,} subjects, by `USER_ID`,
and those of a source by `ANONYMOUS_ID`, too; wildcards are refused. `GET /suppressions` tells whom
finished regulations of the whole workspace suppress, one entry for each.""",
}
"""What has to be known of an area."""
_HEAD = ("call", "version", "status", "served")


def reference() -> str:
    """Markdown for docs/reference/public-api.md."""
    return "\n".join([_INTRODUCTION, *_lines()]) + "\n"


def _lines() -> Iterator[str]:
    load()
    yield from part("Calls", _CALLS)
    yield from part(
        "Tokens", _TOKENS, ("role", "may", "may be limited to"), map(_role, ROLES.values())
    )
    yield from part("Requests and answers", _BODIES)
    yield from part("Errors", "", ("status", "type", "when"), _errors())
    yield from part("How often", _pace())
    yield from part("Counts", _METRICS)
    served = sum(each.op in OPERATIONS for each in contract().endpoints)
    told = f"{served} of the {len(contract().endpoints)} calls are served; all others answer 501."
    yield from part("What is served", told)
    for area, endpoints in _areas().items():
        yield from part(area, _TOLD.get(area, ""), _HEAD, map(_endpoint, endpoints))


def _areas() -> dict[str, list[Endpoint]]:
    found: defaultdict[str, list[Endpoint]] = defaultdict(list)
    for endpoint in sorted(contract().endpoints, key=lambda each: (each.path, each.method)):
        found[_AREAS[endpoint.path.split("/")[1]]].append(endpoint)
    return {area: found[area] for area in dict.fromkeys(_AREAS.values())}


def _endpoint(endpoint: Endpoint) -> tuple[str, ...]:
    served = "yes" if endpoint.op in OPERATIONS else "501"
    call = f"`{endpoint.method} {endpoint.path}`"
    return call, endpoint.version, str(endpoint.status), served


def _role(role: Role) -> tuple[str, ...]:
    """What it may change it may see, too."""
    changes = sorted(noun for noun, access in role.permissions if access == "write")
    sees = sorted(
        noun for noun, access in role.permissions if access == "read" and noun not in changes
    )
    told = [
        f"{word} {', '.join(each.replace('_', ' ') for each in nouns)}"
        for word, nouns in (("change", changes), ("see", sees))
        if nouns
    ]
    limited = (role.limited_to or "").replace("_", " ").lower()
    return f"`{role.id}`", "; ".join(told), limited


def _errors() -> Iterator[tuple[str, ...]]:
    return ((str(status), f"`{word}`", when) for status, word, when in _ERRORS)


def _pace() -> str:
    calls = Settings.model_fields["api_calls_a_minute"].default
    return (
        f"{calls:,} calls a minute of each token ([`api_calls_a_minute`](settings.md)), whatever"
        " they call. Every\nanswer says what is left: `X-RateLimit-Limit`, `X-RateLimit-Remaining`,"
        " `X-RateLimit-Reset`\n(seconds since 1970)."
    )
